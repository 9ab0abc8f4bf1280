"""Any number of image files: what is done is not done again, and one bad file stops no other."""

import errno
import time
from collections.abc import Sequence
from concurrent.futures import Executor, as_completed
from functools import partial
from pathlib import Path

import keras
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from srlib.images import is_whole, one_line, software_of
from srlib.upscaling.files import Upscaled, check_quality, made_by, target_of, write_enlarged
from srlib.upscaling.memory import budget
from srlib.upscaling.photographs import Networks, networks_of
from srlib.upscaling.planning import TEMPLATE, Job, plan

__all__ = ["upscale_many"]

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)  # which the next file will not find otherwise


def upscale_many(
    sources: Sequence[Path | str],
    model: keras.Model | str | Networks,
    scale: float | None = None,
    *,
    out: Path | str | None = None,
    width: int | None = None,
    height: int | None = None,
    megapixels: float | None = None,
    template: str = TEMPLATE,
    recursive: bool = False,
    ensemble: bool = False,
    memory: int | None = None,
    quality: int | None = None,
    overwrite: bool = False,
    executor: Executor | None = None,
) -> list[Upscaled]:
    """Enlarge image files and folders of them, each as `upscale_file` does.

    A result that is there is left as it is if it is newer than its source, whole, and made in the
    same way, so that a run that was stopped goes on when it is called again. Progress is shown on a
    terminal. Hidden files, and folders that systems make, are not looked at.

    Parameters
    ----------
    sources
        Image files, folders, or patterns such as ``"2024/*.jpg"``.
    model, scale, width, height, megapixels, ensemble, memory, quality
        As for `upscale_file`.
    out
        A folder for the results, in which those of a folder lie as their sources do in it. Beside
        their sources if not given. Where results lie beside sources, what `srlib` has written into
        a folder is no source.
    template
        What a result is called. ``{stem}``, ``{suffix}`` and ``{name}`` are of the source's name
        (``.png`` for a suffix that is not written), ``{size}`` is such as ``x2``, ``w3000``,
        ``h2000`` or ``24mp``, and ``{model}`` the name of the network.
    recursive
        Whether to look into the folders of a folder.
    overwrite
        Whether to write every result, whatever is there. Otherwise a file of a result's name that
        was made in another way is an error, and stays.
    executor
        What runs the work elsewhere, a file at a time: a `concurrent.futures.ProcessPoolExecutor`,
        or Dask's ``Client(…).get_executor()`` for several machines, which must see the files under
        the same paths. Each process loads the networks of `srlib.zoo.networks` once; a network
        itself is sent along with every file. Dask gives the work of a process that died to another;
        other executors end with it, and what they had not done is marked as failed.

    Returns
    -------
    list of Upscaled
        One for each image file: written, skipped or failed.

    Raises
    ------
    ValueError
        If an argument is not as it should be, there are no image files, or results would replace
        each other or a photograph; before any work.
    OSError
        If a source is missing or a folder cannot be written to, before any work; or if the disk is
        full.
    """
    networks = networks_of(model, ensemble=ensemble)
    target = target_of(networks, scale, width, height, megapixels)
    check_quality(quality)
    budget(memory)
    jobs = plan(sources, out, template, size=target.label, model=networks.name, recursive=recursive)
    how = {"ensemble": ensemble, "memory": memory, "quality": quality}
    made = made_by(networks, target, ensemble)
    do = partial(_done, networks=networks, target=target, overwrite=overwrite, made=made, how=how)
    with logging_redirect_tqdm(), tqdm(total=len(jobs), unit="image", disable=None) as bar:
        if executor is not None:
            return _elsewhere(executor, do, jobs, bar)
        results = []
        for job in jobs:
            results.append(do(job))
            bar.update()
        return results


def _done(job, *, networks, target, overwrite, made, how):
    """What becomes of one file; whatever goes wrong is this file's, but for a full disk."""
    start = time.perf_counter()
    try:
        if not overwrite and _is_done(job, made):
            return Upscaled(*job, "skipped")
        return write_enlarged(*job, networks, target, **how)
    except Exception as error:
        if _is_full(error):
            raise
        return _failed(job, error, time.perf_counter() - start)


def _do_now(do, job, _now):
    return do(job)


def _failed(job, error, seconds=0.0):
    return Upscaled(*job, "failed", seconds=seconds, error=one_line(error))


def _is_full(error):
    return isinstance(error, OSError) and error.errno in DISK_FULL


def _elsewhere(executor, do, jobs, bar):
    """What becomes of each file, where other processes do the work."""
    # These may have another folder to work in, and Dask would remember, of an equal call, what a
    # run before this one returned.
    now = time.time_ns()
    futures = {
        executor.submit(_do_now, do, Job(*(path.absolute() for path in job)), now): job
        for job in jobs
    }
    results = {}
    try:
        for future in as_completed(futures):
            job, error = futures[future], future.exception()
            if error and _is_full(error):
                raise error
            done = _failed(job, error) if error else future.result()
            results[job] = done._replace(source=job.source, out=job.out)
            bar.update()
    finally:
        for future in futures:
            future.cancel()
    return [results[job] for job in jobs]


def _is_done(job, made):
    """Whether the result is there; a FileExistsError if something else is, in its place."""
    if not job.out.exists():
        return False
    software, _, way = software_of(job.out).partition(": ")
    if not software.startswith("srlib ") or way != made:
        what = way if software.startswith("srlib ") else "no result of srlib's"
        raise FileExistsError(
            f"{job.out} is there, and is {what}, not {made}: it may be replaced by overwrite, or "
            "choose another folder or template"
        )
    if job.out.stat().st_mtime < job.source.stat().st_mtime:
        return False
    return is_whole(job.out)
