import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from pitprop.stats.period_ends import in_average_days, period_ends, storming_index, usual


def days(periods=24, length=30):
    period = np.repeat(np.arange(periods), length)
    position = np.tile(np.arange(length), periods)
    return period, position, np.full(len(period), length)


def ends(y, period, position, length, under=None, window=3):
    middle = (position >= window) & (position < length - window)
    weekday = np.arange(len(y)) % 7
    return period_ends(
        y=y,
        period=period,
        position=position,
        length=length,
        weekday=weekday,
        window=np.full(len(y), window),
        under=np.ones(len(y), dtype=bool) if under is None else under,
        rate=usual(y=y, weekday=weekday, middle=middle),
    )


def test_the_last_week_of_the_federal_year_has_the_published_index():
    """Liebman and Mahoney 2017: 8.7 % of spending in one of 52 weeks; 4.9 times, .087/(.913/51) = 4.860 (rel 1e-4)."""
    assert storming_index(share=0.087, last=1, length=52) == pytest.approx(4.860, abs=5e-4)


def test_four_fifths_of_the_quota_in_the_last_third_is_an_index_of_eight():
    assert storming_index(share=0.8, last=10, length=30) == pytest.approx(8.0, rel=1e-12)


@given(st.floats(0.01, 0.99), st.floats(1, 1e6))
def test_even_work_has_an_index_of_one(part, length):
    assert storming_index(share=part, last=part * length, length=length) == pytest.approx(1.0, rel=1e-9)


def test_everything_in_the_last_part_is_infinitely_uneven():
    assert storming_index(share=1.0, last=3, length=30) == float("inf")


def test_an_average_day_is_one_whatever_the_unit_and_the_growth():
    period, position, _ = days()
    values = np.random.default_rng(1).gamma(4, 1, len(period)) * np.exp(0.03 * period)
    y = in_average_days(values=values, period=period)
    assert np.bincount(period, weights=y) / 30 == pytest.approx(1.0, abs=1e-12)
    assert in_average_days(values=-1000 * values, period=period) == pytest.approx(y, abs=1e-12)
    steady = in_average_days(values=np.exp(0.03 * (period + (position + 0.5) / 30)), period=period)
    assert np.ptp(steady) < 1e-3


def test_the_excess_is_that_of_a_regression_with_period_effects():
    """Oracle: statsmodels OLS with dummies for periods and weekdays; tolerance 1e-9."""
    period, position, length = days()
    y = np.random.default_rng(2).gamma(9, 1 / 9, len(period)) + 0.4 * (position >= 27) - 0.2 * (position < 3)
    found = ends(y, period, position, length)
    weekday = np.arange(len(y)) % 7
    middle = (position >= 3) & (position < 27)
    rate = np.array([y[middle & (weekday == d)].mean() for d in range(7)])[weekday]
    columns = [rate * (position >= 27), rate * (position < 3), np.eye(24)[period], np.eye(7)[weekday][:, 1:]]
    fitted = sm.OLS(y, np.column_stack(columns)).fit()
    assert found.last.value == pytest.approx(fitted.params[0], abs=1e-9)
    assert found.first.value == pytest.approx(fitted.params[1], abs=1e-9)


def test_what_is_pulled_forward_whole_is_paid_back_whole():
    period, position, length = days()
    y = 1.0 + 0.3 * (position >= 27) - 0.3 * (position < 3) + 1e-3 * np.sin(np.arange(len(period)) ** 2)
    found = ends(y, period, position, length)
    assert found.payback.estimate == pytest.approx(1.0, abs=0.01)
    assert 1.0 in found.payback


def test_the_change_is_what_came_with_the_target():
    period, position, length = days()
    under = period >= 12
    y = 1.0 + 0.2 * (position >= 27) + 0.3 * ((position >= 27) & under) + 1e-3 * np.sin(np.arange(len(period)) ** 2)
    found = ends(y, period, position, length, under=under)
    assert found.before.value == pytest.approx(0.2, abs=0.01)
    assert found.last.value == pytest.approx(0.5, abs=0.01)
    assert found.change.value == pytest.approx(0.3, abs=0.01)


def test_the_interval_holds_the_truth_as_often_as_it_says_with_days_that_hang_together():
    """95 % of 200 draws, AR(1) of 0.6 within and over periods: 95 % +- 4 %."""
    rng = np.random.default_rng(3)
    period, position, length = days(18)
    held = 0
    for _ in range(200):
        e = rng.standard_normal(len(period))
        for i in range(1, len(e)):
            e[i] = 0.6 * e[i - 1] + 0.8 * e[i]
        low, high = ends(1 + 0.2 * e, period, position, length).last.interval()
        held += low <= 0 <= high
    assert held / 200 == pytest.approx(0.95, abs=0.04)
