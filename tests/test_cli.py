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
import srlib.zoo
from srlib.__main__ import expanded, main
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
    verbs = "dataset download train distill upscale export models evaluate audit ratings compare"
    for verb in [*verbs.split(), "verify"]:
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


def test_evaluate_on_what_was_degraded_otherwise(photograph):
    out = run("evaluate", "bicubic", "--set", photograph.parent, "--lr-kernel", "jpeg-40", "--json")
    answer = json.loads(out)
    assert answer["protocol"]["lr_kernel"] == "jpeg-40"
    expected = srlib.evaluate(
        "bicubic", photograph.parent, 2, protocol=srlib.Protocol(lr_kernel="jpeg-40")
    )
    assert answer["rows"][0]["psnr"] == pytest.approx(expected.psnr[0])


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
    assert result.stderr.endswith("srlib: not measured: 1\n")


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
        (["upscale", "missing.png"], "no file or folder 'missing.png', nor any match of it"),
        (["upscale", "a.png", "b.png", "--model", "esrgan"], "no trained weights for 'esrgan'; th"),
        (["upscale", "a.png", "b.png", "--scale", "1"], "scale must be more than 1, such as 2"),
        (["upscale", "a.png", "--scale", "2", "--width", "9"], "give one of scale, width, height"),
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
        (tmp_path, f"{tmp_path} is a folder: name a file, or give it as --out {tmp_path}"),
        (tmp_path / "sr.bmp", "sr.bmp must end in one of .png, .tif, .tiff, .webp, .avif, .jpg"),
        (tmp_path / "sr", "sr must end in one of .png"),
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


