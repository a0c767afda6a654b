"""Whose memory it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.models.isolation.memory import MemoryLedger


def test_model_alone_has_the_limit() -> None:
    ledger = MemoryLedger(100)
    assert not ledger.is_too_much("a", 100)
    assert ledger.is_too_much("a", 101)


def test_model_is_not_blamed_for_what_others_hold() -> None:
    ledger = MemoryLedger(100)
    ledger.add("a", 90)
    ledger.add("b", 95)
    assert not ledger.is_too_much("b", 190)  # 90 of it are those of a
    assert ledger.is_too_much("b", 191)
    assert ledger.is_too_much("a", 106)  # 5 of it are those of b


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 100)), max_size=50))
def test_memory_that_comes_and_goes_is_nobodys_excess(steps: list[tuple[str, int]]) -> None:
    """A process that never has more than the limit has too much for no model, in whatever order they run."""
    ledger = MemoryLedger(100)
    for model, resident in steps:
        assert not ledger.is_too_much(model, resident)
        ledger.add(model, resident)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 300)), max_size=50), st.sampled_from("abc"))
def test_limits_add_up_to_those_of_the_models(steps: list[tuple[str, int]], last: str) -> None:
    ledger = MemoryLedger(100)
    for model, resident in steps:
        if not ledger.is_too_much(model, resident):
            ledger.add(model, resident)
    assert ledger.is_too_much(last, 301)
