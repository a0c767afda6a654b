"""Moderated variances, against a simulation of what they are estimated from."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from scipy.special import polygamma
from scipy.stats import chi2

from robustbench_cells.gate.moderation import _inverse_trigamma, common_variance


@pytest.mark.parametrize("value", [1e-3, 0.1, 1.0, 10.0, 1e4])
def test_the_inverse_of_the_trigamma_function(value: float) -> None:
    assert polygamma(1, _inverse_trigamma(value)) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(("prior", "degrees"), [(4.0, 2), (10.0, 4), (4.0, 7)])
def test_what_variances_have_in_common_is_found(prior: float, degrees: int) -> None:
    """True variances from a scaled inverse chi-squared distribution, and samples of each."""
    rng = np.random.default_rng(0)
    count, scale = 20_000, 0.013**2
    true = prior * scale / chi2.rvs(prior, size=count, random_state=rng)
    samples = true * chi2.rvs(degrees, size=count, random_state=rng) / degrees
    found = common_variance(samples, degrees)
    assert found.degrees == pytest.approx(prior, rel=0.15)
    assert found.variance == pytest.approx(scale, rel=0.05)
    moderated = np.array([found.moderate(one, degrees)[0] for one in samples])
    errors = [np.mean((np.log(one) - np.log(true)) ** 2) for one in (samples, moderated)]
    assert errors[1] < errors[0]


def test_what_is_common_counts_no_more_than_a_quantitys_own_samples() -> None:
    found = common_variance(np.full(5, 0.01), 2)
    assert found.degrees == inf
    variance, degrees = found.moderate(0.02, 2)
    assert variance == pytest.approx((found.variance + 0.02) / 2)
    assert degrees == 4


@pytest.mark.parametrize("variances", [[0.0, 0.0], [0.04]])
def test_nothing_in_common_leaves_a_variance_as_it_is(variances: list[float]) -> None:
    assert common_variance(np.array(variances), 2).moderate(variances[0], 2) == (variances[0], 2)


def test_an_axis_without_spread_gets_some_of_the_others() -> None:
    found = common_variance(np.array([0.0, 1e-4, 2e-4, 1e-4]), 2)
    assert 0 < found.moderate(0.0, 2)[0] < 1e-4
