"""The same verbs from a shell."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner

import srlib
from srlib.__main__ import main
from srlib.cli import app

pytestmark = pytest.mark.usefixtures("no_photo_sets")


@pytest.fixture
def photograph(tmp_path):
    folder = tmp_path / "photographs"
    srlib.write_png(folder / "cat.png", data.chelsea()[50:150, 100:220])
    return folder / "cat.png"


def run(*arguments):
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def fail(capsys, monkeypatch, *arguments):
    """Run as a shell would, and return what a user reads."""
    monkeypatch.setattr(sys, "argv", ["srlib", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    return capsys.readouterr().err


def test_help_is_quick_and_names_every_verb():
    script = "import sys; from srlib.__main__ import main; sys.argv = ['srlib', '--help']; main()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    verbs = ("dataset", "download", "train", "distill", "upscale", "evaluate", "audit", "verify")
    for verb in verbs:
        assert verb in done.stdout
        assert "Usage" in run(verb, "--help")
    script = "import sys, srlib.cli; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


def test_evaluate_prints_means_and_protocol(photograph):
    out = run("evaluate", "bicubic", "nearest", "--set", photograph.parent, "--scale", 2)
    assert "bicubic" in out and "nearest" in out
    assert "Protocol: BT.601 luma" in out


def test_evaluate_as_json(photograph):
    out = run("evaluate", "bicubic", "--set", photograph.parent, "--scale", 3, "--json",
              "--per-image")  # fmt: skip
    answer = json.loads(out)
    assert answer["protocol"] == srlib.Protocol().as_dict()
    expected = srlib.evaluate("bicubic", photograph.parent, 3).psnr[0]
    assert answer["rows"][0]["image"] == "cat"
    assert answer["rows"][0]["psnr"] == pytest.approx(expected)


def test_other_metrics(photograph):
    out = run("evaluate", "bicubic", "--set", photograph.parent, "--metric", "checkerboard",
              "--metric", "consistency", "--json")  # fmt: skip
    (row,) = json.loads(out)["rows"]
    assert row.keys() == {"method", "set", "scale", "checkerboard", "consistency"}
    lr, _ = srlib.make_pair(srlib.read_image(photograph), 2)
    expected = srlib.consistency(lr, srlib.interpolate(lr, 2))
    assert row["consistency"] == pytest.approx(expected)


@pytest.mark.skipif(os.name == "nt", reason="there every name is text")
def test_what_cannot_be_measured_and_what_is_no_text(photograph):
    """The status says that something was left out; a name of odd bytes can be printed."""
    photograph.rename(os.fsdecode(os.fsencode(photograph.parent) + b"/\xff.png"))
    (photograph.parent / "broken.png").write_bytes(b"no image")
    command = ["evaluate", "bicubic", "--set", str(photograph.parent), "--json", "--per-image"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    assert [row["image"] for row in json.loads(result.stdout)["rows"]] == ["\\xff"]


def test_distillation_without_a_teacher(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("SRLIB_VGG", raising=False)
    error = fail(capsys, monkeypatch, "distill", tmp_path)
    assert "there are no weights of vgg19: give weights=" in error
    assert len(error.strip().splitlines()) == 1


def test_an_ensemble(photograph, tmp_path):
    out = run("evaluate", "srcnn", "bicubic", "--set", photograph.parent, "--ensemble", "--json")
    averaged, bicubic = json.loads(out)["rows"]
    assert averaged["method"] == "srcnn+" and bicubic["method"] == "bicubic"
    model = srlib.load("srcnn", 2)
    expected = srlib.evaluate(model, photograph.parent, 2, ensemble=True).psnr[0]
    assert averaged["psnr"] == pytest.approx(expected)
    run("upscale", photograph, tmp_path / "sr.png", "--ensemble")
    expected = srlib.upscale(photograph, model, ensemble=True)
    assert (srlib.read_image(tmp_path / "sr.png") == expected).all()


def test_train_then_upscale(photograph, tmp_path):
    out = run("train", "srcnn", "--profile", "smoke", "--data", photograph.parent,
              "--run", tmp_path / "run", "--json")  # fmt: skip
    card = json.loads(out.splitlines()[-1])
    assert card["photo_sets"] == ["photographs"]
    assert "--data" in card["command"]
    again = run("train", "srcnn", "--profile", "smoke", "--data", photograph.parent,
                "--run", tmp_path / "run")  # fmt: skip
    assert f"course-test  {card['scores'][0]['psnr']:.2f} dB" in again
    out = run("upscale", photograph, tmp_path / "sr.png", "--model", "lanczos", "--scale", 3)
    assert srlib.read_image(out.strip()).shape == (300, 360, 3)


def test_upscale_by_the_shipped_network(photograph, tmp_path):
    run("upscale", photograph, tmp_path / "sr.png")
    assert srlib.read_image(tmp_path / "sr.png").shape == (200, 240, 3)


def test_dataset(tmp_path):
    command = f"dataset course-test {tmp_path}/pairs --scale 4 --workers 1 --split 2 1 1 --json"
    assert json.loads(run(*command.split()))["pairs"] == {"train": 2, "valid": 1, "test": 1}
    assert len(list((tmp_path / "pairs" / "train" / "LR_x4").glob("*.png"))) == 2


def test_download_lists_sets_with_size_and_licence():
    listed = run("download").splitlines()
    assert len(listed) == len(srlib.SOURCES)
    assert any(line.startswith("DIV2K (800 images; 3.53 GB; licence: academic") for line in listed)


def test_verify():
    answer = json.loads(run("verify", "srcnn", "--scale", 2, "--json"))
    rows = {row["set"]: row for row in answer["rows"]}
    assert rows["course-test"]["agrees"] is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "bicubix"], "no trained weights for 'bicubix' ×2; there are: "),
        (["evaluate", "bicubic", "--set", "Nowhere"], "no photo set or folder 'Nowhere'"),
        (["evaluate", "bicubic", "--scale", "1"], "scale must be 2 or more, not 1"),
        (["evaluate", "bicubic", "--metric", "lpips"], "unknown metric 'lpips'; choose some of"),
        (["evaluate", "bicubic", "--color", "hsv"], "unknown color 'hsv'; choose one of y, rgb"),
        (["train", "esrgan"], "no recipe for 'esrgan'; choose one of srcnn"),
        (["download", "Set6"], "Set6"),
        (["upscale", "missing.png", "out.png", "--model", "bicubic"], "missing.png"),
        (["verify", "esrgan"], "no such trained weights; there are: "),
    ],
)
def test_mistakes_are_told_in_one_line(capsys, monkeypatch, arguments, message):
    error = fail(capsys, monkeypatch, *arguments)
    assert message in error
    assert "Traceback" not in error
    assert len(error.strip().splitlines()) == 1


def shell(*arguments, **options):
    """The command as a user's shell starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "srlib", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


