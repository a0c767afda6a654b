"""The first problem of a content, as messages have it."""

from __future__ import annotations

from typing import Any

import pytest

from robustbench_cells.files.schema import schema_problem

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 5},
        "cells": {"type": "array", "maxItems": 2, "items": {"type": "object", "required": ["id"]}},
    },
}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"name": "a"}, None),
        ({}, "the card: 'name' is a required property; allowed: name, cells"),
        (
            {"name": "a", "nme": 1},
            "the card: Additional properties are not allowed ('nme' was unexpected); allowed: name, cells",
        ),
        ({"name": 1}, "name: 1 is not of type 'string'"),
        ({"name": "abcdef"}, "name: has 6 characters, more than the 5 allowed"),
        ({"name": "a", "cells": [{}] * 3}, "cells: has 3 entries, more than the 2 allowed"),
        ({"name": "a", "cells": [{"id": 1}, {}]}, "cells.1: 'id' is a required property"),
    ],
)
def test_the_place_and_what_is_wrong_there(content: dict[str, Any], problem: str | None) -> None:
    assert schema_problem(content, SCHEMA, "the card") == problem


def test_places_of_a_json_file_are_paths_from_its_name() -> None:
    content = {"name": "a", "cells": [{"id": 1}, {}]}
    assert schema_problem(content, SCHEMA, root="run.json") == "run.json.cells[1]: 'id' is a required property"
    assert (schema_problem({}, SCHEMA, root="run.json") or "").startswith("run.json: 'name' is")


@pytest.mark.parametrize("number", [10**309, -(10**4000)])
def test_a_whole_number_that_no_float_can_hold_is_a_problem(number: int) -> None:
    content = {"name": "a", "cells": [{"id": True}, {"id": [0, {"at": number}]}]}
    assert schema_problem(content, SCHEMA) == "cells.1.id.1.at: has a whole number of more than 300 digits"
    assert schema_problem({"name": "a", "cells": [{"id": 10**300}]}, SCHEMA) is None


def test_a_problem_is_short_whatever_the_file_holds() -> None:
    assert len(schema_problem({"x" * 10**6: 1}, SCHEMA) or "") < 300
