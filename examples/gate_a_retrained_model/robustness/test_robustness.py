"""The whole grid, one test for each condition."""


def test_robustness(rb_outcome):
    """The prediction is one, on every patch; how good it is, the gate judges at the end."""
    assert rb_outcome.sound, rb_outcome.error or rb_outcome.faults
