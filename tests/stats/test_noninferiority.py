import math

import pytest

from pitprop.stats.noninferiority import noninferiority


@pytest.mark.parametrize(
    ("lower", "upper", "ruling"),
    [
        (-1.0, 0.9, "non_inferior"),
        (-1.0, 1.0, "undecided"),  # the bound itself is not below the margin
        (0.2, 0.8, "non_inferior"),  # significantly worse, and still accepted
        (-3.0, 3.0, "undecided"),  # no significant worsening is no all-clear
        (0.5, 2.0, "undecided"),
        (1.0, 2.0, "undecided"),
        (1.1, 2.0, "inferior"),
        (-math.inf, math.inf, "undecided"),
        (2.0, math.inf, "inferior"),
    ],
)
def test_only_an_interval_wholly_on_one_side_of_the_margin_decides(lower, upper, ruling):
    assert noninferiority(lower=lower, upper=upper, margin=1.0) == ruling


def test_a_margin_of_zero_accepts_nothing():
    assert noninferiority(lower=-2.0, upper=-0.1, margin=0.0) == "non_inferior"
    assert noninferiority(lower=0.1, upper=2.0, margin=0.0) == "inferior"
    assert noninferiority(lower=-0.1, upper=0.1, margin=0.0) == "undecided"


@pytest.mark.parametrize(("lower", "upper", "margin"), [(math.nan, 1, 1), (1, 0, 1), (0, 1, -1), (0, 1, math.inf)])
def test_crossed_bounds_and_impossible_margins_are_refused(lower, upper, margin):
    with pytest.raises(ValueError, match=r"interval|margin"):
        noninferiority(lower=lower, upper=upper, margin=margin)
