from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pitprop.digest import Panel, Rows, SourceError

DAYS = [date(2024, 1, 31), date(2024, 2, 1), date(2024, 4, 1), date(2025, 1, 1)]


def frame(seed=0, n=2000):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "x": np.round(rng.normal(50, 10, n), 2),
            "w": rng.integers(1, 20, n),
            "who": rng.choice(["a", "b", "c"], n),
            "d": pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 400, n), unit="D"),
        }
    )


@pytest.mark.parametrize("agg", ["sum", "average", "min", "max", "median", "count", "count_distinct"])
def test_cells_have_the_values_that_pandas_finds(audited, agg):
    table = frame()
    source, metric = audited(table, agg=agg, entity="who", agg_time_dimension="d")
    panel = source.digest(metric, Panel)
    month = table.d.dt.to_period("M").dt.to_timestamp()
    oracle = table.groupby(["who", month]).x.agg({"average": "mean", "count_distinct": "nunique"}.get(agg, agg))
    assert len(panel.entity) == len(oracle)
    assert [panel.entities[i] for i in panel.entity] == [key[0] for key in oracle.index]
    assert panel.start.tolist() == [key[1].date() for key in oracle.index]
    assert panel.metric.value == pytest.approx(oracle.to_numpy(float), rel=1e-12)


def test_ratios_are_the_sum_of_one_over_the_sum_of_the_other_with_their_sampling_variance(audited):
    table = frame()
    source, metric = audited(table, type="ratio", numerator={"expr": "x"}, denominator={"expr": "w"}, entity="who")
    panel = source.digest(metric, Panel)
    for i, (_, group) in enumerate(table.groupby("who")):
        r = group.x.sum() / group.w.sum()
        assert panel.metric.value[i] == pytest.approx(r, rel=1e-12)
        residual = ((group.x - r * group.w) ** 2).sum()
        n = len(group)
        assert panel.metric.noise[i] == pytest.approx(residual * n / (n - 1) / group.w.sum() ** 2, rel=1e-9)


def test_a_large_offset_keeps_the_variance(audited):
    rng = np.random.default_rng(5)
    z = rng.normal(0, 1, 5000)
    source, metric = audited(pa.table({"x": 1e9 + z}))
    panel = source.digest(metric, Panel)
    shifted = (1e9 + z) - 1e9
    assert panel.metric.noise[0] == pytest.approx(shifted.var(ddof=1) / 5000, rel=1e-9)
    assert panel.metric.value[0] == pytest.approx(1e9 + shifted.mean(), rel=1e-15)


@pytest.mark.parametrize(
    ("granularity", "starts"),
    [
        ("day", ["2024-01-31", "2024-02-01", "2024-04-01", "2025-01-01"]),
        ("week", ["2024-01-29", "2024-04-01", "2024-12-30"]),
        ("month", ["2024-01-01", "2024-02-01", "2024-04-01", "2025-01-01"]),
        ("quarter", ["2024-01-01", "2024-04-01", "2025-01-01"]),
        ("year", ["2024-01-01", "2025-01-01"]),
    ],
)
def test_periods_begin_on_their_first_day(audited, granularity, starts):
    rows = pa.table({"x": [1.0, 2.0, 3.0, 4.0], "d": DAYS})
    source, metric = audited(rows, agg_time_dimension="d", time_granularity=granularity)
    assert source.digest(metric, Panel).periods.astype(str).tolist() == starts


def test_years_are_numbers_where_the_granularity_is_year(audited):
    rows = pa.table({"x": [1.0, 2.0, 3.0, 4.0], "y": [2020.0, 2021.0, None, 2021.5]})
    source, metric = audited(rows, agg_time_dimension="y", time_granularity="year")
    assert source.digest(metric, Panel).periods.astype(str).tolist() == ["2020-01-01", "2021-01-01"]
    assert source.rows(metric) == Rows(kept=2, no_time=2)
    source, metric = audited(rows, agg_time_dimension="y", time_granularity="month")
    with pytest.raises(SourceError, match="read as years only where `time_granularity` is year"):
        source.digest(metric, Panel)


def test_dates_as_text_are_read_and_the_unreadable_counted(audited):
    written = ["2024-01-31", "2024-02-30", "31/01/2024", "2023-02-29", "2024-02-29", "2024-01-31T23:30:00-02:00", ""]
    rows = pa.table({"x": [1.0] * 7, "d": written})
    source, metric = audited(rows, agg_time_dimension="d")
    assert source.rows(metric) == Rows(kept=3, no_time=4)
    panel = source.digest(metric, Panel)
    assert panel.periods.astype(str).tolist() == ["2024-01-01", "2024-02-01"]
    assert panel.metric.n.tolist() == [1, 2]  # half past eleven in the evening west of Greenwich is February there


