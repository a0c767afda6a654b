"""The sentence of a verdict, and the notes beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from robustbench_cells.gate.comparison import Gate
from robustbench_cells.reporting.gate_notes import count_outcomes, headline, notes, remarks, verdict_sentence
from tests.support.gate_runs import (
    BASELINE,
    JACCARD,
    baselines_of,
    compare,
    drop,
    judge,
    lower,
    make_run,
    make_seed,
)

SEEDS = baselines_of(*(make_seed(number) for number in (3, 4, 5)))
ALONE = judge(baselines_of(BASELINE), BASELINE)


@pytest.mark.parametrize(
    ("gate", "sentence"),
    [
        (ALONE, "no axis of unet is worse than the tolerance allows"),
        (compare(BASELINE, BASELINE, JACCARD), "no condition of unet is worse than the tolerance allows"),
        (
            compare(BASELINE, BASELINE, {"area": 0.01, "jaccard": 0.01}),
            "no axis or condition of unet is worse than the tolerance allows",
        ),
        (
            judge(SEEDS, make_seed(6, lower("noise", 0.01))),
            "no axis of unet is worse than what retraining alone does (3 seeds)",
        ),
        (judge(SEEDS, make_seed(6, lower("noise", 0.15))), "the candidate is significantly worse"),
    ],
    ids=["axes", "conditions", "both", "seeds", "worse"],
)
def test_the_sentence_says_what_was_compared_with_what(gate: Gate, sentence: str) -> None:
    assert verdict_sentence(gate.decisions) == sentence


def test_a_loss_beyond_retraining_and_within_the_tolerance_is_not_said_to_be_within_retraining() -> None:
    (one, *_) = (one for one in judge(SEEDS, make_seed(6)).decisions if one.retraining)
    assert one.retraining
    beyond = replace(one, retraining=replace(one.retraining, p_worse=0.001))
    assert verdict_sentence([one]).endswith("is worse than what retraining alone does (3 seeds)")
    assert verdict_sentence([beyond]).endswith("the tolerance or what retraining alone does allow (3 seeds)")


def test_many_models_are_counted() -> None:
    one = ALONE.decisions[0]
    named = [replace(one, segmenter=name) for name in "abcd"]
    assert verdict_sentence(named[:3]).startswith("no axis of a, b, c is worse")
    assert verdict_sentence(named).startswith("no axis of 4 models is worse")


def test_outcomes_are_counted_the_worst_first_and_what_is_better_last() -> None:
    gate = judge(SEEDS, make_seed(6, lower("noise", 0.15)))
    assert count_outcomes(gate.decisions).startswith("4 regresses, ")  # the axis, and each condition of its guard
    better = judge(baselines_of(BASELINE), make_run(lower("noise", -0.05)))
    assert count_outcomes(better.decisions).endswith(", 1 significantly better")


def test_a_part_of_the_grid_is_named_in_the_headline_and_in_the_notes() -> None:
    assert "part" not in headline(ALONE)
    part = replace(ALONE, tests=(3, 14), not_covered=["unet-noise-50"])
    assert headline(part).endswith(", of the part that ran)")
    (note,) = (note for note in remarks(part) if "covers" in note)
    assert note == "The verdict covers the 3 of 14 tests of the grid that ran; not covered: unet-noise-50"


def test_one_baseline_says_how_to_find_what_retraining_does() -> None:
    alone = judge(baselines_of(make_seed(3)), make_seed(6))
    (note,) = (note for note in remarks(alone) if "retraining" in note)
    assert note.startswith("What retraining alone does is not known (unet: ")
    assert "`robustbench-cells gate --plan RUN RUN RUN` finds it" in note
    assert not any("not known" in note for note in remarks(judge(SEEDS, make_seed(6))))


def test_what_to_watch_and_what_got_better_are_noted() -> None:
    watched = judge(SEEDS, make_seed(6, lower("noise", 0.01)))
    (note,) = (note for note in notes(watched, watched.decisions) if note.startswith("Watch: "))
    assert ": area unet-noise -0." in note
    better = judge(baselines_of(BASELINE), make_run(lower("noise", -0.05)))
    (note,) = (note for note in notes(better, better.decisions) if note.startswith("Significantly better"))
    assert note.startswith("Significantly better than the baseline: area unet-noise +0.05")


def test_frames_that_were_not_needed_are_counted() -> None:
    gate = compare(BASELINE, make_run(drop("clean", 0, 0.3)), JACCARD, sequential=True)
    used, available = gate.patches
    (note,) = (note for note in remarks(gate) if note.startswith("decided on"))
    assert used < available
    assert note == (
        f"decided on {used} of {available} patches: {1 - used / available:.0%} of the forward passes were not needed"
    )


def test_what_is_at_the_floor_is_named() -> None:
    low = make_run(drop("noise", 200, 0.6))
    low.records["jaccard"] = low.records["jaccard"].clip(0, 1)
    (note,) = (note for note in remarks(judge(baselines_of(low), low)) if "floor" in note)
    assert note == "At the floor in the baseline, so that nothing can be lost there: jaccard unet-noise-200"