def test_outputs_that_would_do_harm_are_refused_before_the_work(capsys, monkeypatch, tmp_path):
    photograph = tmp_path / "cat.png"
    srlib.write_png(photograph, data.chelsea()[:40, :50])
    before = photograph.read_bytes()
    (tmp_path / "same.png").symlink_to(photograph)
    for out, message in [
        (photograph, f"{photograph} is the image to be enlarged: name another file to write"),
        (tmp_path / "same.png", "same.png is the image to be enlarged"),
        (tmp_path, f"{tmp_path} is a folder: name a file, such as {tmp_path}/cat_sr.png"),
        (tmp_path / "sr.jpg", "sr.jpg must end in .png, the format that is written"),
        (tmp_path / "sr", "sr must end in .png"),
        (photograph / "sr.png", f"'{photograph}/sr.png'"),
        ("/proc/sr.png", "'/proc/sr.png'"),
    ]:
        error = fail(capsys, monkeypatch, "upscale", photograph, out)
        assert message in error and len(error.strip().splitlines()) == 1
    assert photograph.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cat.png", "same.png"]


def test_a_training_that_cannot_be_kept_does_not_begin(capsys, monkeypatch, photograph):
    for places in (["--run", "/proc/run"], ["--weights", "/proc/weights"]):
        error = fail(capsys, monkeypatch, "train", "srcnn", "--profile", "smoke", *places)
        assert f"'{places[1]}'" in error and len(error.strip().splitlines()) == 1


