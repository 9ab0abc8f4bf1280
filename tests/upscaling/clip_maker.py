"""Videos that tests make: of any times, sound, turns, colours, chapters and subtitles."""

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import Interpolation

EXACT = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
)


def pattern(at, height=36, width=48):
    """A picture of smooth colours that tells its number: uint8 (H, W, 3)."""
    y, x = np.mgrid[:height, :width]
    picture = np.stack([x * 255 // width, y * 255 // height, np.full_like(x, at * 7 % 256)], -1)
    return picture.astype(np.uint8)


def make_clip(
    path,
    times=range(0, 40 * 512, 512),
    *,
    time_base=Fraction(1, 12800),
    codec="libx264",
    pixels="yuv420p",
    size=(36, 48),
    sound="aac",
    subtitles=None,
    matrix=2,
    full=0,
    aspect=None,
    turned=None,
    chapters=(),
    options=None,
    picture=pattern,
    metadata=None,
    flags=0,
):
    """Write a clip whose frames have these times, in units of `time_base`."""
    with av.open(str(path), "w") as file:
        video = file.add_stream(
            codec, rate=25, options={"crf": "4"} if options is None else options
        )
        video.height, video.width, video.pix_fmt = *size, pixels
        context = video.codec_context
        context.time_base = time_base
        context.colorspace, context.color_range = matrix, full
        context.flags |= flags
        if aspect:
            context.sample_aspect_ratio = aspect
        if turned is not None:
            video.set_display_rotation(turned)
        streams = [video]
        if sound:
            audio = file.add_stream(sound, rate=44100)
            audio.layout = "mono"
            streams.append(audio)
        if subtitles:
            file.add_stream(subtitles)
        for stream in streams[1:]:
            stream.metadata["language"] = "deu"
        file.metadata.update(metadata or {})
        if chapters:
            file.set_chapters([
                {"id": i, "start": start, "end": end, "time_base": Fraction(1, 1000),
                 "metadata": {"title": f"part {i}"}} for i, (start, end) in enumerate(chapters)
            ])  # fmt: skip
        for at, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(at, *size), format="rgb24")
            frame = frame.reformat(
                format=pixels, dst_colorspace=5 if matrix in (2, 6) else matrix,
                src_color_range=2, dst_color_range=full or 1,
            )  # fmt: skip
            frame.pts, frame.time_base = time, time_base
            frame.colorspace, frame.color_range = matrix, full
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if sound:
            _add_sound(file, audio, float((max(times) + 512) * time_base))


def _add_sound(file, audio, seconds):
    samples = np.sin(np.arange(int(44100 * seconds)) / 20).astype(np.float32)
    for start in range(0, len(samples), 1024):
        part = samples[np.newaxis, start : start + 1024]
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 44100, start, Fraction(1, 44100)
        file.mux(audio.encode(frame))
    file.mux(audio.encode(None))


def about(path):
    """What a player finds in a video: everything but the pictures."""
    with av.open(str(path)) as file:
        video = file.streams.video[0]
        kinds = [stream.type for stream in file.streams]
        packets = {
            stream.index: [] for stream in file.streams if stream.type in ("audio", "subtitle")
        }
        for packet in file.demux():
            if packet.stream_index in packets and packet.size:
                seconds = packet.pts * packet.time_base, packet.dts * packet.time_base
                packets[packet.stream_index].append((seconds, bytes(packet)))
        chapters = [
            (c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"])
            for c in file.chapters()
        ]
        languages = [s.metadata.get("language") for s in file.streams if s.type != "video"]
        aspect = video.sample_aspect_ratio
    with av.open(str(path)) as file:
        frames = [
            (f.pts * f.time_base, f.rotation, f.colorspace, f.color_range)
            for f in file.decode(video=0)
        ]
    with av.open(str(path)) as file:
        sound = [frame.to_ndarray() for frame in file.decode(audio=0)] if "audio" in kinds else []
    return {
        "kinds": kinds,
        "packets": packets,
        "chapters": chapters,
        "languages": languages,
        "aspect": aspect,
        "times": [time for time, *_ in frames],
        "rotations": {rotation for _, rotation, *_ in frames},
        "matrix": {matrix for *_, matrix, _ in frames},
        "range": {full for *_, full in frames},
        "samples": np.concatenate(sound, axis=1) if sound else None,
    }


def images(path):
    """All frames, uint8 (N, H, W, 3)."""
    with av.open(str(path)) as file:
        how = {"format": "rgb24", "interpolation": EXACT}
        return np.stack([frame.to_ndarray(**how) for frame in file.decode(video=0)])
