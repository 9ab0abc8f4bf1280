"""A blind rating in JupyterLab, by ipywidgets."""

import secrets
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from srlib.display import Picture, gallery, is_live, markup
from srlib.evaluation.ratings.design import PHOTOGRAPH, SPOILT, rating_plan
from srlib.evaluation.ratings.files import ANSWERS, Ratings, write_ratings

__all__ = ["rate"]

SCORES = ("bad", "poor", "fair", "good", "excellent")
LOOKS = "Which picture looks more like a sharp photograph?"


def rate(
    pictures: Mapping[str, Mapping[str, np.ndarray]],
    path: Path | str,
    *,
    pairs: int = 20,
    scored: int = 10,
    seed: int | None = None,
):
    """Ask a reader which of two pictures is better, again and again, without saying what they are.

    First come the pairs of `rating_plan`, then single pictures for a score from 1 to 5. The answers
    are written to a file after each of them, so that none is lost. At the end a table tells what
    was compared. Every button can be reached by Tab and pressed by the space bar.

    Parameters
    ----------
    pictures
        Crops by name, each a mapping of methods to uint8 (H, W, 3), all of one size. Each crop has
        the same methods, ``"HR"`` (the photograph) and ``"nearest"`` (repeated pixels) among them.
    path
        Where the answers go. A file that is there is somebody's answers, and is not replaced.
    pairs
        How many pairs.
    scored
        How many single pictures.
    seed
        Of the plan; None draws another one each time, which keeps it blind.

    Returns
    -------
    ipywidgets.Widget or Picture
        The rating in JupyterLab. Elsewhere, where no kernel listens, the first pair as it would be
        shown.

    Raises
    ------
    ValueError
        If the pictures are not as above, or `rating_plan` refuses the rest.
    FileExistsError
        If there is a file at `path`.
    """
    first = next(iter(pictures.values()), {})
    for crop, methods in pictures.items():
        if {*methods} != {*first} or not {PHOTOGRAPH, SPOILT} <= {*methods}:
            raise ValueError(
                f"crop {crop!r} has {', '.join(methods)}: each needs the same methods, "
                f"{PHOTOGRAPH} and {SPOILT} among them"
            )
        if sizes := {i.shape for i in methods.values()} - {first[PHOTOGRAPH].shape}:
            raise ValueError(
                f"crop {crop!r} has a picture of {sizes.pop()}, others are of "
                f"{first[PHOTOGRAPH].shape}: a size would tell them apart"
            )
    seed = secrets.randbits(32) if seed is None else seed
    methods = [name for name in first if name not in (PHOTOGRAPH, SPOILT)]
    plan = rating_plan(list(pictures), methods, pairs=pairs, seed=seed)
    if Path(path).exists():
        raise FileExistsError(f"{path} holds answers already: choose another name")
    if not is_live():
        return _still(pictures, plan.iloc[0])
    rng = np.random.default_rng(seed + 1)
    singles = [(crop, method) for crop in pictures for method in [*methods, PHOTOGRAPH]]
    chosen = [singles[i] for i in rng.permutation(len(singles))[:scored]]
    return _Rating(pictures, plan, chosen, Path(path)).box


def _still(pictures, row) -> Picture:
    return gallery(
        [pictures[row.crop][method] for method in (row.left, row.right)],
        ["left", "right"],
        alt=f"A pair of a blind rating, left and right, of the crop {row.crop}",
    )


class _Rating:
    """What is asked, what was answered, and the widgets that show it."""

    def __init__(self, pictures, plan, singles, path):
        import ipywidgets

        self.pictures, self.path = pictures, path
        self.rater = secrets.token_hex(4)
        self.left = [*plan.itertuples(index=False), *singles]  # to be asked
        self.pairs, self.scores = [], []
        self.all = len(self.left)
        self.said, self.shown = ipywidgets.HTML(), ipywidgets.HTML()
        self.buttons = ipywidgets.HBox()
        self.box = ipywidgets.VBox([self.said, self.shown, self.buttons])
        self.button = ipywidgets.Button
        self.ask()

    def ask(self):
        """Show what comes next."""
        if not self.left:
            self.finish()
            return
        asked, of_pair = self.left[0], self.asks_pair()
        names = (asked.left, asked.right) if of_pair else (asked[1],)
        images = [self.pictures[asked[0]][name] for name in names]
        sides = ("left picture", "right picture") if of_pair else ("the picture",)
        tags = [markup.photo(i, side, 1) for i, side in zip(images, sides, strict=True)]
        self.shown.value = f'<div style="display:flex;gap:16px">{"".join(tags)}</div>'
        question = LOOKS if of_pair else "How good is this picture, from 1 (bad) to 5 (excellent)?"
        self.said.value = f"{self.all - len(self.left) + 1} of {self.all}. {question}"
        choices = dict(zip(ANSWERS, ANSWERS, strict=True)) if of_pair else self.scale()
        self.buttons.children = [self.choice(*choice) for choice in choices.items()]

    def asks_pair(self):
        return hasattr(self.left[0], "expected")

    def scale(self):
        return {f"{score} {word}": score for score, word in enumerate(SCORES, 1)}

    def choice(self, text, value):
        button = self.button(description=text)
        button.on_click(lambda _: self.answer(value))
        return button

    def answer(self, value):
        """Keep an answer, on the disk as well, and go on."""
        of_pair, asked = self.asks_pair(), self.left.pop(0)
        if of_pair:
            self.pairs.append({"rater": self.rater} | asked._asdict() | {"answer": value})
        else:
            crop, method = asked
            self.scores.append(
                {"rater": self.rater, "crop": crop, "method": method, "score": value}
            )
        write_ratings(self.path, self.ratings())
        self.ask()

    def ratings(self):
        scores = pd.DataFrame(self.scores, columns=["rater", "crop", "method", "score"])
        return Ratings(pd.DataFrame(self.pairs, dtype=object), scores)

    def finish(self):
        table = self.ratings().pairs.drop(columns=["rater", "expected"])
        self.said.value = f"Done, thank you. The answers are in {self.path.name}. You compared:"
        self.shown.value, self.buttons.children = table.to_html(index=False), []
