"""supF against published values of the Nile, Hansen's p-values against strucchange, level breaks against simulation."""

import numpy as np
import pytest
from statsmodels.datasets import nile

from pitprop.stats.level_break import level_break
from pitprop.stats.structural_break import hansen_p, sup_f


def test_the_nile_breaks_after_1898_as_published():
    out = sup_f(nile.load_pandas().data.volume.to_numpy())
    # Zeileis et al. (2003); strucchange prints 75.93 and p = 2.2e-16
    assert out.sup == pytest.approx(75.92976943, abs=1e-8)
    assert out.last_before + 1 == 28
    assert out.ave == pytest.approx(21.2147, abs=5e-5)
    assert out.exp == pytest.approx(33.7590, abs=5e-5)
    assert out.p_value < 1e-14


@pytest.mark.parametrize(
    ("stat", "coefficients", "trim", "p"),
    [
        (8.85, 1, 0.15, 0.044771),
        (8.68, 1, 0.15, 0.048393),
        (7.12, 1, 0.15, 0.098006),
        (12.16, 1, 0.15, 0.009603),
        (11.79, 2, 0.15, 0.045408),
        (12.252, 3, 0.10, 0.1161),
    ],
)
def test_hansens_p_values_are_those_of_strucchange(stat, coefficients, trim, p):
    assert hansen_p(stat, coefficients=coefficients, trim=trim) == pytest.approx(p, abs=5e-6 if p != 0.1161 else 5e-5)


def test_the_statistics_are_those_of_two_separate_regressions():
    rng = np.random.default_rng(1)
    y, x = rng.standard_normal(40), np.column_stack([np.ones(40), rng.standard_normal(40)])

    def rss(rows):
        return float(np.sum((y[rows] - x[rows] @ np.linalg.lstsq(x[rows], y[rows], rcond=None)[0]) ** 2))

    out = sup_f(y, x)
    for place, last in ((0, 5), (7, 12), (len(out.f) - 1, 33)):
        split = rss(slice(0, last + 1)) + rss(slice(last + 1, 40))
        assert out.f[place] == pytest.approx((rss(slice(0, 40)) - split) / (split / 36), rel=1e-8)


def test_hansens_approximation_is_what_independent_series_show():
    rng = np.random.default_rng(2)
    p = np.array([sup_f(rng.standard_normal(200)).p_value for _ in range(1500)])
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.02)
    assert np.mean(p < 0.2) == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize("sizes", [(1, 0.5), (3, 0.0), (0, 0.2), (1, 0.9)])
def test_the_table_ends_where_it_says(sizes):
    with pytest.raises(ValueError, match=r"table|few"):
        hansen_p(5.0, coefficients=sizes[0], trim=sizes[1]) if sizes != (3, 0.0) else sup_f(np.ones(3))


def found(y, seed=0, **more):
    n = len(y)
    at = np.arange(n)
    return level_break(
        y,
        at,
        nuisance=more.get("nuisance", (at / n)[:, None]),
        allowed=more.get("allowed", np.ones(n, dtype=bool)),
        rng=np.random.default_rng(seed),
    )


def test_a_jump_beside_a_trend_is_found_where_it_is_with_its_size():
    rng = np.random.default_rng(3)
    at = np.arange(60)
    out = found(0.05 * at + 4.0 * (at >= 25) + 0.5 * rng.standard_normal(60))
    assert out.index == 25
    assert out.jump == pytest.approx(4.0, abs=3 * out.se)
    assert out.bounds[0] > 2.5
    assert out.p_value < 1e-4


def test_the_law_of_the_largest_t_is_that_of_independent_series():
    rng = np.random.default_rng(4)
    drawn = [found(rng.standard_normal(40), seed=s) for s in range(200)]
    # autocorrelation is taken one standard error too high, which makes it rarer than 5%
    assert np.mean([d.p_value < 0.05 for d in drawn]) <= 0.05
    assert np.mean([d.bounds[0] > 0 for d in drawn]) <= 0.07


def test_errors_that_last_are_no_jump():
    rng = np.random.default_rng(5)
    hits = 0
    for s in range(150):
        e = rng.standard_normal(60)
        for t in range(1, 60):
            e[t] += 0.7 * e[t - 1]
        hits += found(e, seed=s).bounds[0] > 1.0
    assert hits / 150 <= 0.06


def test_one_extreme_value_is_no_jump():
    rng = np.random.default_rng(6)
    hits = [found(rng.standard_normal(40) + 15.0 * (np.arange(40) == 20), seed=s).p_damped < 0.05 for s in range(60)]
    assert np.mean(hits) <= 0.12


def test_a_jump_where_none_may_lie_is_not_looked_for():
    at = np.arange(40)
    out = found((at >= 20) + 0.01 * np.sin(at * 7.0), allowed=np.abs(at - 20) > 2)
    assert abs(out.index - 20) > 2
    assert found(np.zeros(40)) is None
    assert found(np.arange(8.0)) is None