@pytest.mark.parametrize(
    ("cause", "status", "says"),
    [("stop", 130, "srlib: stopped\n"), ("None", 1, "ImportError: broken")],
)
def test_stopped_while_a_compiled_module_is_loaded(cause, status, says):
    """It makes an ImportError of whatever is raised meanwhile; one of its own is not a stop."""
    code = f"""
import os, signal, sys, types
from srlib.__main__ import main

def app(_):
    stop = None
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except SystemExit as error:
        stop = error
    raise ImportError("broken") from {cause}

sys.modules["srlib.cli"] = types.SimpleNamespace(app=app)
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == status and says in done.stderr
    assert ("Traceback" in done.stderr) == (cause == "None")


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


def test_settings_of_keras_that_are_none(tmp_path):
    """Whatever Keras raises over them is told in one line."""
    (tmp_path / "keras.json").write_text("[]")
    environment = {name: value for name, value in os.environ.items() if name[:6] != "KERAS_"}
    with shell("models", env=environment | {"KERAS_HOME": str(tmp_path)}) as process:
        _, error = process.communicate()
    assert process.returncode == 2
    assert error.startswith("srlib: Keras cannot be loaded (") and len(error.splitlines()) == 1


def test_a_tilde_that_a_shell_leaves_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert expanded("--out=~/large") == f"--out={tmp_path / 'large'}"
    for word in ("--out", "a=~b.png", "~", "--name={stem}~"):
        assert expanded(word) == word


@pytest.mark.skipif(os.name == "nt", reason="there a shell cannot close them")
def test_closed_streams(tmp_path):
    """``>&-``: no traceback, and no file takes the place of what is printed to."""
    with shell("download", preexec_fn=lambda: os.close(1)) as process:
        assert process.communicate() == ("", "")
    assert process.returncode == 0
    with shell("download", "Set6", preexec_fn=lambda: os.close(2)) as process:
        output, _ = process.communicate()
    assert (process.returncode, output) == (2, "")
    script = (
        "import sys; from srlib.__main__ import open_streams; open_streams()\n"
        "with open(sys.argv[1], 'w') as file: print('printed'); file.write(str(file.fileno()))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "file")]
    subprocess.run(command, check=True, preexec_fn=lambda: [os.close(n) for n in range(3)])
    assert int((tmp_path / "file").read_text()) > 2


def test_a_terminal_that_knows_no_letter_of_the_name(photograph, tmp_path):
    out = tmp_path / "größer.png"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    with shell("upscale", photograph, out, "--model", "bicubic", env=environment) as process:
        output, error = process.communicate()
    assert (process.returncode, error) == (0, "")
    assert output.endswith("gr\\xf6\\xdfer.png\n") and out.exists()


def test_upscale_any_file_by_any_factor(tmp_path):
    """What was done is said on stderr; the result is named on stdout."""
    gray = Image.fromarray(data.camera()[:40, :50].astype(np.uint16) * 257)
    gray.save(tmp_path / "deep.png", dpi=(72, 72))
    out = tmp_path / "larger.tiff"
    command = ["upscale", tmp_path / "deep.png", out, "--model", "srcnn", "--width", "160"]
    with shell(*command) as process:
        output, error = process.communicate()
    assert (process.returncode, output) == (0, f"{out}\n")
    said = "srcnn enlarges ×4, then antialiased bicubic to the size that was asked for\n"
    assert error.endswith(said)
    with Image.open(out) as result:
        assert (result.mode, result.size) == ("I;16", (160, 128))
        assert result.info["dpi"] == pytest.approx((72, 72), abs=0.02)


def test_upscale_a_folder(photograph, tmp_path, capsys, monkeypatch):
    folder = photograph.parent
    (folder / "broken.png").write_bytes(b"no image")
    srlib.write_png(folder / "inner" / "dog.png", data.chelsea()[:20, :30])
    command = ["upscale", folder, "--out", tmp_path / "out", "--model", "bicubic", "--recursive"]
    result = CliRunner().invoke(app, [*map(str, command), "--scale", "1.5"])
    assert result.exit_code == 1
    made = [tmp_path / "out" / "cat_x1.5.png", tmp_path / "out" / "inner" / "dog_x1.5.png"]
    assert result.stdout.split() == list(map(str, made))
    assert srlib.read_image(made[0]).shape == (150, 180, 3)
    assert f"srlib: {folder}/broken.png is not an image that Pillow can read" in result.stderr
    assert result.stderr.endswith("srlib: 2 written, 0 skipped, 1 failed\n")
    result = CliRunner().invoke(app, [*map(str, command), "--scale", "1.5", "--json"])
    assert result.exit_code == 1
    rows = {Path(row["source"]).name: row for row in json.loads(result.stdout)}
    assert {n: row["status"] for n, row in rows.items()} == {
        "broken.png": "failed", "cat.png": "skipped", "dog.png": "skipped"
    }  # fmt: skip
    assert "is not an image" in rows["broken.png"]["error"]
    (folder / "broken.png").unlink()
    row = json.loads(run(*command, "--scale", "3", "--json", "--name", "{model}.{name}"))[0]
    assert row["out"] == f"{tmp_path}/out/bicubic.cat.png"
    assert (row["status"], row["width"], row["height"]) == ("written", 360, 300)


def test_two_photographs_are_not_taken_for_one_and_its_result(capsys, monkeypatch, photograph):
    other = photograph.with_name("dog.png")
    srlib.write_png(other, data.chelsea()[:20, :30])
    before = other.read_bytes()
    command = ["upscale", photograph, other, "--model", "bicubic"]
    error = fail(capsys, monkeypatch, *command)
    assert f"{other} exists: to replace it, add --overwrite; to enlarge both files, name" in error
    assert other.read_bytes() == before
    outs = run(*command, "--out", photograph.parent / "larger").split()
    assert [Path(out).name for out in outs] == ["cat_x2.png", "dog_x2.png"]
    run(*command, "--overwrite")
    assert srlib.read_image(other).shape == (200, 240, 3)


def test_a_run_over_a_folder_that_is_stopped_goes_on(tmp_path):
    for name in "abcdef":
        srlib.write_png(tmp_path / "in" / f"{name}.png", np.tile(data.chelsea(), (2, 2, 1)))
    command = ["upscale", tmp_path / "in", "--out", tmp_path / "out", "--model", "bicubic"]
    with shell(*command) as process:
        while not list((tmp_path / "out").glob("[!.]*")):
            time.sleep(0.05)
            assert process.poll() is None
        result = stopped(process, signal.SIGINT)
    assert result == (130, "", "srlib: stopped\n")
    whole = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert 1 <= len(whole) < 6 and whole == [f"{name}_x2.png" for name in "abcdef"[: len(whole)]]
    rows = json.loads(run(*command, "--json"))
    assert [row["status"] for row in rows].count("skipped") == len(whole)
    assert {row["status"] for row in rows} == {"skipped", "written"}
    expected = srlib.upscale(tmp_path / "in" / "a.png", "bicubic", 2)
    for path in (tmp_path / "out").iterdir():
        np.testing.assert_array_equal(srlib.read_image(path), expected)


def test_models():
    rows = json.loads(run("models", "--json"))
    assert [(row["name"], row["scale"]) for row in rows] == srlib.available()
    for row in rows:
        card = srlib.card(row["name"], row["scale"])
        psnr = {score["set"]: score["psnr"] for score in card["scores"]}
        assert row["parameters"] == card["parameters"]
        assert (row["psnr_Set5"], row["psnr_course-test"]) == (psnr["Set5"], psnr["course-test"])
        assert row["good_for"]
    out = run("models")
    assert "srgan" in out and "not for faces" in out
    assert {name for name, _ in srlib.available()} == srlib.zoo.GOOD_FOR.keys()
