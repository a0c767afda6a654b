from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.engine.config import Settings
from robustbench_cells.engine.grid import grid, profile_of
from robustbench_cells.engine.run import BenchmarkRun
from robustbench_cells.errors import RobustbenchError
from robustbench_cells.models.loading import segmenter_sources


def open_session(folder: Path, **settings: object) -> BenchmarkRun:
    """The whole grid of those settings, opened and not run."""
    given = Settings(**settings)  # type: ignore[arg-type]
    names = list(segmenter_sources(given.models))
    wanted = {condition.name: names for condition in grid(profile_of(given))}
    return BenchmarkRun(given, wanted, folder / "records.sqlite")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"profile": "huge"}, "no profile is called 'huge'; there are: quick, default, paper"),
        ({"dataset": "nowhere"}, "nowhere: no such folder or file, and no embedded data set"),
        ({"models": ("nothing.keras",)}, "nothing.keras: no such model file"),
        ({"models": ("nothing.keras",), "dataset": "nowhere"}, "nothing.keras: no such model file"),
        ({"models": ("nothing:predict", "nothing.onnx")}, "nothing.onnx: no such model file"),
        ({"models": ("unet_orignal",)}, "no segmenter is called 'unet_orignal'"),
        ({"models": ("a/m.keras", "b/m.keras")}, "another segmenter of this run is called 'm.keras'"),
        ({"models": ("dog_otsu",), "margin": 40}, "and cell_size-0.5 needs 512 px; use a smaller margin"),
        ({"frames": 0}, "frames: 0 is too small"),
    ],
)
def test_a_mistake_is_told_before_anything_is_run_or_written(
    settings: dict[str, object], words: str, tmp_path: Path
) -> None:
    with pytest.raises(RobustbenchError) as caught:
        open_session(tmp_path, **settings)
    assert words in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_model_that_is_not_there_is_told_before_another_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "damaged.keras").touch()
    with pytest.raises(RobustbenchError, match=r"absent\.keras: no such model file"):
        open_session(tmp_path, models=(f"{tmp_path}/damaged.keras", f"{tmp_path}/absent.keras"), frames=1)


def test_results_before_any_test_are_none(tmp_path: Path) -> None:
    session = open_session(tmp_path, models=("dog_otsu",), frames=1, profile="quick")
    assert session.results([], session.effort, "pytest") is None
    assert session.facts()["segmenters"].keys() == {"dog_otsu", "background"}
