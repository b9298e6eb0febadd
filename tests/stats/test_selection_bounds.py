"""Kitagawa's identity, Lee's bounds against sorted rows, and the trade-off against statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from pitprop.stats.selection import kitagawa, lee_bounds
from pitprop.stats.trade_off import trade_off

weights = st.lists(st.floats(0.01, 1e4), min_size=4, max_size=4)
rates = st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=4)


@given(weights, weights, rates, rates)
def test_mix_and_rate_add_up_to_the_change(w0, w1, r0, r1):
    w0, w1, r0, r1 = map(np.array, (w0, w1, r0, r1))
    out = kitagawa(weight_before=w0, weight_after=w1, rate_before=r0, rate_after=r1)
    change = float(w1 @ r1 / w1.sum() - w0 @ r0 / w0.sum())
    assert out.change == pytest.approx(change, abs=1e-9)
    assert out.mix + out.rate == pytest.approx(out.change, abs=1e-9)


def test_the_same_mix_leaves_all_to_the_rates_and_the_same_rates_all_to_the_mix():
    w, r = np.array([1.0, 2.0, 3.0]), np.array([0.2, 0.5, 0.9])
    same_mix = kitagawa(weight_before=w, weight_after=10 * w, rate_before=r, rate_after=r + 0.1)
    assert (same_mix.mix, same_mix.rate) == (pytest.approx(0.0, abs=1e-12), pytest.approx(0.1))
    same_rates = kitagawa(weight_before=w, weight_after=w[::-1], rate_before=r, rate_after=r)
    assert (same_rates.mix, same_rates.rate) == (pytest.approx(same_rates.change), pytest.approx(0.0, abs=1e-12))


def test_a_group_without_rows_on_one_side_is_mix():
    out = kitagawa(
        weight_before=np.array([1.0, 1.0]),
        weight_after=np.array([1.0, 0.0]),
        rate_before=np.array([0.8, 0.2]),
        rate_after=np.array([0.8, np.nan]),
    )
    assert out.mix == pytest.approx(0.3)
    assert out.rate == pytest.approx(0.0, abs=1e-12)


def test_simpsons_paradox_is_flagged():
    # both groups lose 0.02, but the easy one grows from a tenth to nine tenths
    out = kitagawa(
        weight_before=np.array([10.0, 90.0]),
        weight_after=np.array([90.0, 10.0]),
        rate_before=np.array([0.9, 0.5]),
        rate_after=np.array([0.88, 0.48]),
    )
    assert out.change > 0
    assert out.rate == pytest.approx(-0.02)
    assert out.reversed


def test_a_side_without_rows_is_refused():
    with pytest.raises(ValueError, match="rows"):
        kitagawa(weight_before=np.zeros(2), weight_after=np.ones(2), rate_before=np.ones(2), rate_after=np.ones(2))


@pytest.mark.parametrize(("kept_before", "kept_after"), [(1.0, 0.8), (0.7, 0.9), (0.9, 0.9)])
def test_lees_bounds_are_those_of_sorted_rows_with_a_tail_cut_off(kept_before, kept_after):
    rng = np.random.default_rng(1)
    before, after = np.sort(rng.normal(0, 1, 9000)), np.sort(rng.normal(0.3, 1, 9000))
    value = np.sort(np.r_[before, after])
    out = lee_bounds(
        value=value,
        before=np.isin(value, before).astype(float),
        after=np.isin(value, after).astype(float),
        kept_before=kept_before,
        kept_after=kept_after,
    )
    p = abs(kept_before - kept_after) / max(kept_before, kept_after)
    cut = round(p * 9000)
    if kept_after > kept_before:
        ends = (after[: 9000 - cut].mean() - before.mean(), after[cut:].mean() - before.mean())
    else:
        ends = (after.mean() - before[cut:].mean(), after.mean() - before[: 9000 - cut].mean())
    assert out.trimmed == pytest.approx(p)
    assert (out.lower, out.upper) == (pytest.approx(ends[0], abs=1e-3), pytest.approx(ends[1], abs=1e-3))
    assert out.lower <= out.difference <= out.upper


def test_taking_out_the_worst_gives_a_lower_bound_of_no_gain():
    rows = np.arange(100.0)
    out = lee_bounds(value=rows, before=np.ones(100), after=(rows >= 20).astype(float), kept_before=1.0, kept_after=0.8)
    assert out.difference == pytest.approx(10.0)
    assert out.lower == pytest.approx(0.0, abs=1e-12)


def test_the_trade_off_is_the_two_way_regression_with_clustered_errors():
    rng = np.random.default_rng(2)
    unit, period = np.repeat(np.arange(12), 10), np.tile(np.arange(10), 12)
    gained = rng.standard_normal(120) + rng.standard_normal(12)[unit]
    lost = 0.6 * gained + rng.standard_normal(120) + rng.standard_normal(10)[period]
    out = trade_off(lost=lost, gained=gained, unit=unit, period=period)
    x = np.column_stack([gained, np.eye(12)[unit], np.eye(10)[period][:, 1:]])
    fit = sm.OLS(lost, x).fit(cov_type="cluster", cov_kwds={"groups": unit, "use_correction": False})
    assert out.value == pytest.approx(fit.params[0], rel=1e-9)
    assert out.se == pytest.approx(fit.bse[0] * (12 / 11) ** 0.5, rel=1e-9)
    assert trade_off(lost=lost[:40], gained=gained[:40], unit=unit[:40], period=period[:40]) is None
    assert trade_off(lost=lost, gained=np.ones(120), unit=unit, period=period) is None
