from __future__ import annotations

import re
from pathlib import Path

import pytest

from robustbench_cells.api.request import Request
from robustbench_cells.errors import RobustbenchError
from tests.support.extras import needs
from tests.support.opened_run import open_run


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"profile": "huge"}, "no profile is called 'huge'; there are: quick, default, full, paper"),
        ({"dataset": "nowhere"}, "nowhere: no such folder or file, and no embedded data set"),
        ({"models": ("nothing.keras",)}, "nothing.keras: no such model file"),
        ({"models": ("nothing.keras",), "dataset": "nowhere"}, "nothing.keras: no such model file"),
        ({"models": ("nothing:predict", "nothing.onnx")}, "nothing.onnx: no such model file"),
        ({"models": ("unet_orignal",)}, "no segmenter is called 'unet_orignal'"),
        ({"models": ("a/m.keras", "b/m.keras")}, "another segmenter of this run has the name 'm.keras'"),
        ({"models": ("dog_otsu",), "margin": 40}, "cell_size-0.5 or magnification-0.5 needs 512 px; use a smaller"),
        ({"frames": 0}, "frames: 0 is too small"),
    ],
)
def test_mistake_is_reported_before_anything_runs_or_is_written(
    settings: dict[str, object], words: str, tmp_path: Path
) -> None:
    with pytest.raises(RobustbenchError) as caught:
        open_run(tmp_path, **settings)
    assert words in str(caught.value)
    assert not list(tmp_path.iterdir())


@needs("keras")
def test_missing_model_is_reported_before_another_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "damaged.keras").touch()
    with pytest.raises(RobustbenchError, match=r"absent\.keras: no such model file"):
        open_run(tmp_path, models=(f"{tmp_path}/damaged.keras", f"{tmp_path}/absent.keras"), frames=1)


def test_results_before_any_test_are_none(tmp_path: Path) -> None:
    run = open_run(tmp_path, models=("dog_otsu",), frames=1, profile="quick")
    assert run.results([], run.timing, "pytest") is None
    assert run.manifest().segmenters.keys() == {"dog_otsu", "background"}
    run.close()


@pytest.mark.parametrize(
    ("artefacts", "words"),
    [
        ({"fog": None}, "no artefact is called 'fog'"),
        ({"noise": [-5.0]}, "noise=-5: sigma -5"),
        ({"cell_size": [0.0]}, "cell_size=0: zoom 0"),
        ({"noise": []}, "noise: no intensity is given"),
        ({"noise": [5.0, 5.0]}, "noise: an intensity is given twice"),
        ({"noise": [50.0, 50.00001]}, "noise: an intensity is given twice, to six digits"),
        ({"noise": [float("nan")]}, "noise=nan: sigma nan"),
    ],
)
def test_grid_of_ones_own_is_validated(artefacts: dict[str, list[float] | None], words: str) -> None:
    with pytest.raises(RobustbenchError, match=re.escape(words)):
        Request(artefacts=artefacts).conditions  # noqa: B018 - computed on demand


def test_grid_of_ones_own_has_clean_and_what_was_named() -> None:
    request = Request(profile="quick", artefacts={"noise": [15.0, 5.0], "cell_size": None})
    names = [condition.name for condition in request.conditions]
    assert names == ["clean", "cell_size-0.5", "cell_size-1", "cell_size-2", "noise-5", "noise-15"]


def test_large_zoom_is_tried_on_a_small_image() -> None:
    assert Request(artefacts={"cell_size": [1000.0]}).grid == {"cell_size": (1000.0,)}


def test_a_model_that_gives_labels_is_scored_by_its_cells_unasked() -> None:
    """As far as its format or its card tells before it is loaded."""
    assert "ap50" not in {metric.name for metric in Request(models=("dog_otsu", "unet_original")).scores}
    for models, metrics in ((("dog_otsu", "cellpose://cpsam"), ()), (("dog_otsu",), ("merged",))):
        names = {metric.name for metric in Request(models=models, metrics=metrics).scores}
        assert {"jaccard", "ap50", "merged", "instances_true"} <= names
