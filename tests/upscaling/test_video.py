"""A video to a larger one that is what the first was."""

import json
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("av")

from clip_maker import about, images, make_clip
from typer.testing import CliRunner

import srlib
from srlib.cli import app
from srlib.upscaling import VideoError

UNEVEN = [0, 512, 700, 2048, 2060, 5000, 5001, 9000, 9512, 11000]


def same(source, result):
    """All that a player finds, but for pictures and their colours."""
    a, b = about(source), about(result)
    for what in ("kinds", "packets", "chapters", "languages", "aspect", "times", "rotations"):
        assert a[what] == b[what], what
    np.testing.assert_array_equal(a["samples"], b["samples"])
    return a, b


@pytest.mark.parametrize(
    ("suffix", "made"),
    [
        (".mp4", {}),
        (".mp4", {"times": UNEVEN, "turned": 90, "aspect": Fraction(4, 3),
                  "metadata": {"title": "T"}, "chapters": [(0, 300), (300, 900)]}),
        (".mov", {"turned": -90, "sound": "pcm_s16le", "times": UNEVEN}),
        (".m4v", {"turned": 180, "sound": None}),
        (".mkv", {"time_base": Fraction(1, 1000), "times": [0, 33, 67, 100, 500, 501, 2000],
                  "sound": "flac", "chapters": [(0, 1000)], "aspect": Fraction(8, 9)}),
        (".mp4", {"time_base": Fraction(1, 30000), "times": range(0, 30030, 1001),
                  "sound": "libmp3lame"}),
    ],
)  # fmt: skip
def test_times_sound_turns_and_chapters_are_those_of_the_source(tmp_path, suffix, made):
    source, out = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    make_clip(source, **made)
    done = srlib.upscale_video(source, out, "nearest", 2)
    assert (done.status, done.size) == ("written", (72, 96))
    same(source, out)
    assert images(out).shape[1:] == (72, 96, 3)
    assert sorted(tmp_path.iterdir()) == [source, out]


SUBTITLES = "1\n00:00:00,100 --> 00:00:00,900\nHello\n\n2\n00:00:01,000 --> 00:00:01,200\nyou\n"


def test_subtitles_and_fonts_are_copied(tmp_path):
    import av

    make_clip(tmp_path / "a.mkv", time_base=Fraction(1, 1000), times=range(0, 1600, 40))
    (tmp_path / "a.srt").write_text(SUBTITLES)
    with (
        av.open(str(tmp_path / "a.mkv")) as pictures,
        av.open(str(tmp_path / "a.srt")) as texts,
        av.open(str(tmp_path / "b.mkv"), "w") as both,
    ):
        copies = [
            (file, {s.index: both.add_stream_from_template(s, opaque=True) for s in file.streams})
            for file in (pictures, texts)
        ]
        both.add_attachment("font.ttf", "font/ttf", b"not really")
        for file, streams in copies:
            for packet in file.demux():
                if packet.size:
                    packet.stream = streams[packet.stream_index]
                    both.mux(packet)
    srlib.upscale_video(tmp_path / "b.mkv", tmp_path / "c.mkv", "nearest", 2)
    a, _ = same(tmp_path / "b.mkv", tmp_path / "c.mkv")
    assert a["kinds"] == ["video", "audio", "subtitle", "attachment"]


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p", "yuv444p", "yuvj420p"])
@pytest.mark.parametrize("matrix", [1, 5, 6, 9, 2])
def test_colours_keep_their_matrix_and_range(tmp_path, pixels, matrix):
    full = 2 if pixels == "yuvj420p" or matrix == 9 else 1
    source, out = tmp_path / "a.mp4", tmp_path / "b.mp4"
    make_clip(source, range(0, 1536, 512), pixels=pixels, matrix=matrix, full=full, sound=None,
              options={"crf": "0"})  # fmt: skip
    srlib.upscale_video(source, out, "nearest", 2, crf=0)
    told = about(out)
    assert told["matrix"] == {6 if matrix == 2 else matrix} and told["range"] == {full}
    blocks = images(out).reshape(3, 36, 2, 48, 2, 3).mean((2, 4))
    off = (blocks - images(source))[:, 4:-4, 4:-4]
    assert abs(off.mean(axis=(0, 1, 2))).max() < 1.2, "all colours are shifted"
    assert abs(off).max() < 5