def stopped(process, number):
    """Send a signal, and return status, output and error of a process that must end soon."""
    process.send_signal(number)
    try:
        output, error = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, output, error


def test_stopped_while_it_starts(tmp_path):
    """Whenever that is: no traceback, but a word, or the system's own end while Keras is loaded."""
    photograph = tmp_path / "cat.png"
    srlib.write_png(photograph, data.chelsea())
    for seconds in (0.3, 0.6, 1.2, 2.4):
        with shell("upscale", photograph, tmp_path / "sr.png", "--model", "edsr") as process:
            time.sleep(seconds)
            result = stopped(process, signal.SIGINT)
        assert result in [(130, "", "srlib: stopped\n"), (-signal.SIGINT, "", "")], seconds


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs to see a process's time")
def test_stopped_in_the_middle(tmp_path):
    """Ctrl-C, or a system that shuts down: one line, the shell's status, nothing half-written."""
    photograph, out = tmp_path / "cat.png", tmp_path / "sr.png"
    srlib.write_png(photograph, np.tile(data.chelsea(), (8, 8, 1)))
    for number in (signal.SIGINT, signal.SIGTERM):
        with shell("upscale", photograph, out, "--model", "edsr") as process:
            # Longer than it takes to load Keras, while the network would take minutes.
            while (
                sum(map(int, Path(f"/proc/{process.pid}/stat").read_text().split()[13:15])) < 1500
            ):
                time.sleep(0.2)
            result = stopped(process, number)
        assert result == (128 + number, "", "srlib: stopped\n")
    assert list(tmp_path.iterdir()) == [photograph]


def test_settings_of_keras_for_other_projects(photograph, tmp_path):
    settings = {"floatx": "float16", "image_data_format": "channels_first"}
    (tmp_path / "keras.json").write_text(json.dumps(settings | {"backend": "tensorflow"}))
    environment = os.environ | {"KERAS_HOME": str(tmp_path)}
    command = ["evaluate", "srcnn", "--set", photograph.parent, "--json"]
    with shell(*command, env=environment) as process:
        output, error = process.communicate()
    assert error == ""
    expected = srlib.evaluate(srlib.load("srcnn", 2), photograph.parent, 2).psnr[0]
    assert json.loads(output)["rows"][0]["psnr"] == pytest.approx(expected, abs=1e-4)
    with shell(*command, env=environment | {"KERAS_BACKEND": "abacus"}) as process:
        _, error = process.communicate()
    assert process.returncode == 2
    assert error.startswith("srlib: Keras cannot be loaded (Unable to import backend : abacus).")
    assert len(error.splitlines()) == 1


def test_a_terminal_that_knows_no_letter_of_the_name(photograph, tmp_path):
    out = tmp_path / "größer.png"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    with shell("upscale", photograph, out, "--model", "bicubic", env=environment) as process:
        output, error = process.communicate()
    assert (process.returncode, error) == (0, "")
    assert output.endswith("gr\\xf6\\xdfer.png\n") and out.exists()


def test_what_an_enlargement_lacks_is_told(tmp_path, caplog):
    clear = np.dstack([data.chelsea()[:40, :50], np.full((40, 50), 200, np.uint8)])
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    Image.fromarray(clear).save(tmp_path / "clear.png", exif=exif)
    Image.fromarray(clear[..., 0].astype(np.uint16) * 257).save(tmp_path / "deep.png")
    Image.fromarray(clear[..., :3]).save(tmp_path / "plain.png")
    for name in ("clear", "deep", "plain"):
        run("upscale", tmp_path / f"{name}.png", tmp_path / "sr.png", "--model", "bicubic")
    clear, deep = caplog.messages
    says = "clear.png: the PNG is written without its transparency, which lies over white, its EXIF"
    assert says in clear
    assert "deep.png: the PNG is written without its samples of more than 8 bits" in deep
