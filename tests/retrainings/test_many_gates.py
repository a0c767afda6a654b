"""Statistics for many gates at once, against those of the gate itself, one gate at a time."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.retrainings.many_gates import Differences, Priors, SeedTests, chance_of_none, common_share, holm
from robustbench_cells.gate import plan, retraining, statistics
from robustbench_cells.gate.foresight import Foresight
from robustbench_cells.gate.moderation import common_variance

GATES, SEEDS, AXES, FRAMES = 4, 3, 5, 24
RNG = np.random.default_rng(0)
SCORES = 0.6 + RNG.normal(size=(GATES, SEEDS, AXES)) * [0.004, 0.01, 0.02, 0.03, 0.09]
SCORES[0] *= 1e-3  # whatever the scale
EFFECTS = RNG.normal(size=(GATES, FRAMES, AXES)) * 0.01 - 0.03
BLOCKS = np.arange(FRAMES) // 5
ONES = np.ones(FRAMES)
EVERY = np.ones((GATES, AXES), bool)


def differences() -> Differences:
    each = [statistics.block_sums(np.column_stack([one, ONES]), BLOCKS) for one in EFFECTS]
    sums, counts = (np.array([one[:, part] for one in each]) for part in (slice(AXES), slice(AXES, None)))
    return Differences.from_sums(sums, np.broadcast_to(counts, sums.shape), np.eye(AXES))


def estimate(gate: int, axis: int) -> statistics.Estimate:
    columns = np.column_stack([EFFECTS[gate, :, axis], ONES])
    return statistics.jackknife(statistics.block_sums(columns, BLOCKS), lambda sums: sums[..., 0] / sums[..., 1])


def test_differences_are_those_of_a_jackknife() -> None:
    found = differences()
    for gate in range(GATES):
        for axis in range(AXES):
            one = estimate(gate, axis)
            assert (found.values[gate, axis], found.errors[gate, axis]) == pytest.approx((one.value, one.error))
            assert found.blocks[gate, axis] == one.blocks
            assert found.p_below(-0.02)[gate, axis] == pytest.approx(one.p_below(-0.02))
            assert found.lower(1)[gate, axis] == pytest.approx(one.interval()[0])


def test_conditions_that_used_other_frames_share_their_blocks() -> None:
    """Mean of two conditions, one of which used every other frame and had none in the last block."""
    values, used = EFFECTS[0, :, :2], np.column_stack([ONES, (np.arange(FRAMES) % 2 == 0) & (BLOCKS < 4)])
    sums = statistics.block_sums(np.column_stack([values * used, used]), BLOCKS)
    expected = statistics.jackknife(sums, lambda x: (x[..., 0] / x[..., 2] + x[..., 1] / x[..., 3]) / 2)
    found = Differences.from_sums(sums[None, :, :2], sums[None, :, 2:], np.array([[0.5, 0.5]]))
    assert (found.values[0, 0], found.errors[0, 0], found.blocks[0, 0]) == pytest.approx(
        (expected.value, expected.error, expected.blocks)
    )


def test_tests_against_seeds_and_what_is_foretold_are_the_gates() -> None:
    found, variances = differences(), SCORES.var(axis=1, ddof=1)
    many = SeedTests.of(SCORES, Priors.of(variances, SEEDS - 1, EVERY), found)
    tested = np.full((GATES, 1), AXES)
    reaches = many.reach(0.8 * statistics.FALSE_ALARM, tested)
    adjusted = np.minimum(holm(many.p_worse, EVERY) / 0.8, 1)
    for gate in range(GATES):
        prior = common_variance(variances[gate], SEEDS - 1)
        predicted = [retraining.predict_seed(SCORES[gate, :, axis].tolist(), prior) for axis in range(AXES)]
        singles = []
        for axis in range(AXES):
            one = estimate(gate, axis)
            value = SCORES[gate, 0, axis] + one.value
            singles.append(retraining.compare_deviation(value, one.error, one.blocks - 1, predicted[axis]))
        for axis, test in enumerate(retraining.adjust(singles, 0.8)):
            one = estimate(gate, axis)
            assert adjusted[gate, axis] == pytest.approx(test.p_worse)
            first = retraining.adjust([singles[axis]] * AXES, 0.8)[0]  # before any other is decided
            assert reaches[gate, axis] == pytest.approx(first.reach)
            assert many.frames_suffice[gate, axis] == test.frames_suffice
            spread, degrees = prior.moderate(float(variances[gate, axis]), SEEDS - 1)
            foresight = Foresight(
                in_use=float(SCORES[gate, 0, axis]),
                mean=float(SCORES[gate, :, axis].mean()),
                spread=spread**0.5,
                degrees=degrees,
                prior=prior,
                seeds=SEEDS,
                error=one.error,
                blocks=one.blocks,
                tolerance=0.01,
                is_guard=False,
                judged=AXES,
                tested=AXES,
            )
            limit = -0.01 + found.errors * found.quantile(0.975)
            assert many.caught(reaches)[gate, axis] == pytest.approx(foresight.caught_by_seeds)
            assert many.failure(limit, reaches)[gate, axis] == pytest.approx(foresight.failure)


def test_variances_that_differ_by_chance_alone_are_one() -> None:
    variances = np.array([[0.01, 0.011, 0.009], [1e-6, 0.01, 0.5], [0.02, 0.011, 0.0]])
    has = np.array([[True, True, True], [True, True, True], [True, True, False]])
    many = Priors.of(variances, 4, has)
    for gate in range(3):
        one = common_variance(variances[gate][has[gate]], 4)
        expected = [one.moderate(float(variance), 4) for variance in variances[gate]]
        assert np.transpose([part[gate] for part in many.moderate(variances, 4)]) == pytest.approx(np.array(expected))
    assert np.isinf(many.degrees[:, 0]).tolist() == [True, False, True]


def test_holms_correction_leaves_out_what_is_not_judged() -> None:
    p = np.array([[0.01, 0.5, 0.001, 0.02], [0.3, 0.01, 0.2, 1e-9]])
    judged = np.array([[True, True, True, True], [True, True, True, False]])
    found = holm(p, judged)
    assert found[0] == pytest.approx(statistics.holm(p[0].tolist()))
    assert found[1] == pytest.approx([*statistics.holm(p[1, :3].tolist()), 1.0])


def test_what_axes_have_in_common_is_the_plans() -> None:
    deviations, judged = SCORES - SCORES.mean(axis=1, keepdims=True), np.ones((GATES, AXES), bool)
    judged[1, 0] = False
    found = common_share(deviations, judged)
    failures = np.where(judged, RNG.uniform(0.001, 0.1, size=(GATES, AXES)), 0.0)
    chances = chance_of_none(failures, found)
    for gate in range(GATES):
        kept = judged[gate]
        common = plan.common_share(deviations[gate][:, kept])
        assert found[gate] == pytest.approx(common)
        assert chances[gate] == pytest.approx(plan.chance_of_none(failures[gate, kept].tolist(), common))