KILLS = """
import os, signal, sys
from pathlib import Path
import srlib

source, out = sys.argv[1], Path(sys.argv[2])
renamed = 0

def kill_at(last):
    def look(event, arguments):
        global renamed
        if event == "os.rename":
            renamed += 1
            if renamed == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(look)

for last in (1, 2, 3, 3, 99):  # at the note, at segments, and when all of them are there
    child = os.fork()
    if not child:
        kill_at(last)
        srlib.upscale_video(source, out, "lanczos", 2)
        os._exit(0)
    print(os.waitpid(child, 0)[1], out.exists())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(tmp_path, monkeypatch):
    from srlib.upscaling import video

    source, out = tmp_path / "a.mp4", tmp_path / "killed" / "b.mp4"
    make_clip(source, np.cumsum(np.random.default_rng(0).integers(1, 900, 200)).tolist())
    srlib.upscale_video(source, tmp_path / "whole.mp4", "lanczos", 2)
    command = [sys.executable, "-c", KILLS, source, out]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    killed = [f"{signal.SIGKILL.value} False"] * 4
    assert done.stdout.splitlines() == [*killed, "0 True"], done.stderr
    assert out.read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    assert [path for path in out.parent.iterdir() if ".partial-" not in path.name] == [out]
    # What was enlarged is not enlarged again, unless it is another question.
    seen = []
    enlarge = video.enlarge

    def stop(*arguments, **options):
        seen.append(len(seen))
        if len(seen) == 70:
            raise KeyboardInterrupt
        return enlarge(*arguments, **options)

    monkeypatch.setattr(video, "enlarge", stop)
    with pytest.raises(KeyboardInterrupt):
        srlib.upscale_video(source, tmp_path / "c.mp4", "lanczos", 2)
    srlib.upscale_video(source, tmp_path / "c.mp4", "lanczos", 2)
    assert len(seen) == 70 + 200 - 64
    assert (tmp_path / "c.mp4").read_bytes() == out.read_bytes()
    seen[:] = []
    with pytest.raises(KeyboardInterrupt):
        srlib.upscale_video(source, tmp_path / "d.mp4", "lanczos", 2)
    srlib.upscale_video(source, tmp_path / "d.mp4", "nearest", 2)
    assert len(seen) == 70 + 200


def test_a_network_enlarges_frames_as_it_does_images(tmp_path):
    model = srlib.load("fsrcnn", 2)
    source, out = tmp_path / "a.mp4", tmp_path / "b.mp4"
    make_clip(source, range(0, 1536, 512), pixels="yuv444p", sound=None, options={"crf": "0"})
    srlib.upscale_video(source, out, model, crf=0)
    for before, after in zip(images(source), images(out), strict=True):
        off = after.astype(int) - srlib.upscale(before, model)
        assert abs(off).max() <= 4  # rounded as YUV twice


def test_what_a_format_has_no_place_for_is_told(tmp_path, caplog):
    make_clip(tmp_path / "a.mp4", range(0, 2048, 512), metadata={"title": "T"})
    srlib.upscale_video(tmp_path / "a.mp4", tmp_path / "b.mp4", "nearest", 2)
    assert not caplog.messages
    srlib.upscale_video(tmp_path / "a.mp4", tmp_path / "b.mov", "nearest", 2)
    assert "b.mov: has no place for the tag language of a stream (audio)" in caplog.text


def test_sides_become_even(tmp_path):
    make_clip(tmp_path / "a.mp4", range(0, 1024, 512), sound=None)
    done = srlib.upscale_video(tmp_path / "a.mp4", tmp_path / "b.mp4", "bicubic", width=71)
    assert done.size == (52, 72) == images(tmp_path / "b.mp4").shape[1:3]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ({"options": {"x264-params": "tff=1"}, "flags": 1 << 18}, "frame 0: it is interlaced"),
        ({"pixels": "yuv420p10le"}, "samples are yuv420p10le; what is written is yuv420p, yuv422p"),
        ({"options": {"x264-params": "transfer=smpte2084"}}, "light is coded as PQ"),
        ({"options": {"x264-params": "colormatrix=chroma-derived-nc"}}, "matrix 12 of H.273"),
    ],
)
def test_what_would_be_damaged_is_refused_before_any_work(tmp_path, made, message):
    make_clip(tmp_path / "a.mp4", range(0, 2048, 512), sound=None, **made)
    with pytest.raises(VideoError, match=message):
        srlib.upscale_video(tmp_path / "a.mp4", tmp_path / "b.mp4", "bicubic", 2)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_errors_come_before_any_work(tmp_path):
    source = tmp_path / "a.mp4"
    make_clip(source, range(0, 2048, 512))
    (tmp_path / "text.mp4").write_text("no video" * 99)
    (tmp_path / "there.mp4").write_bytes(b"")
    before = sorted(tmp_path.iterdir())
    for path, out, options, message in [
        (source, "b.mkv", {}, r"b\.mkv cannot hold the times of the video of .*, which it would r"),
        (source, "b.avi", {}, r"b\.avi must end in one of \.mp4, \.m4v, \.mov, \.mkv"),
        (source, "a.mp4", {}, "is the image to be enlarged|may be replaced"),
        (source, "there.mp4", {}, "may be replaced by overwrite"),
        (source, "b.mp4", {"crf": 52}, "crf must be from 0 to 51, not 52"),
        (source, "b.mp4", {"width": 48}, "48×36 pixels are no fewer than 48×36"),
        (source, "b.mp4", {"width": 50, "scale": 2}, "give one of"),
        (tmp_path / "text.mp4", "b.mp4", {}, "text.mp4 is no video that FFmpeg can read, or is"),
        (tmp_path / "lost.mp4", "b.mp4", {}, "No such file"),
    ]:
        options = options if "width" in options else {"scale": 2} | options
        with pytest.raises((ValueError, OSError), match=message):
            srlib.upscale_video(path, tmp_path / out, "bicubic", **options)
    assert sorted(tmp_path.iterdir()) == before


def test_sound_alone_is_no_video(tmp_path):
    import av

    make_clip(tmp_path / "a.mp4", range(0, 2048, 512))
    with av.open(str(tmp_path / "a.mp4")) as clip, av.open(str(tmp_path / "s.mp4"), "w") as sound:
        stream = sound.add_stream_from_template(clip.streams.audio[0], opaque=True)
        for packet in clip.demux(audio=0):
            if packet.size:
                packet.stream = stream
                sound.mux(packet)
    with pytest.raises(VideoError, match=r"s\.mp4 has no video in it, only audio"):
        srlib.upscale_video(tmp_path / "s.mp4", tmp_path / "b.mp4", "bicubic", 2)


def test_without_pyav_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(VideoError, match=r"not installed: pip install 'srlib\[video\]'"):
        srlib.upscale_video(tmp_path / "a.mp4", tmp_path / "b.mp4", "bicubic", 2)


def shell(*arguments):
    return CliRunner().invoke(app, ["upscale", *map(str, arguments)])


def test_from_a_shell(tmp_path):
    source = tmp_path / "a.mp4"
    make_clip(source, range(0, 2048, 512))
    done = shell(source, "--model", "bicubic", "--json")
    (answer,) = json.loads(done.stdout)
    assert Path(answer["out"]) == tmp_path / "a_x2.mp4"
    assert (answer["width"], answer["status"]) == (96, "written")
    done = shell(source, "--model", "bicubic", "--out", tmp_path / "out", "--name",
                 "{stem} by {model}{suffix}", "--width", 100)  # fmt: skip
    assert done.exit_code == 0 and images(tmp_path / "out" / "a by bicubic.mp4").shape[2] == 100
    assert shell(source, tmp_path / "c.mov", "--model", "nearest", "--crf", 30).exit_code == 0
    assert about(tmp_path / "c.mov")["packets"] == about(source)["packets"]
    for wrong, message in [
        ((source, source, source), "one video at a time"),
        ((source, "--quality", 90), "for photographs: a video takes --crf"),
    ]:
        assert message in str(shell(*wrong).exception)
