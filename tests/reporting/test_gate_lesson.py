"""What a verdict teaches."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.gate.losses import AxisLoss, LosingFrames
from robustbench_cells.reporting.gate_lesson import _curve, frames_text, glance_lines, lesson_lines, settling_lines
from robustbench_cells.reporting.gate_text import gate_lines, gate_markdown
from robustbench_cells.results.units import Unit
from tests.support.gate_runs import (
    BASELINE,
    JACCARD,
    baselines_of,
    compare,
    drop,
    judge,
    lower,
    lower_all,
    make_run,
    make_seed,
)

SEEDS = baselines_of(*(make_seed(number) for number in (3, 4, 5)))
WATCHED = judge(SEEDS, make_seed(6, lower("noise", 0.01)))
WORSE = judge(SEEDS, make_seed(6, lower("noise", 0.15)))


def test_a_verdict_is_one_sentence_and_each_axis_at_a_glance() -> None:
    lines = gate_lines(WATCHED, "x").splitlines()
    assert lines[0] == "PASS   no axis of unet is worse than what retraining alone does (3 seeds)"
    assert re.fullmatch(
        r"  clean [+-]0\.\d{3}   noise -0\.\d{3} \(retraining: ±0\.\d{3}\)   cell_size .*   … 3 of 3 axes", lines[1]
    )
    assert re.fullmatch(
        r"  watch: noise -0\.\d{3} against the model in use: significantly worse, and within what retraining does",
        next(line for line in lines if "watch:" in line),
    )
    assert not any(line.startswith("details") for line in lines)


def test_a_guard_that_holds_does_not_say_that_an_axis_does() -> None:
    """Its tolerance is five times as large: beside an axis that regresses it would read as a contradiction."""
    gate = judge(SEEDS, make_seed(6))
    beyond = [
        replace(one, verdict=GateOutcome.NON_INFERIOR, retraining=replace(one.retraining, p_worse=0.001))
        for one in gate.decisions
        if one.retraining
    ]
    lines = glance_lines(replace(gate, decisions=beyond))
    told = [line.split()[1] for line in lines if "within the tolerance" in line]
    assert sorted(told) == sorted(one.difference.condition for one in beyond if not one.is_guard)


def test_what_got_better_is_compared_with_retraining() -> None:
    better = glance_lines(judge(SEEDS, make_seed(6, lower("noise", -0.1))))
    assert any(re.fullmatch(r"better: noise \+0\.\d{3}, beyond what retraining does", line) for line in better)


def test_the_worst_axis_has_its_curve_clean_and_the_losing_frames() -> None:
    lines = lesson_lines(WORSE)
    assert lines[0] == "unet noise: mean Jaccard"
    rows = {line.strip().partition("  ")[0]: line.split()[-3:] for line in lines[1:6]}
    (noise,) = (one for one in WORSE.losses if one.axis == "noise")
    assert rows["intensity (grey levels)"] == ["0", "50", "200"]
    assert rows["candidate"] == [f"{value:.3f}" for value in noise.candidate]
    differences = np.array(noise.candidate) - np.array(noise.baseline)
    assert rows["difference"] == [f"{value:+.3f}" for value in differences]
    assert rows["relative"] == [f"{share:+.0%}" for share in differences / np.array(noise.baseline)]
    text = "\n".join(lines)
    assert re.search(r"-0\.\d{3} from the mean of 3 seeds; retraining alone gives ±0\.\d{3}", text)
    assert re.search(r"clean: holds, \+0\.\d{3}", text)
    assert "of 40 frames (40 lost something); the worst: " in text
    assert "unet noise: mean Jaccard" in gate_markdown(WORSE)


def test_clean_that_fell_too_is_told() -> None:
    lines = lesson_lines(judge(SEEDS, make_seed(6, lower_all(0.15))))
    assert any(line.startswith("  clean: fell too, -0.1") for line in lines)


def test_a_loss_beyond_retraining_is_settled_by_another_seed_and_one_by_few_frames_by_a_tolerance() -> None:
    (line,) = settling_lines(WORSE)
    assert line.startswith("To settle area unet-noise, ")
    assert "another seed of the candidate's recipe" in line
    near = compare(BASELINE, make_run(drop("clean", 0, 0.007), seed=1, spread=0.012), JACCARD)
    lines = " ".join(settling_lines(near))
    assert re.search(
        r"To settle jaccard unet-\S+: (about \S+ times the frames.*; or )?a tolerance of 0\.0\d+ for ", lines
    )


def test_what_holds_has_nothing_to_teach() -> None:
    gate = judge(baselines_of(BASELINE), BASELINE)
    assert lesson_lines(gate) == settling_lines(gate) == []


def test_of_many_intensities_some_are_shown_the_first_and_the_last_too() -> None:
    levels = tuple(range(1000))
    scores = tuple(0.5 for _ in levels)
    first, *others = _curve(
        AxisLoss("m", "noise", levels, scores, scores, LosingFrames(1, 0, 0, ())), Unit("px", 2.0)
    ).splitlines()
    assert first.startswith("intensity (px, 1 px = 2 µm)  0 (0 µm)  91 (182 µm)")
    shown = re.findall(r"(\d+) \(\d+ µm\)", first)
    assert len(shown) <= 12
    assert (shown[0], shown[-1], len(others)) == ("0", "999", 4)


def test_no_losing_frame_is_no_sentence() -> None:
    assert frames_text(LosingFrames(60, 0, 0, ())) == ""


def test_nothing_is_no_share_of_nothing() -> None:
    *_, relative = _curve(
        AxisLoss("m", "noise", (0, 50), (0.5, 0.0), (0.4, 0.0), LosingFrames(1, 0, 0, ())), Unit("")
    ).splitlines()
    assert relative.split() == ["relative", "-20%", "-"]


def test_a_break_point_is_named_as_one() -> None:
    better = compare(make_run(drop("noise", 50, 0.1)), BASELINE, {"break_point": 0.01})
    (line,) = (line for line in glance_lines(better) if line.startswith("better: "))
    assert line.startswith("better: break_point noise +31.")
