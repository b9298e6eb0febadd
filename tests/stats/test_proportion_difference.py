import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from pitprop.stats.proportion_difference import proportion_difference, score_interval


def test_newcombes_own_example_is_reproduced():
    got = proportion_difference(hits=56, n=70, other_hits=48, other_n=80)
    assert got == pytest.approx((0.05243147, 0.33387265), abs=5e-9)


@pytest.mark.parametrize(("a", "n", "b", "m"), [(56, 70, 48, 80), (0, 10, 0, 20), (10, 10, 0, 20), (5, 56, 0, 29)])
@pytest.mark.parametrize("level", [0.90, 0.95])
def test_differences_are_those_of_statsmodels(a, n, b, m, level):
    got = proportion_difference(hits=a, n=n, other_hits=b, other_n=m, level=level)
    oracle = confint_proportions_2indep(a, n, b, m, method="newcomb", alpha=1 - level)
    assert got == pytest.approx(oracle, abs=1e-12)


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 10), (10, 10)])
def test_single_shares_are_those_of_statsmodels(hits, n):
    assert score_interval(hits=hits, n=n) == pytest.approx(proportion_confint(hits, n, method="wilson"), abs=1e-12)


@pytest.mark.parametrize(("hits", "n"), [(-1, 10), (11, 10), (0, 0)])
def test_counts_that_cannot_be_are_refused(hits, n):
    with pytest.raises(ValueError, match="share"):
        proportion_difference(hits=hits, n=n, other_hits=1, other_n=2)
