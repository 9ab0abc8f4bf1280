"""Lessons as a reader changes them: other parameters, and the solutions of the exercises."""

import re

import nbformat
import papermill
import pytest
import yaml
from smoke_book import LESSONS, ROOT

SMOKE = yaml.safe_load((ROOT / "notebooks" / "profiles" / "smoke.yaml").read_text())

# Changes of each lesson, on top of the smoke profile: another seed, and what may be doubled.
CHANGES = {
    "01_what_is_super_resolution": {"seed": 1, "scale": 2},
    "02_dataset_creation": {"seed": 1, "scale": 2, "patch_size": 48, "neighbours": 5},
    "03_srcnn": {"seed": 1, "steps": 40},
    "04_vdsr": {"seed": 1, "steps": 16, "vdsr_steps": 4},
    "05_residual_networks": {"seed": 1, "steps": 4, "edsr_steps": 2},
    "06_losses_and_metrics": {"seed": 1, "steps": 8},
    "07_perceptual_loss": {"seed": 1, "steps": 10, "start_steps": 2, "images": 2},
    "08_checkerboard_artifacts": {"seed": 1, "steps": 4, "tuning_steps": 2},
    "09_srgan": {"seed": 1, "steps": 8, "games": ["pixels", "all three"]},
    "10_gan_objectives": {"seed": 1, "steps": 8},
}

SOLUTION = re.compile(r"<details>.*?</details>", re.DOTALL)
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def test_every_lesson_is_changed():
    assert CHANGES.keys() == {lesson.stem for lesson in LESSONS}


def with_solutions(lesson):
    """A lesson followed by the code of its exercises' folded solutions."""
    notebook = nbformat.read(lesson, as_version=4)
    for cell in list(notebook.cells):
        if cell.cell_type == "markdown":
            for code in CODE.findall("".join(SOLUTION.findall(cell.source))):
                notebook.cells.append(nbformat.v4.new_code_cell(code))
    return notebook


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_changed_lesson_and_its_solutions_run_to_the_end(lesson, tmp_path):
    path = tmp_path / lesson.name
    nbformat.write(with_solutions(lesson), path)
    papermill.execute_notebook(
        str(path),
        None,
        parameters=SMOKE.get(lesson.stem, {}) | CHANGES[lesson.stem],
        cwd=str(tmp_path),
        kernel_name="python3",
        progress_bar=False,
    )
