"""Options as ``pytest --help`` shows them."""

from __future__ import annotations

from robustbench_cells.pytest_plugin.option_table import OPTIONS


def test_each_value_says_what_it_is() -> None:
    bare = [name for name, words in OPTIONS.items() if words.get("action") != "store_true" and "metavar" not in words]
    assert not bare  # argparse would write --rb-white-level=RB_WHITE_LEVEL
