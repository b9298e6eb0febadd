import numpy as np
import pytest

from pitprop.stats.level_change import level_change


def grid(values):
    units, periods = values.shape
    return {
        "values": values.ravel(),
        "unit": np.repeat(np.arange(units), periods),
        "time": np.tile(np.arange(periods), units),
        "after": np.tile(np.arange(periods) >= periods // 2, units),
    }


def test_a_balanced_comparison_is_the_difference_of_differences_of_means():
    rng = np.random.default_rng(1)
    v = rng.normal(size=(10, 8))
    treated = np.arange(10) < 6
    change = level_change(**grid(v), treated=np.repeat(treated, 8)).estimate
    moved = v[:, 4:].mean(1) - v[:, :4].mean(1)
    assert change.value == pytest.approx(moved[treated].mean() - moved[~treated].mean(), rel=1e-10)
    a, b = moved[treated], moved[~treated]
    assert change.se == pytest.approx((a.var(ddof=1) / 6 + b.var(ddof=1) / 4) ** 0.5, rel=1e-9)


@pytest.mark.parametrize("units", [1, 3, 8])
def test_a_straight_course_continued_is_no_change_beyond_the_trend(units):
    rng = np.random.default_rng(2)
    v = 0.5 * np.arange(30) + 1e-3 * rng.normal(size=(units, 30))
    everyone = np.ones(units * 30, dtype=bool)
    plain = level_change(**grid(v), treated=everyone).estimate
    beyond = level_change(**grid(v), treated=everyone, trend=True).estimate
    assert plain.value == pytest.approx(7.5, abs=0.01)
    assert beyond.value == pytest.approx(0.0, abs=0.01)


def test_a_step_beyond_a_trend_is_found_at_its_size():
    v = 0.5 * np.arange(30) + 2.0 * (np.arange(30) >= 15) + 1e-3 * np.random.default_rng(3).normal(size=(8, 30))
    beyond = level_change(**grid(v), treated=np.ones(240, dtype=bool), trend=True).estimate
    assert beyond.value == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize(("units", "common", "differ"), [(1, 0.0, 0.0), (8, 1.0, 0.0), (20, 1.0, 1.0), (20, 0.0, 1.0)])
def test_common_shocks_and_honest_differences_are_covered_as_stated(units, common, differ):
    hits, draws = 0, 300
    for seed in range(draws):
        rng = np.random.default_rng([seed, 4])
        shocks = rng.normal(size=(units + 1, 60))
        for t in range(1, 60):
            shocks[:, t] += 0.6 * shocks[:, t - 1]
        v = shocks[1:, 20:] + common * shocks[0, 20:] + differ * rng.normal(size=(units, 1)) * (np.arange(40) >= 20)
        change = level_change(**grid(v), treated=np.ones(units * 40, dtype=bool)).estimate
        low, high = change.interval()
        hits += low <= 0 <= high
    assert hits / draws >= 0.92
