"""Forecasts: what they may know, against brute force and an independent regression."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from pitprop.stats.own_past import own_past
from pitprop.stats.period_number import period_number
from pitprop.stats.prediction import Forecasts, Shortfall, forecasts


def world(rng, units, periods, slope, *, trend=0.0):
    x = rng.standard_normal((units, 1)) + rng.standard_normal((units, periods))
    y = 3 * rng.standard_normal((units, 1)) + slope * x + rng.standard_normal((units, periods))
    t = trend * np.arange(periods)
    unit = np.repeat(np.arange(units), periods)
    return (x + t).ravel(), (y + t).ravel(), unit, np.tile(np.arange(periods), units)


def test_the_own_past_is_what_brute_force_finds():
    rng = np.random.default_rng(1)
    unit, time = (a.ravel() for a in np.meshgrid(np.arange(4), np.arange(30), indexing="ij"))
    keep = rng.random(120) < 0.7
    unit, time = unit[keep], time[keep]
    y = np.where(rng.random(len(unit)) < 0.1, np.nan, rng.standard_normal(len(unit)))
    shuffle = rng.permutation(len(unit))
    unit, time, y = unit[shuffle], time[shuffle], y[shuffle]
    found = own_past(y, unit, time, delay=2, cycle=6)
    for i in range(len(y)):
        old = np.flatnonzero((unit == unit[i]) & (time <= time[i] - 2) & np.isfinite(y))
        if not len(old):
            assert np.isnan([found.last[i], found.mean[i], found.season[i]]).all()
            continue
        same = old[time[old] % 6 == time[i] % 6]
        assert found.last[i] == y[old[np.argmax(time[old])]]
        assert found.mean[i] == pytest.approx(y[old].mean(), abs=1e-12)
        assert found.season[i] == pytest.approx(y[same if len(same) else old].mean(), abs=1e-12)


def test_a_forecast_is_a_regression_on_earlier_periods_of_other_units():
    x, y, unit, time = world(np.random.default_rng(2), 12, 10, 0.4)
    made = forecasts(x, y, unit, time, lag=2, refits=1000)
    past, level = own_past(y, unit, time, delay=2), own_past(x, unit, time).mean
    columns = np.column_stack([past.last, past.mean, x - level, level])
    usable = np.isfinite(columns).all(axis=1)
    tables = np.column_stack([columns, y])
    for t in np.unique(time[usable]):
        at = usable & (time == t)
        tables[at] -= tables[at].mean(axis=0)
    scale = (y[usable] - np.array([y[usable & (time == t)].mean() for t in time[usable]])).std()
    for unit_, time_ in [(0, 8), (7, 9)]:
        train = usable & (time <= time_ - 2) & (unit != unit_)
        test = np.flatnonzero((unit == unit_) & (time == time_))
        base = sm.OLS(tables[train, -1], tables[train, :2]).fit()
        full = sm.OLS(tables[train, -1], tables[train, :4]).fit()
        i = np.flatnonzero((made.unit == unit_) & (made.time == time_))[0]
        assert made.u[i] == pytest.approx((tables[test, -1] - base.predict(tables[test, :2]))[0] / scale, rel=1e-8)
        assert made.e[i] == pytest.approx((tables[test, -1] - full.predict(tables[test, :4]))[0] / scale, rel=1e-8)


def test_what_is_not_known_yet_and_the_unit_itself_do_not_enter_its_forecast():
    x, y, unit, time = world(np.random.default_rng(3), 12, 12, 0.4)
    a = forecasts(x, y, unit, time, lag=1, refits=1000)
    later = y.copy()
    later[(time >= 9) & (unit != 5)] *= 50
    b = forecasts(x, later, unit, time, lag=1, refits=1000)
    ratio = (a.u / b.u)[a.time < 9]
    # Only the common scale of the errors differs, by the one factor.
    assert np.ptp(ratio) <= 1e-8 * abs(ratio[0])
    assert len(ratio) > 50


def test_a_movement_common_to_all_units_foretells_nothing():
    x, y, unit, time = world(np.random.default_rng(4), 40, 24, 0.0, trend=1.0)
    made = forecasts(x, y, unit, time, lag=1)
    assert made.within
    assert abs(np.corrcoef(made.u, made.v[:, 0])[0, 1]) < 0.1


def test_one_wild_value_is_not_all_the_evidence():
    x, y, unit, time = world(np.random.default_rng(9), 30, 24, 0.0)
    x[200], y[200] = 1e4, 1e4
    made = forecasts(x, y, unit, time, lag=1)
    assert np.abs(made.u).max() == pytest.approx(5 * (np.quantile(made.u, 0.75) - np.quantile(made.u, 0.25)) / 1.349)
    assert ((made.u * made.v[:, 0]) ** 2).max() < 0.5 * ((made.u * made.v[:, 0]) ** 2).sum()


def test_few_units_have_levels_of_their_own():
    x, y, unit, time = world(np.random.default_rng(5), 4, 60, 0.5)
    made = forecasts(x, y, unit, time, lag=1, cycle=12)
    assert (made.held_out, made.within, made.season, made.units) == (False, False, True, 4)
    assert made.slopes[0] == pytest.approx(0.5, abs=0.15)


def test_missing_values_are_left_out():
    x, y, unit, time = world(np.random.default_rng(6), 20, 24, 0.5)
    x[::7], y[::5] = np.nan, np.nan
    made = forecasts(x, y, unit, time, lag=1)
    assert isinstance(made, Forecasts)
    assert np.isfinite(np.concatenate([made.u, made.e, made.v.ravel(), made.total])).all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda x, y: (np.ones_like(x), y), "the metric never varies"),
        (lambda x, y: (x, np.full_like(y, 3e7)), "the outcome never varies"),
        (lambda x, y: (np.full_like(x, np.nan), y), "only 0 observations"),
        (lambda x, y: (np.tile(np.arange(12.0) ** 2, 12), y), "the same for all units of a period"),
        (lambda x, y: (2 * y + 1, y), "the same number in other words"),
    ],
)
def test_what_cannot_be_asked_is_said_in_words(change, reason):
    x, y, unit, time = world(np.random.default_rng(7), 12, 12, 0.4)
    made = forecasts(*change(x, y), unit, time, lag=1)
    assert isinstance(made, Shortfall)
    assert reason in made.reason


def test_an_outcome_that_the_metric_repeats_is_no_news():
    _, y, unit, time = world(np.random.default_rng(8), 12, 20, 0.4)
    before = own_past(y, unit, time).last
    made = forecasts(before, y, unit, time, lag=1)
    assert isinstance(made, Shortfall) or abs(1 - (made.e @ made.e) / (made.u @ made.u)) < 0.2


def test_periods_are_numbered_on_the_calendar():
    days = np.array(["1969-12-29", "1970-01-04", "1970-01-05", "1970-02-28", "1971-01-01"], "datetime64[D]")
    assert period_number(days, "week").tolist() == [0, 0, 1, 8, 52]
    assert period_number(days, "month").tolist() == [-1, 0, 0, 1, 12]
    assert period_number(days, "quarter").tolist() == [-1, 0, 0, 0, 4]
    assert period_number(days, "year").tolist() == [-1, 0, 0, 0, 1]
    with pytest.raises(ValueError, match="fortnight"):
        period_number(days, "fortnight")
