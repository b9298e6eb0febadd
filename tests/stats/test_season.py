import numpy as np
import pytest

from pitprop.stats.season import season


def months(n):
    return (np.datetime64("2019-03", "M") + np.arange(n)).astype("datetime64[D]")


def test_two_years_of_months_give_an_effect_to_each_month():
    columns = season(start=months(36), granularity="month", years=2)
    assert columns.shape == (36, 11)
    np.testing.assert_array_equal(columns[:12], columns[12:24])
    assert np.linalg.matrix_rank(np.column_stack([np.ones(36), columns])) == 12


def test_one_year_of_months_gives_two_waves():
    columns = season(start=months(24), granularity="month", years=1)
    assert columns.shape == (24, 4)
    np.testing.assert_allclose(columns[0], columns[12], atol=0.05)


def test_days_have_a_weekday_and_years_have_no_season():
    days = np.datetime64("2024-01-01") + np.arange(14)
    columns = season(start=days, granularity="day", years=1)
    np.testing.assert_array_equal(columns[:7, 4:], columns[7:, 4:])
    assert columns[0, 4:].sum() == 0  # a Monday
    assert season(start=days, granularity="year", years=5).shape == (14, 0)


def test_an_unknown_granularity_is_refused_by_name():
    with pytest.raises(ValueError, match="fortnight"):
        season(start=months(2), granularity="fortnight", years=1)
