"""The real StarDist, where it is installed: a network that it trains here, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.errors import ModelError
from robustbench_cells.models.loading import load_segmenter, segmenter_name
from tests.support.extras import needs
from tests.support.stardist_scores import require_scores_of_stardist
from tests.support.touching_pairs import draw_touching_pairs

pytestmark = needs("stardist")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A StarDist of eight rays that was trained for some seconds on cells of which each touches another."""
    import keras
    from csbdeep.utils import normalize
    from stardist.models import Config2D, StarDist2D

    keras.utils.set_random_seed(0)
    config = Config2D(
        n_rays=8,
        grid=(2, 2),
        unet_n_depth=1,
        unet_n_filter_base=8,
        net_conv_after_unet=16,
        train_patch_size=(64, 64),
        train_batch_size=8,
        train_learning_rate=3e-3,
        train_steps_per_epoch=100,
        train_epochs=1,
        train_tensorboard=False,
    )
    network = StarDist2D(config, name="tiny", basedir=str(tmp_path_factory.mktemp("stardist")))
    images, labels = draw_touching_pairs(frames=3, seed=1)
    images = np.stack([normalize(image, 1, 99.8) for image in images])
    network.train(images, labels, validation_data=(images[:1], labels[:1]), seed=0)
    return network


def label_by(network: Any, images: np.ndarray, **thresholds: float) -> np.ndarray:
    from csbdeep.utils import normalize

    return np.stack([network.predict_instances(normalize(image, 1, 99.8), **thresholds)[0] for image in images])


def test_scores_of_a_run_are_those_that_stardist_gives_itself(network: Any) -> None:
    images, labels = draw_touching_pairs(frames=2, seed=8)
    data = rb.from_arrays(images, labels)
    result = rb.benchmark(
        {"tiny": f"stardist://{network.logdir}"},
        data,
        {"blur": [3]},
        metrics=["ap50"],
        trust_models=True,
        progress=False,
    )
    assert result.results.run.instances["tiny"] == "labels"
    table = result.results.summary.set_index(["segmenter", "artefact"]).loc["tiny"]
    for name, condition in {
        "blur": rb.Condition(rb.ARTEFACTS.get("blur"), 3.0),
        "clean": rb.Condition(),
    }.items():
        batches = list(rb.make_batches(rb.iter_patches(data, condition, 0, 6), condition, 0))
        truth = np.concatenate([batch.labels for batch in batches])
        found = label_by(network, np.concatenate([batch.images for batch in batches]))
        require_scores_of_stardist(table.loc[name], truth, found)
    joined = [cv2.connectedComponents((labels > 0).astype(np.uint8))[0] - 1 for labels in found]
    assert table.loc["clean", "ap50"] > 0.8
    assert found.max() > 1.5 * max(joined)  # each touches another, and ids part them


def test_its_labels_are_those_of_predict_instances_with_the_thresholds_of_its_folder(
    network: Any, tmp_path: Path
) -> None:
    images, _ = draw_touching_pairs(frames=2, seed=5)
    shutil.copytree(network.logdir, folder := tmp_path / "strict")
    (folder / "thresholds.json").write_text(json.dumps({"prob": 0.8, "nms": 0.1}))
    strict, default = (load_segmenter(f"stardist://{path}", trusted=True) for path in (folder, network.logdir))
    labels = default.predict(images)
    assert labels.dtype == np.int32
    assert labels.max() > 90
    np.testing.assert_array_equal(labels, label_by(network, images))
    assert strict.digest != default.digest
    fewer = strict.predict(images)
    np.testing.assert_array_equal(fewer, label_by(network, images, prob_thresh=0.8, nms_thresh=0.1))
    assert fewer.max() < labels.max()


def test_a_folder_without_weights_is_refused(network: Any, tmp_path: Path) -> None:
    """StarDist itself warns and runs a network that learnt nothing."""
    shutil.copy(Path(network.logdir) / "config.json", tmp_path)
    with pytest.raises(ModelError, match=r"has no weights \(\.h5, \.hdf5\), .*; copy the weights_best\.h5"):
        load_segmenter(f"stardist://{tmp_path}", trusted=True)


@pytest.mark.parametrize(
    ("model", "takes"), [("colour", "axes YXC, channels: 3"), ("volumes", "axes ZYXC, channels: 1")]
)
def test_a_model_of_other_images_is_refused(model: str, takes: str, tmp_path: Path) -> None:
    from stardist.models import Config2D, Config3D, StarDist2D, StarDist3D

    made: Any
    if model == "colour":
        made = StarDist2D(Config2D(n_rays=4, n_channel_in=3, unet_n_depth=1), name=model, basedir=str(tmp_path))
    else:
        made = StarDist3D(Config3D(rays=8, unet_n_depth=1), name=model, basedir=str(tmp_path))
    made.keras_model.save_weights(str(tmp_path / model / "weights_best.h5"))
    with pytest.raises(ModelError, match=rf"{model}: takes images with {takes}; .*use a model of these"):
        load_segmenter(f"stardist://{tmp_path / model}", trusted=True)


def test_it_needs_trust_and_a_folder_of_a_model(network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="--rb-trust-model"):
        load_segmenter(f"stardist://{network.logdir}")
    with pytest.raises(ModelError, match=r"has no config\.json, so it is no folder of a StarDist model"):
        load_segmenter(f"stardist://{tmp_path}", trusted=True)
    monkeypatch.chdir(network.logdir)
    assert segmenter_name("stardist://.") == "stardist-tiny"
    assert load_segmenter("stardist://.", trusted=True).name == "stardist-tiny"
