"""The table of cells of a condition: centres and areas as of scikit-image, fates of the model's own labels."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import regionprops

import robustbench_cells as rb
from robustbench_cells.engine.cell_table import COLUMNS, cell_table, iter_cells
from robustbench_cells.engine.condition import Condition
from robustbench_cells.errors import ModelError
from robustbench_cells.instances.components import label_components
from robustbench_cells.models.callables import segmenter_from
from robustbench_cells.results.manifest import RunSettings
from robustbench_cells.types import Image, Labels
from tests.support.frame_arrays import DATA

CLEAN = Condition()


def settings(most_patches: int) -> RunSettings:
    return RunSettings(profile="default", seed=0, most_patches=most_patches, block=1)


def touching(images: Image) -> Labels:
    """What touches becomes one cell, as far as the model can tell; ids begin at 1000."""
    labels = label_components(images > 150)
    return np.where(labels > 0, labels + 1000, 0)


def test_centres_and_areas_are_those_of_scikit_image() -> None:
    patches = list(iter_cells(segmenter_from("mine", touching), DATA, CLEAN, settings(2)))
    assert len(patches) == 2 * len(DATA.frames)
    for patch in patches:
        assert list(patch.table) == list(COLUMNS)
        for side, labels in (("truth", patch.truth), ("prediction", patch.prediction)):
            rows = patch.table[patch.table["of"] == side].set_index("cell")
            regions = {region.label: region for region in regionprops(labels)}
            assert set(rows.index) <= set(regions)
            for cell, row in rows.iterrows():
                assert (row["row"], row["column"]) == pytest.approx(regions[cell].centroid)
                assert row["area"] == regions[cell].area
        assert set(patch.table.query("of == 'truth'")["cell"]) == set(np.unique(patch.truth)) - {0}
        assert set(np.unique(patch.prediction)) == set(range(patch.prediction.max() + 1))


def test_cells_that_touch_are_merged_and_point_at_one_partner() -> None:
    table = cell_table(iter_cells(segmenter_from("mine", touching), DATA, CLEAN, settings(2)))
    truth = table[(table["of"] == "truth") & (table["partner"] > 0)]
    sharing = truth.groupby(["frame", "patch", "partner"])["cell"].transform("size")
    assert (sharing[truth["fate"] == "merged"] > 1).all()
    assert (truth["fate"] == "merged").sum() > 10
    assert set(table["fate"]) <= {"found", "merged", "poor outline"}  # the mask is exact: none is missed or invented
    assert not len(table.query("of == 'prediction' and fate == 'found'"))
    assert table["model"].unique().tolist() == ["mine"]


def test_a_condition_is_predicted_as_in_the_run() -> None:
    condition = Condition(rb.ARTEFACTS.get("noise"), 50.0)
    (patch, *_) = iter_cells(segmenter_from("mine", touching), DATA, condition, settings(1))
    (batch,) = rb.make_batches(rb.iter_patches(DATA, condition, 0, 1), condition, seed=0)
    np.testing.assert_array_equal(patch.image, batch.images[0])
    assert set(patch.table["artefact"]) == {"noise"}


def test_a_prediction_that_is_none_is_an_error() -> None:
    class Wild:
        name = digest = "wild"

        def predict(self, images: Image) -> Image:
            return images

    with pytest.raises(ModelError, match=r"wild, clean: predictions span .* outside \[0, 1\]"):
        list(iter_cells(Wild(), DATA, CLEAN, settings(1)))
