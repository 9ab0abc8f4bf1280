"""A video larger, frame by frame; what is done of it is not done again."""

import itertools
import json
import shutil
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from srlib.images import Samples, atomic_path, tell, write_json
from srlib.upscaling.clips import VIDEO_SUFFIXES, Clip, clip_of, frames, pyav, to_frame
from srlib.upscaling.files import Upscaled, made_by, target_of
from srlib.upscaling.output import check_output
from srlib.upscaling.photographs import Networks, enlarge, networks_of
from srlib.upscaling.planning import TEMPLATE, check_template, result_name
from srlib.upscaling.remuxing import check_container, encoder, join

__all__ = ["upscale_video", "video_out"]

SEGMENT = 64  # frames that are encoded together, and of which a kill takes no more than these


def upscale_video(
    path: Path | str,
    out: Path | str,
    model: keras.Model | str | Networks,
    scale: float | None = None,
    *,
    width: int | None = None,
    height: int | None = None,
    ensemble: bool = False,
    crf: int = 16,
    overwrite: bool = False,
) -> Upscaled:
    """Enlarge a video, and write one that is what the first was.

    The time of every frame, sound, subtitles, chapters, fonts, titles, rotation, the shape of the
    pixels, and the range and matrix of the colours stay. Frames are enlarged one by one, and
    written as H.264. All frames are looked at before the first is enlarged, and what would be
    damaged is refused: interlaced video, more than eight bits, HDR, transparency.

    The work is kept in closed segments, in a hidden folder beside `out`, until all of it is done.
    A run that was stopped or killed goes on behind the last of them when it is called again, and
    ends with the file, byte for byte, that an undisturbed run writes on the same machine.

    Parameters
    ----------
    path
        A video that FFmpeg can read.
    out
        The file to write: MP4 (``.mp4``, ``.m4v``), QuickTime (``.mov``) or Matroska (``.mkv``).
        Matroska counts milliseconds, and is refused where the source's times are finer.
    model, scale, width, height, ensemble
        As for `srlib.upscale_file`. Both sides become even numbers, which most players need.
    crf
        What H.264 may lose: 0 (nothing) to 51. The file is about half as large at each 6 more.
    overwrite
        Whether a file that is there may be replaced.

    Returns
    -------
    Upscaled

    Raises
    ------
    VideoError
        A ValueError: if the video cannot be read, or would be damaged; before any work.
    ValueError
        If an argument is not as it should be; before any work.
    OSError
        If a file cannot be read or written; FileExistsError if it may not be replaced.
    """
    start = time.perf_counter()
    path, out = Path(path), Path(out)
    networks = networks_of(model, ensemble=ensemble)
    target = target_of(networks, scale, width, height, None)
    if not 0 <= crf <= 51:
        raise ValueError(f"crf must be from 0 to 51, not {crf}")
    clip = clip_of(path)
    check_output(out, path, overwrite=overwrite, check=_check_suffix)
    size = tuple(2 * round(side / 2) for side in target.size(*clip.size))
    check_container(clip, out, size, crf)
    made = {
        "source": [path.stat().st_size, path.stat().st_mtime_ns],
        "way": f"{made_by(networks, target, ensemble)}, crf {crf}, {'×'.join(map(str, size))}",
        "by": f"srlib {version('srlib')}, PyAV {pyav().__version__}",
    }
    parts = _parts(out, made)
    segments = [parts / f"{first:08}.nut" for first in range(0, len(clip.times), SEGMENT)]
    done = sum(1 for _ in itertools.takewhile(Path.exists, segments))
    passes = ()
    with logging_redirect_tqdm(), _bar(clip, done) as bar:
        images = frames(clip, done * SEGMENT)
        for segment in segments[done:]:
            chunk = itertools.islice(images, SEGMENT)
            passes = _write_segment(segment, chunk, clip, size, networks, ensemble, crf, bar)
    join(clip, segments, out)
    shutil.rmtree(parts)
    return Upscaled(path, out, "written", size, passes, time.perf_counter() - start)


def video_out(
    path: Path,
    networks: Networks | str,
    scale: float | None = None,
    *,
    width: int | None = None,
    height: int | None = None,
    folder: Path | None = None,
    template: str = TEMPLATE,
) -> Path:
    """Where the larger video goes if nobody says: as `srlib.upscale_many` calls its results.

    In the format of the source if that is written; Matroska for WebM, whose streams it holds, and
    MP4 for all else.
    """
    check_template(template)
    networks = networks_of(networks)
    label = target_of(networks, scale, width, height, None).label
    suffix = path.suffix
    if suffix.lower() not in VIDEO_SUFFIXES:
        suffix = ".mkv" if suffix.lower() == ".webm" else ".mp4"
    name = result_name(path, template, suffix, size=label, model=networks.name)
    return (folder or path.parent) / name


def _check_suffix(out):
    if out.suffix.lower() not in VIDEO_SUFFIXES:
        raise ValueError(f"{out} must end in one of {', '.join(VIDEO_SUFFIXES)}")


def _bar(clip, done):
    first = min(done * SEGMENT, len(clip.times))
    return tqdm(total=len(clip.times), initial=first, unit="frame", disable=None)


def _parts(out, made):
    """The folder of the segments: emptied if they are of another source or made otherwise."""
    parts = out.with_name(f".{out.name}.parts")
    note = parts / "made.json"
    if note.exists() and json.loads(note.read_text(encoding="utf-8")) == made:
        tell(f"{out}: goes on with what {parts} holds")
        return parts
    shutil.rmtree(parts, ignore_errors=True)
    write_json(note, made)
    return parts


def _write_segment(
    segment: Path,
    images: Iterator,
    clip: Clip,
    size: tuple[int, int],
    networks: Networks,
    ensemble: bool,
    crf: int,
    bar: tqdm,
) -> tuple[int, ...]:
    """Enlarge frames and encode them, on their own, into a file that is whole or absent."""
    passes = ()
    # NUT holds any unit of time exactly.
    with atomic_path(segment) as partial, pyav().open(str(partial), "w", format="nut") as file:
        stream = encoder(file, clip, size, crf)
        for at, image in images:
            enlarged = enlarge(Samples("RGB", image, 255), size, networks, ensemble=ensemble)
            passes = enlarged.passes
            file.mux(stream.encode(to_frame(np.concatenate(list(enlarged.bands)), at, clip)))
            bar.update()
        file.mux(stream.encode(None))
    return passes
