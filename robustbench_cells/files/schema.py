"""The first thing by which the content of a file differs from its JSON schema, for messages."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

_SIZES = {"maxItems": "entries", "maxProperties": "entries", "maxLength": "characters"}
_LARGEST = sys.float_info.max
_MOST = 200  # characters of a place and of what is wrong, which may quote the file


def schema_problem(content: Any, schema: Mapping[str, Any], whole: str = "the file", root: str = "") -> str | None:
    """Find the first difference: what exceeds a limit may have millions of others.

    Parameters
    ----------
    content
        Content of a file of JSON or TOML.
    schema
        JSON schema, draft 2020-12. Of an object, limits are best the first of its keywords.
    whole
        What the place is called where it is the whole content of a TOML file.
    root
        Name of a JSON file: places are JSON paths from there, ``run.json.dataset.frames[0]``.

    Returns
    -------
    str or None
        The place and what is wrong there, with the keys that are allowed if it has others or lacks one; None if the
        content fits.
    """
    from jsonschema import Draft202012Validator  # takes long to import

    problem = next(Draft202012Validator(schema).iter_errors(content), None)
    if problem is None:
        return _long_number(content)
    place = (problem.json_path.replace("$", root, 1) if root else ".".join(map(str, problem.absolute_path)))[:_MOST]
    place = place or whole
    if problem.validator in _SIZES:
        size, limit = len(problem.instance), problem.validator_value
        return f"{place}: has {size} {_SIZES[problem.validator]}, more than the {limit} allowed"
    return f"{place}: {problem.message[:_MOST]}{_allowed_keys(problem.schema)}"


def _long_number(content: Any) -> str | None:
    """Report a whole number that no float can hold: whatever computes with it would fail."""
    left: list[tuple[str, Any]] = [("", content)]
    while left:
        place, one = left.pop()
        if isinstance(one, dict):
            left.extend((f"{place}.{name}", value) for name, value in one.items())
        elif isinstance(one, list):
            left.extend((f"{place}.{number}", value) for number, value in enumerate(one))
        elif isinstance(one, int) and abs(one) > _LARGEST:
            return f"{place.lstrip('.')[:_MOST]}: has a whole number of more than 300 digits"
    return None


def _allowed_keys(schema: Any) -> str:
    if not isinstance(schema, dict) or schema.get("additionalProperties") is not False:
        return ""
    return f"; allowed: {', '.join(schema['properties'])}"
