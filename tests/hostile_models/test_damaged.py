"""Damage in any part of a file gives a segmenter or a reported error."""

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
from tests.hostile_models.files import WEIGHTS, iter_places, put, read_config_of, read_members, write_zip
from tests.support.networks import save_tiny_network


@pytest.fixture(scope="module")
def tiny_h5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = save_tiny_network(tmp_path_factory.mktemp("tiny") / "tiny.h5", seed=1)
    path.with_suffix(".toml").write_text("[file]\nlegacy_h5 = true\n")
    return path


def load_or_refuse(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # constant predictions
        with contextlib.suppress(ModelError):
            load_segmenter(str(path))


SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 2**21) | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})
)


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wrong_value_in_the_configuration(tiny: Path, data: st.DataObject, tmp_path: Path) -> None:
    config = copy.deepcopy(read_config_of(tiny))
    put(config, data.draw(st.sampled_from(list(iter_places(config)))), data.draw(SCALARS))
    content = read_members(tiny) | {"config.json": json.dumps(config).encode()}
    load_or_refuse(write_zip(tmp_path / "wrong.keras", content))


def flip_bits(content: bytes, data: st.DataObject) -> bytes:
    damaged = bytearray(content)
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        damaged[place] ^= data.draw(st.integers(1, 255))
    return bytes(damaged)


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", ["archive", "config.json", WEIGHTS])
def test_damaged_keras_file(tiny: Path, data: st.DataObject, name: str, tmp_path: Path) -> None:
    path = tmp_path / "damaged.keras"
    if name == "archive":
        path.write_bytes(flip_bits(tiny.read_bytes(), data))
    else:
        content = read_members(tiny)
        write_zip(path, content | {name: flip_bits(content[name], data)})
    load_or_refuse(path)


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_legacy_file(tiny_h5: Path, data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "damaged.h5"
    (tmp_path / "damaged.toml").write_text("[file]\nlegacy_h5 = true\n")
    path.write_bytes(flip_bits(tiny_h5.read_bytes(), data))
    load_or_refuse(path)
