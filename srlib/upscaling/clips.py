"""What a video is made of, its frames as images and back, and what is refused before any work."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path, PurePath
from typing import NamedTuple

import numpy as np

from srlib.images import tell

__all__ = [
    "VIDEO_SUFFIXES",
    "Clip",
    "VideoError",
    "clip_of",
    "frames",
    "is_cover",
    "is_video_name",
    "opened",
    "pyav",
    "to_frame",
]

# The formats that keep frame times, and how FFmpeg calls them.
VIDEO_SUFFIXES = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}

# What else FFmpeg reads is told from a photograph by its name.
READ_SUFFIXES = {*VIDEO_SUFFIXES, ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".m2ts", ".mts", ".wmv",
                 ".flv", ".3gp", ".ogv"}  # fmt: skip

# Samples of 8 bits that H.264 can hold, each with whether they are 0 to 255 by their name.
PIXELS = {f"yuv{full}{sub}p": bool(full) for full in ("", "j") for sub in ("420", "422", "444")}

HDR = {14: "BT.2020", 15: "BT.2020", 16: "PQ", 18: "HLG"}  # transfers of more than eight bits

# What lies beside a frame's samples, and would be lost with a new encoding.
LOST = {
    "A53_CC": "closed captions within its pictures",
    "STEREO3D": "a second eye's view",
    "SPHERICAL": "a view all around",
    "MASTERING_DISPLAY_METADATA": "HDR",
    "DYNAMIC_HDR_PLUS": "HDR10+",
    "DOVI_METADATA": "Dolby Vision",
}

# The matrices between RGB and YUV: as in H.273, and as swscale numbers them.
MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9}
UNSPECIFIED = 2
BT709, BT601 = 1, 6
STUDIO, FULL = 1, 2  # ranges


class VideoError(ValueError):
    """A video that cannot be enlarged without damage; the message says which and why."""


class Clip(NamedTuple):
    """What must be kept of a video.

    Attributes
    ----------
    path
        The file.
    times
        When each frame is shown, in units of `time_base`.
    time_base
        In seconds.
    rate
        Frames a second, on average.
    size
        Height and width, in pixels.
    pixels
        How samples lie, such as ``"yuv420p"``.
    matrix, range, primaries, transfer
        Numbers of ITU-T H.273. Matrix and range are never unspecified: players guess them by the
        size, which changes.
    aspect
        Width of a pixel by its height, or None if it is not said.
    display
        The matrix by which players turn the picture, or None.
    """

    path: Path
    times: list[int]
    time_base: Fraction
    rate: Fraction
    size: tuple[int, int]
    pixels: str
    matrix: int
    range: int
    primaries: int
    transfer: int
    aspect: Fraction | None
    display: tuple[int, ...] | None


def is_video_name(path: PurePath) -> bool:
    """Whether a file is a video by its name."""
    return path.suffix.lower() in READ_SUFFIXES


def pyav():
    """PyAV, which the extra ``video`` installs."""
    try:
        import av
    except ImportError as error:
        raise VideoError(
            "videos need PyAV, which is not installed: pip install 'srlib[video]'"
        ) from error
    return av


@contextmanager
def opened(path: Path) -> Iterator:
    """A video file, open for reading, and its stream of pictures."""
    av = pyav()
    try:
        with av.open(str(path)) as container:
            streams = [s for s in container.streams.video if not is_cover(s)]
            if not streams:
                raise VideoError(f"{path} has no video in it, only {_kinds(container)}")
            streams[0].thread_type = "AUTO"
            yield container, streams[0]
    except av.error.InvalidDataError as error:
        raise VideoError(f"{path} is no video that FFmpeg can read, or is damaged") from error


def is_cover(stream) -> bool:
    """Whether a stream is a single picture, such as the cover of an album."""
    return bool(stream.disposition & type(stream.disposition).attached_pic)


def _kinds(container):
    return ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"


def clip_of(path: Path) -> Clip:
    """Look at every frame of a video, and refuse one that would be damaged.

    Raises
    ------
    VideoError
        If it is interlaced, has more than 8 bits, HDR, alpha or captions in its frames, changes its
        size, has frames without a time, is damaged, or is no video.
    """
    with opened(path) as (container, stream):
        first, times = None, []
        for frame in container.decode(stream):
            first = first or frame
            if reason := _reason(frame, first, times):
                raise VideoError(f"{path}, frame {len(times)}: {reason}")
            times.append(frame.pts)
        if first is None:
            raise VideoError(f"{path} has no frame that can be decoded")
        if stream.metadata.get("alpha_mode") == "1":
            raise VideoError(f"{path} is transparent in parts, which H.264 cannot hold")
        if stream.frames > len(times):
            tell(f"{path}: of {stream.frames} frames {len(times)} can be shown; was it cut off?")
        display = first.side_data.get("DISPLAYMATRIX")
        matrix, full = first.colorspace, PIXELS[first.format.name]
        if matrix == UNSPECIFIED:
            matrix = BT709 if first.height >= 720 else BT601
        return Clip(
            path,
            times,
            stream.time_base,
            stream.average_rate or Fraction(25),
            (first.height, first.width),
            first.format.name,
            matrix,
            FULL if full else first.color_range or STUDIO,
            first.color_primaries,
            first.color_trc,
            stream.sample_aspect_ratio,
            tuple(np.frombuffer(bytes(display), np.int32).tolist()) if display else None,
        )


def _reason(frame, first, times):
    """Why a frame cannot be enlarged without damage, or nothing."""
    if frame.is_corrupt:
        return "it is damaged: copy the file again, or cut the clip before it"
    if frame.interlaced_frame:
        return (
            "it is interlaced, two pictures in one, whose lines a network would blend: "
            "deinterlace it first, as by ffmpeg -i IN -vf bwdif OUT"
        )
    if frame.format.name not in PIXELS:
        return (
            f"its samples are {frame.format.name}; what is written is {', '.join(PIXELS)}: convert "
            "it first, as by ffmpeg -i IN -pix_fmt yuv420p OUT"
        )
    if frame.color_trc in HDR:
        return f"its light is coded as {HDR[frame.color_trc]}: convert it to SDR first"
    if frame.colorspace not in (*MATRICES, UNSPECIFIED):
        return f"its colours are of the matrix {frame.colorspace} of H.273, which is not known here"
    found = {data.type.name for data in frame.side_data}
    if lost := [what for name, what in LOST.items() if name in found]:
        return f"it carries {' and '.join(lost)}, which would be lost"
    if (frame.width, frame.height) != (first.width, first.height):
        return "its size is not that of the frames before: cut the clip there"
    if frame.pts is None or (times and frame.pts <= times[-1]):
        return "its time is unknown or not after the frame before: remux the clip first"
    return ""


def frames(clip: Clip, first: int) -> Iterator[tuple[int, np.ndarray]]:
    """The time of each frame, in order, and its image: uint8 (H, W, 3), from one of them on."""
    with opened(clip.path) as (container, stream):
        for at, frame in enumerate(container.decode(stream)):
            if at >= first:
                yield frame.pts, _converted(frame, "rgb24", clip, to_rgb=True).to_ndarray()


def to_frame(image: np.ndarray, time: int, clip: Clip):
    """An image as a frame of a clip's samples, colours and units of time."""
    frame = pyav().VideoFrame.from_ndarray(image, format="rgb24")
    frame = _converted(frame, clip.pixels, clip, to_rgb=False)
    frame.pts, frame.time_base = time, clip.time_base
    frame.colorspace, frame.color_range = clip.matrix, clip.range
    frame.color_primaries, frame.color_trc = clip.primaries, clip.transfer
    return frame


def _converted(frame, pixels, clip, *, to_rgb):
    """Between RGB and a clip's samples, exactly as its matrix and range say."""
    from av.video.reformatter import Interpolation

    yuv, rgb = "src" if to_rgb else "dst", "dst" if to_rgb else "src"
    return frame.reformat(
        format=pixels,
        interpolation=Interpolation.BICUBIC
        | Interpolation.ACCURATE_RND
        | Interpolation.FULL_CHR_H_INT
        | Interpolation.FULL_CHR_H_INP
        | Interpolation.BITEXACT,
        **{
            f"{yuv}_colorspace": MATRICES[clip.matrix],
            f"{yuv}_color_range": clip.range,
            f"{rgb}_color_range": FULL,
        },
    )
