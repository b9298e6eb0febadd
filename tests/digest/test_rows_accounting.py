import math
from datetime import date

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pitprop import digest
from pitprop.define.metric import Register
from pitprop.digest import Distribution, Panel, Profile, Rows

NAN, INF = math.nan, math.inf


def table():
    return pl.DataFrame(
        {
            "x": [1.0, 2.0, None, NAN, INF, -INF, 4.0, 5.0, 6.0, 1e200],
            "who": ["a", "a", "a", "a", "b", "b", None, "b", "b", "a"],
            "day": [date(2024, 1, 1)] * 7 + [None, date(2024, 2, 1), date(2024, 2, 1)],
            "site": ["in"] * 8 + ["out", "in"],
        }
    )


def test_every_row_is_counted_once_at_the_first_reason_that_applies(audited):
    source, metric = audited(table(), expr="x", entity="who", agg_time_dimension="day", filter="site = 'in'")
    expected = Rows(kept=2, filtered=1, null=1, not_finite=4, no_entity=1, no_time=1)
    assert source.rows(metric) == expected
    assert expected.total == 10
    assert expected.dropped == 7
    for grain in (Distribution, Panel, Profile):
        assert source.digest(metric, grain).rows == expected


def test_what_is_kept_is_what_the_grains_hold(audited):
    source, metric = audited(table(), expr="x", entity="who", agg_time_dimension="day", filter="site = 'in'")
    assert source.digest(metric, Distribution).values.tolist() == [1.0, 2.0]
    panel = source.digest(metric, Panel)
    assert panel.metric.n.tolist() == [2]
    assert panel.metric.value.tolist() == [1.5]
    assert source.digest(metric, Profile).n.tolist() == [2]


def test_entity_and_time_matter_only_where_they_are_declared(audited):
    source, metric = audited(table(), expr="x")
    assert source.rows(metric) == Rows(kept=5, null=1, not_finite=4)


def test_a_filter_that_is_null_leaves_the_row_out(audited):
    source, metric = audited(pa.table({"x": [1.0, 2.0, 3.0], "ok": [True, None, False]}), filter="ok")
    assert source.rows(metric) == Rows(kept=1, filtered=2)


def test_an_expression_is_not_evaluated_on_rows_that_the_filter_leaves_out(audited):
    rows = pa.table({"x": ["1", "2", "n/a"], "kind": ["n", "n", "t"]})
    source, metric = audited(rows, expr="cast(x as double)", filter="kind = 'n'")
    assert source.rows(metric) == Rows(kept=2, filtered=1)
    assert source.digest(metric, Distribution).values.tolist() == [1.0, 2.0]


def test_a_ratio_needs_both_parts(audited):
    rows = pa.table({"a": [1.0, None, 3.0, 4.0], "b": [2.0, 2.0, None, 0.0]})
    source, metric = audited(rows, type="ratio", numerator={"expr": "a"}, denominator={"expr": "b"})
    assert source.rows(metric) == Rows(kept=2, null=2)
    panel = source.digest(metric, Panel)
    assert panel.metric.value.tolist() == [2.5]  # (1 + 4) / (2 + 0): the sum of one over the sum of the other
    assert source.digest(metric, Distribution).values.tolist() == [0.5]  # 4 / 0 is no value


def test_a_counted_part_adds_nothing_for_a_row_without_it_and_keeps_the_row(audited):
    rows = pa.table({"late": ["y", None, None, "y", None]})
    source, metric = audited(
        rows,
        type="ratio",
        numerator={"agg": "count", "expr": "late"},
        denominator={"agg": "count", "expr": "1"},
    )
    assert source.digest(metric, Panel).metric.value.tolist() == [0.4]
    assert source.rows(metric) == Rows(kept=5)


def test_counts_leave_out_rows_without_the_expression(audited):
    rows = pa.table({"x": ["a", None, "a", "b"]})
    source, metric = audited(rows, agg="count", expr="x")
    assert source.rows(metric) == Rows(kept=3, null=1)
    assert source.digest(metric, Panel).metric.value.tolist() == [3.0]
    source, metric = audited(rows, agg="count_distinct", expr="x")
    assert source.digest(metric, Panel).metric.value.tolist() == [2.0]


