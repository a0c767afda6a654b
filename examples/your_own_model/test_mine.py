def test_robustness(rb_outcome):
    assert rb_outcome.valid
