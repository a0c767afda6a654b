"""Damaged files of every part give a segmenter or an error in words."""

from __future__ import annotations

import contextlib
import copy
import json
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robustbench_cells.errors import ModelError
from robustbench_cells.models.loading import load_segmenter
from tests.hostile_models.files import WEIGHTS, config_of, members, places, put, rezipped
from tests.support.networks import save_tiny_network


@pytest.fixture(scope="module")
def tiny_h5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = save_tiny_network(tmp_path_factory.mktemp("tiny") / "tiny.h5", seed=1)
    path.with_suffix(".toml").write_text("[file]\nlegacy_h5 = true\n")
    return path


def loads_or_is_refused(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a network that gives the same everywhere
        with contextlib.suppress(ModelError):
            load_segmenter(str(path))


SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 2**21) | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})
)


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_wrong_value_gives_a_segmenter_or_a_model_error(tiny: Path, data: st.DataObject, tmp_path: Path) -> None:
    config = copy.deepcopy(config_of(tiny))
    put(config, data.draw(st.sampled_from(list(places(config)))), data.draw(SCALARS))
    content = members(tiny) | {"config.json": json.dumps(config).encode()}
    loads_or_is_refused(rezipped(tmp_path / "wrong.keras", content))


def flipped(content: bytes, data: st.DataObject) -> bytes:
    damaged = bytearray(content)
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        damaged[place] ^= data.draw(st.integers(1, 255))
    return bytes(damaged)


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", ["the whole", "config.json", WEIGHTS])
def test_a_damaged_file_gives_a_segmenter_or_a_model_error(
    tiny: Path, data: st.DataObject, name: str, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.keras"
    if name == "the whole":
        path.write_bytes(flipped(tiny.read_bytes(), data))
    else:
        content = members(tiny)
        rezipped(path, content | {name: flipped(content[name], data)})
    loads_or_is_refused(path)


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_old_file_gives_a_segmenter_or_a_model_error(
    tiny_h5: Path, data: st.DataObject, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.h5"
    (tmp_path / "damaged.toml").write_text("[file]\nlegacy_h5 = true\n")
    path.write_bytes(flipped(tiny_h5.read_bytes(), data))
    loads_or_is_refused(path)
