import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pitprop.stats.gain import expected_repeat, extra_reversal, rise_and_fall


def test_the_top_tenth_repeats_what_reliability_says():
    """Closed form, recomputed: 1.7550 and, with a reliability of 0.4, 0.7020; spurious drop 1.0530 (abs 5e-5)."""
    first, second = expected_repeat(reliability=0.4, cut=stats.norm.isf(0.1))
    assert (first, second, first - second) == pytest.approx((1.7550, 0.7020, 1.0530), abs=5e-5)


def test_the_repeat_of_a_selection_is_that_of_drawn_pairs():
    """A million pairs, correlation 0.6, cut at 0.5: within 0.005."""
    rng = np.random.default_rng(1)
    one, e = rng.standard_normal((2, 1_000_000))
    two = 0.6 * one + 0.8 * e
    chosen = one > 0.5
    assert expected_repeat(reliability=0.6, cut=0.5) == pytest.approx(
        (one[chosen].mean(), two[chosen].mean()), abs=0.005
    )


def test_rise_and_fall_is_the_published_score_of_percentile_ranks():
    """Oracle: pandas ranks within groups, (rank - 1/2)/n; tolerance 1e-12."""
    rng = np.random.default_rng(2)
    gain, later = rng.standard_normal((2, 300))
    group = rng.integers(0, 7, 300)
    table = pd.DataFrame({"g": group, "a": gain, "b": later})
    ranks = table.groupby("g")[["a", "b"]].rank() - 0.5
    share = ranks.div(table.groupby("g")["a"].transform("size"), axis=0)
    expected = share["a"] ** 2 + (1 - share["b"]) ** 2
    assert rise_and_fall(gain=gain, later=later, group=group) == pytest.approx(expected.to_numpy(), abs=1e-12)


def changes(rng, units=60, periods=40, skew=0.0, pushed=0.0):
    e = rng.standard_normal((units, periods))
    if skew:
        e = np.exp(skew * e)
    e = e + 4 * (rng.random(e.shape) < pushed) * (np.arange(periods) >= periods // 2)
    step = np.diff(e, axis=1)
    unit, at = np.nonzero(np.ones(step[:, 1:].shape, dtype=bool))
    keep = np.abs(at - (periods // 2 - 1)) > 1
    gain, later = step[:, :-1].ravel()[keep], step[:, 1:].ravel()[keep]
    return {"gain": gain, "later": later, "unit": unit[keep], "under": at[keep] >= periods // 2}


def test_noise_takes_back_half_of_gains_and_losses():
    """Independent normal noise: 1/2 of each, within 0.02; nothing is left under the target."""
    found = extra_reversal(**changes(np.random.default_rng(3), units=3000))
    for side in (found.under, found.without):
        assert side.gains_lost.value == pytest.approx(0.5, abs=0.02)
        assert side.losses_recovered.value == pytest.approx(0.5, abs=0.02)
    assert found.extra.value == pytest.approx(0.0, abs=0.02)


def test_a_long_tail_is_taken_off_where_it_was_there_before():
    found = extra_reversal(**changes(np.random.default_rng(4), units=3000, skew=0.8))
    assert found.without.gains_lost.value - found.without.losses_recovered.value > 0.3
    assert found.extra.value == pytest.approx(0.0, abs=0.04)


def test_the_shares_are_sums_over_the_largest_tenth():
    """Naive selection, tolerance 1e-12."""
    data = changes(np.random.default_rng(5), pushed=0.1)
    found = extra_reversal(**data)
    gain, later = data["gain"][data["under"]], data["later"][data["under"]]
    top = gain >= np.quantile(gain, 0.9)
    bottom = gain <= np.quantile(gain, 0.1)
    assert found.under.gains_lost.value == pytest.approx(-later[top].sum() / gain[top].sum(), abs=1e-12)
    assert found.under.losses_recovered.value == pytest.approx(-later[bottom].sum() / gain[bottom].sum(), abs=1e-12)
    assert found.extra.value > 0.3


def test_its_error_is_that_of_repeated_draws():
    """Standard deviation over 300 draws against the mean standard error: within 15 %."""
    rng = np.random.default_rng(6)
    draws = [extra_reversal(**changes(rng)).extra for _ in range(300)]
    assert np.mean([e.se for e in draws]) == pytest.approx(np.std([e.value for e in draws]), rel=0.15)


def test_one_unit_or_one_regime_is_no_comparison():
    data = changes(np.random.default_rng(7))
    alone = data["unit"] == 0
    assert extra_reversal(**{k: v[alone] for k, v in data.items()}) is None
    assert extra_reversal(**{**data, "under": np.ones(len(alone), dtype=bool)}) is None