def test_a_share_counts_rows_that_meet_the_target_and_leaves_out_those_without_one(audited):
    rows = pa.table({"minutes": [10.0, 15.0, 20.0, 30.0, 5.0], "limit": [15.0, 15.0, 15.0, None, 4.0]})
    at_most = {"op": "lte", "value": 15, "on": "row"}
    source, metric = audited(rows, agg="share", expr="minutes", targets=[at_most])
    assert source.digest(metric, Panel).metric.value.tolist() == [0.6]
    source, metric = audited(rows, agg="share", expr="minutes", targets=[{**at_most, "value": "limit"}])
    panel = source.digest(metric, Panel)
    assert panel.metric.n.tolist() == [4]
    assert panel.metric.value.tolist() == [0.5]
    assert source.rows(metric).kept == 5
    assert source.digest(metric, Distribution).values.tolist() == [5.0, 10.0, 15.0, 20.0, 30.0]


def test_a_value_that_differs_from_the_target_by_float_error_meets_it(audited):
    rows = pa.table({"a": [0.1, 0.7, 0.7], "b": [0.2, 0.1, 0.2]})  # 0.7 + 0.1 is 0.7999999999999999
    for op, met in (("gte", 2 / 3), ("gt", 1 / 3), ("lte", 2 / 3), ("lt", 1 / 3)):
        target = {"op": op, "value": 0.8, "on": "row"}
        source, metric = audited(rows, agg="share", expr="a + b", targets=[target])
        assert source.digest(metric, Panel).metric.value[0] == met


def test_booleans_are_ones_and_zeros(audited):
    rows = pa.table({"hit": [True, False, True, None]})
    source, metric = audited(rows, expr="hit")
    assert source.digest(metric, Panel).metric.value.tolist() == [2 / 3]
    assert source.rows(metric).null == 1


def test_nan_is_found_in_parquet_files_whose_statistics_do_not_know_it(tmp_path):
    rows = pa.table({"x": [1.0, NAN, 2.0, 3.0], "w": [1.0, 1.0, NAN, 2.0], "t": [NAN, 2.0, 2.0, 2.0]})
    pq.write_table(rows, tmp_path / "a.parquet")
    shared = {"source": "s", "improvement_direction": "increase"}
    metrics = [
        {"name": "a", "type": "simple", "agg": "sum", "expr": "x", **shared},
        {"name": "b", "type": "ratio", "numerator": {"expr": "x"}, "denominator": {"expr": "w"}, **shared},
        {"name": "c", "type": "simple", "agg": "sum", "expr": "x", "filter": "not isnan(w)", **shared},
        {"name": "d", "type": "simple", "agg": "sum", "expr": "w", "filter": "isfinite(x)", **shared},
        {
            "name": "e",
            "type": "simple",
            "agg": "sum",
            "expr": "1",
            "targets": [{"op": "gte", "value": "t", "on": "row"}],
            **shared,
        },
    ]
    declared = Register.model_validate({"version": 1, "sources": {"s": {"path": "a.parquet"}}, "metrics": metrics})
    a, b, c, d, e = declared.metrics
    with digest.open(declared, folder=tmp_path) as source:
        assert source.rows(a) == Rows(kept=3, not_finite=1)
        assert source.digest(a, Distribution).values.tolist() == [1.0, 2.0, 3.0]
        assert source.digest(a, Panel).metric.value.tolist() == [6.0]
        assert source.rows(b) == Rows(kept=2, not_finite=2)
        assert source.digest(b, Panel).metric.value.tolist() == [4 / 3]
        assert source.rows(c) == Rows(kept=2, filtered=1, not_finite=1)
        assert source.rows(d) == Rows(kept=2, filtered=1, not_finite=1)
        assert source.digest(e, Distribution, e.targets[0]).under.tolist() == [3]
