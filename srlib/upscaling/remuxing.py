"""Pictures that were encoded anew, put together with everything else that a video holds."""

import heapq
import io
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from srlib.images import atomic_path, one_line, tell
from srlib.upscaling.clips import VIDEO_SUFFIXES, Clip, VideoError, is_cover, opened, pyav

__all__ = ["check_container", "encoder", "join"]

COPIED = ("audio", "subtitle", "attachment")
# What a format says of itself.
OWN_TAGS = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration",
            "handler_name", "vendor_id", "timecode"}  # fmt: skip


def encoder(file, clip: Clip, size: tuple[int, int], crf: int):
    """A stream of H.264 in a file that is open for writing.

    Without frames that look ahead, a frame is decoded when it is shown, so that segments can be
    put one behind the other. Two threads, however many cores there are: the bytes depend on it.
    """
    stream = file.add_stream("libx264", rate=clip.rate, options={"crf": str(crf)})
    stream.height, stream.width = size
    stream.pix_fmt = clip.pixels
    context = stream.codec_context
    context.time_base = clip.time_base
    context.max_b_frames, context.thread_count = 0, 2
    if clip.aspect:
        context.sample_aspect_ratio = clip.aspect
    context.colorspace, context.color_range = clip.matrix, clip.range
    context.color_primaries, context.color_trc = clip.primaries, clip.transfer
    return stream


def check_container(clip: Clip, out: Path, size: tuple[int, int], crf: int) -> None:
    """Refuse a format that cannot hold a stream of a video, or its times, by writing its header."""
    av = pyav()
    with opened(clip.path) as (source, pictures):
        try:
            result = av.open(io.BytesIO(), "w", format=VIDEO_SUFFIXES[out.suffix.lower()])
            with result:
                streams = _streams(result, source, pictures, clip, encoder(result, clip, size, crf))
                _describe(result, source)
                result.start_encoding()
                coarse = [
                    old.type
                    for old, new in streams
                    if old.type != "attachment" and (old.time_base / new.time_base).denominator != 1
                ]
        except (av.error.FFmpegError, ValueError) as error:
            raise VideoError(
                f"{out} cannot hold what {clip.path} has ({one_line(error)}): name a "
                f"file that ends in {_others(out)}"
            ) from error
        if coarse:
            raise VideoError(
                f"{out} cannot hold the times of the {coarse[0]} of {clip.path}, which it would "
                f"round: name a file that ends in {_others(out)}"
            )


def _others(out):
    return " or ".join(suffix for suffix in VIDEO_SUFFIXES if suffix != out.suffix.lower())


def join(clip: Clip, segments: Sequence[Path], out: Path) -> None:
    """Write the video: the segments, one behind the other, and all else as the source has it."""
    av = pyav()
    with (
        atomic_path(out) as partial,
        opened(clip.path) as (source, pictures),
        opened(segments[0]) as (_, template),
        av.open(str(partial), "w", format=VIDEO_SUFFIXES[out.suffix.lower()]) as result,
    ):
        new = result.add_stream_from_template(template, opaque=True)
        streams = _streams(result, source, pictures, clip, new)
        _describe(result, source)
        copied = {old.index: new for old, new in streams if old.type in ("audio", "subtitle")}
        copied |= {old.index: new for old, new in streams if old.type == "video" and is_cover(old)}
        flows = [_pictures(segments, new), _others_packets(source, copied)]
        for packet in heapq.merge(*flows, key=_moment):
            result.mux(packet)
    _tell_lost_tags(clip.path, out)


def _tell_lost_tags(path, out):
    """Say which titles and the like the format of the result has no place for."""
    with opened(path) as (source, pictures), opened(out) as (result, new):
        pairs = [("the file", source, result), ("a stream (video)", pictures, new)]
        kinds = [[s for s in file.streams if s.type in COPIED] for file in (source, result)]
        pairs += [(f"a stream ({a.type})", a, b) for a, b in zip(*kinds, strict=False)]
        for what, a, b in pairs:
            kept = {name.lower() for name in b.metadata}
            if lost := [name for name in _tags(a) if name.lower() not in kept]:
                tell(f"{out}: has no place for the tag {', '.join(lost)} of {what}")


def _streams(result, source, pictures, clip, new):
    """A stream of the result for every one of the source that is kept, in pairs."""
    pairs, left_out = [(pictures, new)], []
    if clip.display:
        new.set_display_matrix(clip.display)
    for stream in source.streams:
        if stream is pictures:
            continue
        if stream.type in COPIED or (stream.type == "video" and is_cover(stream)):
            pairs.append((stream, result.add_stream_from_template(stream, opaque=True)))
        else:
            left_out.append(stream.type)
    for old, copy in pairs:
        copy.metadata.update(_tags(old))
        copy.disposition = old.disposition
    if source.chapters() and "data" in left_out:
        left_out.remove("data")  # MP4 keeps chapters in a stream, which is made anew
    if left_out:
        tell(f"{clip.path}: left out: streams of {', '.join(left_out)}")
    return pairs


def _describe(result, source):
    """Titles and chapters."""
    result.metadata.update(_tags(source))
    result.set_chapters(source.chapters())


def _tags(source):
    return {k: v for k, v in source.metadata.items() if k.lower() not in OWN_TAGS}


def _moment(packet):
    at = packet.dts if packet.dts is not None else packet.pts
    return float((at or 0) * packet.time_base)


def _pictures(segments, stream) -> Iterator:
    for segment in segments:
        with opened(segment) as (file, coded):
            for packet in file.demux(coded):
                if packet.size:
                    packet.stream = stream
                    yield packet


def _others_packets(source, copied) -> Iterator:
    chosen = [source.streams[index] for index in copied]
    for packet in source.demux(chosen) if chosen else itertools.chain():
        if packet.size and packet.dts is not None:
            packet.stream = copied[packet.stream_index]
            yield packet
