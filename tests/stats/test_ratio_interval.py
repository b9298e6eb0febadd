import numpy as np
import pytest

from pitprop.stats.ratio_interval import ratio_interval


def inside(r, a, b, va, vb, c, t):
    return (a - r * b) ** 2 <= t**2 * (va - 2 * r * c + r**2 * vb)


@pytest.mark.parametrize(
    ("a", "b", "va", "vb", "c", "kind"),
    [
        (1.0, 2.0, 0.04, 0.09, 0.02, "interval"),
        (-3.0, 2.0, 0.5, 0.1, -0.1, "interval"),
        (0.2, 5.0, 1.0, 1.0, 0.9, "interval"),
        (5.0, 0.5, 0.3, 0.4, 0.0, "complement"),
        (0.1, 0.1, 1.0, 1.0, 0.0, "line"),
    ],
)
def test_the_set_holds_exactly_the_ratios_that_the_definition_admits(a, b, va, vb, c, kind):
    got = ratio_interval(numerator=a, denominator=b, variance_numerator=va, variance_denominator=vb, covariance=c)
    assert got.kind == kind
    assert got.bounded == (kind == "interval")
    for r in np.linspace(-40, 40, 4001):
        edge = got.lower is not None and min(abs(r - got.lower), abs(r - got.upper)) < 1e-9
        assert edge or (r in got) == inside(r, a, b, va, vb, c, 1.959963984540054)


def test_a_known_denominator_gives_the_ordinary_interval():
    got = ratio_interval(numerator=3.0, denominator=2.0, variance_numerator=0.25, variance_denominator=0.0)
    assert (got.lower, got.upper) == pytest.approx((1.5 - 0.48999, 1.5 + 0.48999), abs=1e-5)


def test_fiellers_closed_form_for_uncorrelated_estimates_is_reproduced():
    # g = t^2 vb / b^2; limits (r +- t / b sqrt(va (1 - g) + r^2 vb)) / (1 - g)
    a, b, va, vb, t = 4.0, 5.0, 0.2, 0.3, 2.1
    g, r = t**2 * vb / b**2, a / b
    half = t / b * np.sqrt(va * (1 - g) + r**2 * vb)
    got = ratio_interval(numerator=a, denominator=b, variance_numerator=va, variance_denominator=vb, quantile=t)
    assert (got.lower, got.upper) == pytest.approx(((r - half) / (1 - g), (r + half) / (1 - g)), rel=1e-12)


def test_units_do_not_matter():
    one = ratio_interval(
        numerator=1.0, denominator=2.0, variance_numerator=0.1, variance_denominator=0.2, covariance=0.05
    )
    same = ratio_interval(
        numerator=1e3, denominator=2e-3, variance_numerator=1e5, variance_denominator=2e-7, covariance=0.05
    )
    assert (same.lower / 1e6, same.upper / 1e6) == pytest.approx((one.lower, one.upper), rel=1e-12)


def test_the_interval_of_a_bootstrap_agrees_where_the_denominator_is_far_from_zero():
    rng = np.random.default_rng(1)
    draws = rng.multivariate_normal([3.0, 10.0], [[0.09, 0.03], [0.03, 0.04]], size=400_000)
    low, high = np.quantile(draws[:, 0] / draws[:, 1], [0.025, 0.975])
    got = ratio_interval(
        numerator=3.0, denominator=10.0, variance_numerator=0.09, variance_denominator=0.04, covariance=0.03
    )
    assert (got.lower, got.upper) == pytest.approx((low, high), abs=5e-4)


def test_a_denominator_of_zero_has_no_estimate():
    got = ratio_interval(numerator=9.0, denominator=0.0, variance_numerator=1.0, variance_denominator=1.0)
    assert got.estimate is None
    assert got.kind == "complement"


@pytest.mark.parametrize("wrong", [{"numerator": float("nan")}, {"variance_denominator": -1.0}])
def test_what_is_not_a_number_or_negative_is_refused(wrong):
    given = {"numerator": 1.0, "denominator": 1.0, "variance_numerator": 1.0, "variance_denominator": 1.0}
    with pytest.raises(ValueError, match=r"ratio interval"):
        ratio_interval(**(given | wrong))
