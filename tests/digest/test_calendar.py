from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from pitprop.digest import GrainError, Profile
from pitprop.digest.calendar import first_days


def test_rows_are_placed_by_their_day_within_the_period(audited):
    times = [datetime(2024, 2, 1, 23), datetime(2024, 2, 29), datetime(2024, 2, 29, 5), datetime(2024, 3, 31)]
    source, metric = audited(pa.table({"x": [1.0, 2.0, 4.0, 8.0], "t": times}), agg_time_dimension="t")
    p = source.digest(metric, Profile)
    assert p.period.astype(str).tolist() == ["2024-02-01", "2024-02-01", "2024-03-01"]
    assert p.day.tolist() == [0, 28, 30]
    assert p.length.tolist() == [29, 29, 31]
    assert p.n.tolist() == [1, 2, 1]
    assert (p.x + p.n * p.pivot).tolist() == [1.0, 6.0, 8.0]
    assert p.xx.sum() == pytest.approx(sum((v - p.pivot) ** 2 for v in (1, 2, 4, 8)))


@pytest.mark.parametrize("granularity", ["week", "month", "quarter", "year"])
def test_periods_in_numpy_are_those_of_the_engine(granularity):
    import duckdb

    days = np.arange(np.datetime64("1899-12-25"), np.datetime64("1906-01-08"), 13)
    asked = duckdb.sql(
        f"SELECT CAST(date_trunc('{granularity}', CAST(d AS DATE)) AS DATE) AS p "
        f"FROM (SELECT unnest(?::VARCHAR[]) AS d)",
        params=[[str(d) for d in days]],
    ).fetchall()
    assert first_days(days, granularity).tolist() == [row[0] for row in asked]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "no `agg_time_dimension`"),
        ({"agg_time_dimension": "d", "time_granularity": "day"}, "by the day"),
        ({"agg_time_dimension": "y", "time_granularity": "year"}, "years as its time"),
    ],
)
def test_what_has_no_profile_is_said(audited, fields, says):
    source, metric = audited(pa.table({"x": [1.0], "d": [date(2024, 1, 1)], "y": [2024]}), **fields)
    with pytest.raises(GrainError, match=says):
        source.digest(metric, Profile)


def test_no_rows_give_an_empty_profile(audited):
    rows = pa.table({"x": pa.array([], pa.float64()), "d": pa.array([], pa.date32())})
    source, metric = audited(rows, agg_time_dimension="d")
    assert len(source.digest(metric, Profile).n) == 0
