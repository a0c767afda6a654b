from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="needs the extra 'keras'")

from benchmarks.retrainings.damage import add_noise_to_weights, declare_wrong_range, forget_scaling
from benchmarks.retrainings.recipes import Small
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.types import Image


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parent") / "parent.keras"
    Small().build(5, "float32").save(path)
    return path


def predict(path: Path, images: Image) -> Image:
    return load_segmenter(str(path)).predict(images)


@pytest.fixture(scope="module")
def images() -> Image:
    return np.random.default_rng(0).uniform(0, 255, (1, 256, 256)).astype(np.float32)


def test_the_network_has_a_sixteenth_of_the_parameters(parent: Path) -> None:
    assert f"{keras.saving.load_model(parent).count_params():,} parameters" in " ".join(str(Small.__doc__).split())


def test_noise_is_a_share_of_each_array_of_weights(parent: Path, tmp_path: Path) -> None:
    add_noise_to_weights(parent, tmp_path / "noisy.keras", 1)
    add_noise_to_weights(parent, tmp_path / "same.keras", 1)
    add_noise_to_weights(parent, tmp_path / "other.keras", 2)
    before, noisy, same, other = (
        keras.saving.load_model(path).get_weights()
        for path in (parent, *(tmp_path / f"{name}.keras" for name in ("noisy", "same", "other")))
    )
    large = max(range(len(before)), key=lambda number: before[number].size)
    assert np.std(noisy[large] - before[large]) == pytest.approx(0.05 * before[large].std(), rel=0.05)
    assert all(np.array_equal(one, two) for one, two in zip(noisy, same, strict=True))
    assert not np.array_equal(noisy[large], other[large])


def test_a_wrong_range_in_the_card_is_what_the_network_gets(parent: Path, images: Image, tmp_path: Path) -> None:
    declare_wrong_range(parent, tmp_path / "wrong.keras", 1)
    assert (tmp_path / "wrong.keras").read_bytes() == parent.read_bytes()
    np.testing.assert_allclose(predict(tmp_path / "wrong.keras", images), predict(parent, images / 255), atol=1e-6)


def test_a_network_without_its_scaling_gets_grey_levels(parent: Path, tmp_path: Path) -> None:
    forget_scaling(parent, tmp_path / "bare.keras", 1)
    scaled = np.random.default_rng(0).uniform(-4, 4, (1, 256, 256)).astype(np.float32)
    np.testing.assert_allclose(predict(tmp_path / "bare.keras", scaled), predict(parent, 32 * (scaled + 4)), atol=1e-4)
