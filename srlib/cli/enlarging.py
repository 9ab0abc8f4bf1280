"""Enlarge photographs, one or many, and say which networks there are for it."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

import srlib
import srlib.upscaling
import srlib.zoo
from srlib.cli.common import Ensemble, Json, app, load_keras
from srlib.images import printable
from srlib.upscaling import TEMPLATE, is_video_name


@app.command()
def upscale(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE OUT | PATHS...",
            help="An image file and the file to write, or any number of files, folders, patterns; "
            "or a video.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; beside the images if not given.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="A trained network or the file of one, or an interpolation.")
    ] = "srcnn",
    scale: Annotated[
        float | None, typer.Option(help="Factor, such as 2, 1.5 or 8. [2, or a file's]")
    ] = None,
    width: Annotated[int | None, typer.Option(help="Instead: width in pixels.")] = None,
    height: Annotated[int | None, typer.Option(help="Instead: height in pixels.")] = None,
    megapixels: Annotated[float | None, typer.Option(help="Instead: 10⁶ pixels in all.")] = None,
    ensemble: Ensemble = False,
    memory: Annotated[
        float | None,
        typer.Option(help="GiB for the network. [a third of what is free, at most 1]"),
    ] = None,
    template: Annotated[
        str,
        typer.Option(
            "--name", help="Names of the results, of {stem} {suffix} {name} {size} {model}."
        ),
    ] = TEMPLATE,
    recursive: Annotated[
        bool, typer.Option("--recursive", help="Folders in folders, too.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that are there.")
    ] = False,
    quality: Annotated[
        int | None, typer.Option(help="1 to 100, of JPEG, WebP and AVIF. [95]")
    ] = None,
    crf: Annotated[
        int | None, typer.Option(help="Of a video: 0 (nothing is lost) to 51. [16]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Super-resolve photographs: one into a file that is named, or any number; or a video.

    Written are PNG, JPEG, WebP, TIFF and AVIF, by the suffix. Depth, transparency, colour profile,
    EXIF, XMP and resolution of a photograph stay. A run that was stopped goes on when it is called
    again. The exit status is 1 if a photograph could not be enlarged; the others are.

    A video becomes MP4, MOV or Matroska, of H.264. Frame times, sound, subtitles, chapters and
    rotation stay.
    """
    size = {"width": width, "height": height, "megapixels": megapixels}
    video = any(is_video_name(Path(path)) for path in paths)
    if video:
        _check_video(paths, out, megapixels, quality)
    one = None if video else _one(paths, out, overwrite)
    load_keras()
    if all(value is None for value in (scale, *size.values())):
        scale = None if srlib.zoo.is_network_file(model) else 2
    networks = model if model in srlib.INTERPOLATIONS else srlib.zoo.networks(model)
    if video:
        del size["megapixels"]
        source = Path(paths[0])
        named = {"folder": out, "template": template}
        target = (
            Path(paths[1])
            if paths[1:]
            else srlib.upscaling.video_out(source, networks, scale, **size, **named)
        )
        how = {"ensemble": ensemble, "overwrite": overwrite, "crf": 16 if crf is None else crf}
        done = srlib.upscale_video(source, target, networks, scale, **size, **how)
        _report([done], as_json, summed=False)
        return
    how = {"ensemble": ensemble, "quality": quality, "overwrite": overwrite, **size}
    how["memory"] = None if memory is None else int(memory * 2**30)
    if one:
        results = [srlib.upscale_file(*one, networks, scale, **how)]
    else:
        results = srlib.upscale_many(
            paths, networks, scale, out=out, template=template, recursive=recursive, **how
        )
    _report(results, as_json, summed=not one)
    if any(result.status == "failed" for result in results):
        raise typer.Exit(1)


@app.command()
def models(
    seconds: Annotated[
        bool, typer.Option("--seconds", help="Also measure the seconds a megapixel takes here.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the trained networks: parameters, PSNR in dB by their cards, what they are good for."""
    load_keras()
    table = srlib.zoo.listing(timed=seconds)
    if as_json:
        print(table.to_json(orient="records"))
        return
    table["good_for"] = "  " + table["good_for"].str.ljust(table["good_for"].str.len().max())
    print(table.to_string(index=False, na_rep="–", float_format="{:.2f}".format))


def _check_video(paths, out, megapixels, quality):
    """Refuse what goes with photographs alone."""
    if len(paths) > (1 if out else 2) or not is_video_name(Path(paths[0])):
        raise ValueError(
            f"one video at a time: name it, and if you like the file to write, instead of "
            f"{len(paths)} paths; or a folder for it by --out"
        )
    if megapixels is not None or quality is not None:
        raise ValueError("--megapixels and --quality are for photographs: a video takes --crf")


def _one(paths, out, overwrite):
    """An image and the file to write, if that is what two paths are."""
    if out is not None or len(paths) != 2 or Path(paths[0]).is_dir():
        return None
    image, second = map(Path, paths)
    if second.is_dir():
        raise ValueError(f"{second} is a folder: name a file, or give it as --out {second}")
    if second.is_file() and image.is_file() and not overwrite and not second.samefile(image):
        raise ValueError(
            f"{second} exists: to replace it, add --overwrite; to enlarge both files, name a "
            "folder by --out"
        )
    return image, second


def _report(results, as_json, summed):
    """Print what became of every file: results to stdout, for programs, and the rest to stderr."""
    if as_json:
        print(json.dumps([_as_dict(result) for result in results]))
    else:
        for result in results:
            if result.status != "failed":
                print(result.out)
    for result in results:
        if result.error and not as_json:
            print(f"srlib: {result.error}", file=sys.stderr)
    if summed:
        counts = [
            f"{sum(result.status == status for result in results)} {status}"
            for status in ("written", "skipped", "failed")
        ]
        print(f"srlib: {', '.join(counts)}", file=sys.stderr)


def _as_dict(result):
    height, width = result.size or (None, None)
    return {
        "source": printable(str(result.source)),
        "out": printable(str(result.out)),
        "status": result.status,
        "width": width,
        "height": height,
        "passes": result.passes,
        "seconds": round(result.seconds, 3),
        "error": result.error and printable(result.error),
    }