def test_months_and_years_as_text_serve_where_the_period_is_as_long(audited):
    rows = pa.table({"x": [1.0, 2.0, 3.0], "d": ["2024-01", "2024-02", "2024"]})
    source, metric = audited(rows, agg_time_dimension="d", time_granularity="month")
    assert source.digest(metric, Panel).periods.astype(str).tolist() == ["2024-01-01", "2024-02-01"]
    source, metric = audited(rows, agg_time_dimension="d", time_granularity="year")
    assert source.digest(metric, Panel).metric.n.tolist() == [3]


def test_times_with_a_zone_are_taken_in_utc_and_that_is_said(audited):
    west = timezone(timedelta(hours=-5))
    times = [datetime(2024, 1, 31, 20, 0, tzinfo=west), datetime(2024, 1, 31, 20, 0, tzinfo=UTC)]
    rows = pa.table({"x": [1.0, 2.0], "t": pa.array(times, pa.timestamp("us", tz="America/New_York"))})
    source, metric = audited(rows, agg_time_dimension="t")
    panel = source.digest(metric, Panel)
    assert panel.periods.astype(str).tolist() == ["2024-01-01", "2024-02-01"]
    assert panel.metric.n.tolist() == [1, 1]
    assert source.notes(metric) == ("times of `t` have a time zone; days and periods are those of UTC",)


def test_without_entity_and_time_there_is_one_cell(audited):
    source, metric = audited(pa.table({"x": [1.0, 3.0]}))
    panel = source.digest(metric, Panel)
    assert panel.entities == ("",)
    assert np.isnat(panel.periods).tolist() == [True]
    assert (panel.entity.tolist(), panel.period.tolist()) == ([0], [0])
    assert panel.metric.value.tolist() == [2.0]


def test_an_empty_table_gives_no_cells(audited):
    rows = pa.table({"x": pa.array([], pa.float64()), "who": pa.array([], pa.string()), "d": pa.array([], pa.date32())})
    for fields in ({}, {"entity": "who"}, {"entity": "who", "agg_time_dimension": "d"}):
        source, metric = audited(rows, **fields)
        panel = source.digest(metric, Panel)
        assert len(panel.entity) == len(panel.metric.value) == len(panel.start) == 0
        assert panel.rows == Rows()


def test_entities_are_the_same_whatever_the_type_of_their_numbers(audited):
    for column in ([1, 2], [1.0, 2.0], ["1", "2"], pa.array([1, 2], pa.float32())):
        source, metric = audited(pa.table({"x": [1.0, 2.0], "who": column}), entity="who")
        assert source.digest(metric, Panel).entities == ("1", "2")


def test_targets_are_averaged_and_their_absence_is_exemption(audited):
    rows = pa.table({"x": [1.0, 2.0, 3.0, 4.0], "who": ["a", "a", "b", "c"], "quota": [2.0, 4.0, None, 5.0]})
    target = {"op": "gte", "value": "quota"}
    source, metric = audited(rows, agg="sum", entity="who", targets=[target])
    panel = source.digest(metric, Panel)
    assert panel.exempt.tolist() == [False, True, False]
    assert panel.target == pytest.approx([3.0, np.nan, 5.0], nan_ok=True)
    source, metric = audited(rows, agg="sum", entity="who", targets=[{**target, "value": 3}])
    panel = source.digest(metric, Panel)
    assert panel.exempt.tolist() == [False] * 3
    assert panel.target.tolist() == [3.0] * 3


def test_a_share_shows_the_target_of_cells_not_that_of_rows(audited):
    rows = pa.table({"x": [1.0, 20.0]})
    row = {"op": "lte", "value": 15, "on": "row"}
    source, metric = audited(rows, agg="share", targets=[row])
    assert np.isnan(source.digest(metric, Panel).target).tolist() == [True]
    source, metric = audited(rows, agg="share", targets=[row, {"op": "gte", "value": 0.95}])
    assert source.digest(metric, Panel).target.tolist() == [0.95]


def test_permuted_rows_give_the_same_panel(audited):
    table = frame(6)
    panels = []
    for rows in (table, table.sample(frac=1, random_state=1)):
        source, metric = audited(rows.reset_index(drop=True), entity="who", agg_time_dimension="d")
        panels.append(source.digest(metric, Panel))
    one, two = panels
    assert one.metric.pivot == two.metric.pivot
    assert one.metric.n.tolist() == two.metric.n.tolist()
    assert one.metric.value == pytest.approx(two.metric.value, rel=1e-12)
    assert one.metric.xx == pytest.approx(two.metric.xx, rel=1e-12)
