"""JSON, TOML and YAML: values replaced by hostile ones."""

from __future__ import annotations

import io
import json
import tomllib
from collections.abc import Callable
from typing import Any

import numpy as np
import tomli_w

from tests.fuzz.damage._base import DAMAGES, Damage
from tests.fuzz.damage._trees import spoil


class _Document(Damage):
    suffixes = ()
    read: Callable[[str], Any]
    write: Callable[[Any], str]

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        try:
            document = type(self).read(content.decode())
            return type(self).write(spoil(document, rng)).encode("utf-8", "surrogatepass")
        except (RecursionError, TypeError, AttributeError) as error:  # not expressible in the format
            raise ValueError from error


def _yaml() -> Any:
    from ruyaml import YAML

    return YAML(typ="safe", pure=True)


def _write_yaml(document: Any) -> str:
    from ruyaml.error import YAMLError

    text = io.StringIO()
    try:
        _yaml().dump(document, text)
    except YAMLError as error:
        raise ValueError from error
    return text.getvalue()


def _read_yaml(text: str) -> Any:
    from ruyaml.error import YAMLError

    try:
        return _yaml().load(text)
    except YAMLError as error:
        raise ValueError from error


@DAMAGES.register
class Json(_Document):
    """JSON, including NaN and infinity, which Python's module reads."""

    name = "json"
    suffixes = (".json",)
    read = staticmethod(json.loads)
    write = staticmethod(json.dumps)


@DAMAGES.register
class Toml(_Document):
    """TOML, as in model cards."""

    name = "toml"
    suffixes = (".toml",)
    read = staticmethod(tomllib.loads)
    write = staticmethod(tomli_w.dumps)


@DAMAGES.register
class Yaml(_Document):
    """YAML, as in descriptions of packages."""

    name = "yaml"
    suffixes = (".yaml",)
    read = staticmethod(_read_yaml)
    write = staticmethod(_write_yaml)
