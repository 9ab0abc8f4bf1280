"""Which part of a photograph a dataset takes, which photographs it leaves out, and the split."""

import json
import sys
from collections.abc import Sequence
from numbers import Real
from pathlib import Path
from typing import NamedTuple

import numpy as np

from srlib.dataset.likeness import duplicates, fingerprint, without_look
from srlib.images import check_degradation, check_scale, luma, modcrop, read_image, write_json
from srlib.photos import data_root, photo_files

__all__ = ["BENCHMARKS", "SPLITS", "Rules", "benchmark_hashes", "check_rules", "check_split",
           "crop", "decide"]  # fmt: skip

SPLITS = ("train", "valid", "test")

# Test images of the literature, which no training set may hold. Hashes of those that the library
# was made with are shipped, so that they are refused even where the images are absent.
BENCHMARKS = ("Set5", "Set14", "BSD100", "Urban100")
SHIPPED = Path(__file__).with_name("benchmark_hashes.json")


class Rules(NamedTuple):
    """How a photograph becomes a pair, and when it is not worth it; see `create_dataset`."""

    scale: int
    hr_size: int | None = None
    kernel: str = "bicubic"
    min_size: int = 32
    min_contrast: float = 4.0


def check_rules(
    scale: int, hr_size: int | None, kernel: str, min_size: int, min_contrast: float
) -> Rules:
    """The rules, if each of them is possible, or a ValueError that says which is not."""
    scale = check_scale(scale)
    for name, value in (("hr_size", hr_size), ("min_size", min_size)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not (whole and value >= 1) and not (name == "hr_size" and value is None):
            raise ValueError(f"{name} must be an integer of at least 1, not {value!r}")
    if hr_size is not None and hr_size % scale:
        raise ValueError(
            f"hr_size {hr_size} does not divide by the scale {scale}: take "
            f"{hr_size - hr_size % scale or scale} or {hr_size - hr_size % scale + scale}"
        )
    if isinstance(min_contrast, bool) or not isinstance(min_contrast, Real):
        raise ValueError(f"min_contrast must be a number, not {min_contrast!r}")
    hr_size = hr_size if hr_size is None else int(hr_size)
    return Rules(scale, hr_size, check_degradation(kernel), int(min_size), float(min_contrast))


def check_split(split: Sequence[float]) -> list[float]:
    """A split as three floats, the fractions, or three integers, the counts, or a ValueError."""
    three = isinstance(split, Sequence) and len(split) == 3
    if three and all(isinstance(n, Real) and 0 <= n < float("inf") for n in split):
        if abs(sum(split) - 1) < 1e-9:
            return [float(share) for share in split]
        if sum(split) > 0 and all(count == int(count) for count in split):
            return [int(count) for count in split]
    raise ValueError(
        "split must be three fractions that sum to 1, such as (0.8, 0.1, 0.1), or three counts, "
        f"such as (24600, 200, 200), not {split!r}"
    )


def crop(image: np.ndarray, rules: Rules) -> tuple[np.ndarray | None, str]:
    """The HR image (H, W, 3) of a photograph, or None and the reason why it gives none."""
    height, width = image.shape[:2]
    needed = rules.hr_size or max(rules.min_size, rules.scale)
    if min(height, width) < needed:
        return None, f"too small: {width}×{height} pixels, at least {needed}×{needed} are needed"
    if rules.hr_size:
        top, left = (height - needed) // 2, (width - needed) // 2
        hr = image[top : top + needed, left : left + needed]
    else:
        hr = modcrop(image, rules.scale)
    if (contrast := luma(hr).std()) < rules.min_contrast:
        return None, (
            f"too flat: the luma's standard deviation is {contrast:.1f}, "
            f"at least {rules.min_contrast:g} is needed"
        )
    return hr, ""


def benchmark_hashes() -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """The hashes of benchmark images, and how each set of `BENCHMARKS` was checked.

    Sets whose hashes are not shipped are hashed if they lie in `data_root`.

    Returns
    -------
    hashes : dict
        ``"phash"`` and ``"look"`` (see `fingerprint`) by name, such as ``"Set5/baby"``.
    checked : dict
        By set: ``"shipped hashes"``, ``"the images"`` or ``"not checked: absent"``.
    """
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))
    hashes, checked = {}, {}
    for name in BENCHMARKS:
        if name in shipped:
            of_set, checked[name] = shipped[name], "shipped hashes"
        elif (data_root() / name).is_dir():
            of_set, checked[name] = _hashes_of(name), "the images"
        else:
            of_set, checked[name] = {}, "not checked: absent"
        hashes |= {f"{name}/{image}": found for image, found in of_set.items()}
    return hashes, checked


def _hashes_of(name):
    prints = {path.stem: fingerprint(read_image(path)) for path in photo_files(name)}
    return {stem: {key: found[key] for key in ("phash", "look")} for stem, found in prints.items()}


def decide(
    records: Sequence[dict],
    split: Sequence[float],
    seed: int,
    benchmarks: tuple[dict[str, dict[str, str]], dict[str, str]],
) -> dict:
    """What of the prepared photographs goes where: a pure function of its arguments.

    `benchmarks` is what `benchmark_hashes` returns.
    """
    hashes, checked = benchmarks
    skipped = {row["file"]: row["skipped"] for row in records if "skipped" in row}
    usable = [row for row in records if "skipped" not in row]
    repeated = duplicates(usable, hashes)
    skipped |= {usable[i]["file"]: why for i, why in repeated.items()}
    kept = [without_look(row) for i, row in enumerate(usable) if i not in repeated]
    sizes, note = _sizes(split, len(kept)) if kept else ([0, 0, 0], "")
    order = np.random.default_rng(seed).permutation(len(kept))
    groups = [sorted(group.tolist()) for group in np.split(order, np.cumsum(sizes))]
    pairs = {name: [kept[i] for i in group] for name, group in zip(SPLITS, groups, strict=False)}
    for i in groups[-1]:
        skipped[kept[i]["file"]] = f"left over: the split takes {sum(sizes):,} photographs"
    return {"pairs": pairs, "note": note, "benchmarks": checked,
            "skipped": dict(sorted(skipped.items()))}  # fmt: skip


def _sizes(split, available):
    """Photographs for train, valid and test, and in what they differ from the counts asked for."""
    if isinstance(split[0], float):
        edges = np.round(np.cumsum([0, *split]) * available).astype(int)
        return np.diff(edges).tolist(), ""
    train, valid, test = split
    left = available - valid - test
    if left < min(train, 1):
        raise ValueError(
            f"the split {tuple(split)} asks for more than the {available:,} usable photographs: "
            "ask for fewer, or for fractions. What was prepared stays for the next call"
        )
    note = f"{train:,} were asked for in train, {available:,} are usable in all"
    return [min(train, left), valid, test], note if left < train else ""


# Renews the shipped hashes: python -m srlib.dataset.screening Set5 Set14 BSD100
if __name__ == "__main__":
    write_json(SHIPPED, {name: _hashes_of(name) for name in sys.argv[1:] or BENCHMARKS})
