"""The whole grid, one test for each condition."""


def test_robustness(rb_outcome):
    """The prediction is valid on every patch; the gate judges the scores at the end."""
    assert rb_outcome.valid, rb_outcome.error or rb_outcome.problems
