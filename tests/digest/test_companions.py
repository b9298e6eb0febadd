from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from pitprop.digest import Panel

MONTHS = [date(2024, m, 15) for m in (1, 2, 3)]
ROWS = pa.table(
    {
        "x": [1.0, 2.0, 3.0, 4.0],
        "y": [10.0, 20.0, 30.0, 40.0],
        "who": ["a", "a", "a", "b"],
        "d": [*MONTHS, MONTHS[0]],
    }
)
BY = {"entity": "who", "agg_time_dimension": "d"}


def test_an_outcome_is_the_value_that_many_periods_later(audited):
    outcome = {"metric": "delivered", "lag": 1}
    source, metric = audited(ROWS, **BY, outcome=outcome, others={"delivered": {"expr": "y", **BY}})
    panel = source.digest(metric, Panel)
    assert panel.metric.value.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert panel.others["delivered"].value == pytest.approx([20.0, 30.0, np.nan, np.nan], nan_ok=True)
    assert panel.others["delivered"].n.tolist() == [1, 1, 0, 0]
    assert panel.missing == {}


@pytest.mark.parametrize(("granularity", "lag"), [("day", 31), ("week", 4), ("quarter", 1), ("year", 1)])
def test_lags_are_counted_in_reporting_periods(audited, granularity, lag):
    later = {"day": date(2024, 2, 15), "week": date(2024, 2, 12), "quarter": date(2024, 4, 1), "year": date(2025, 1, 1)}
    rows = pa.table({"x": [1.0, 2.0], "d": [MONTHS[0], later[granularity]]})
    by = {"agg_time_dimension": "d", "time_granularity": granularity}
    outcome = {"metric": "later", "lag": lag}
    source, metric = audited(rows, **by, outcome=outcome, others={"later": {"expr": "x", **by}})
    assert source.digest(metric, Panel).others["later"].value == pytest.approx([2.0, np.nan], nan_ok=True)


def test_guardrails_have_their_own_aggregation_and_source_rows(audited):
    source, metric = audited(
        ROWS,
        **BY,
        guardrails=[{"metric": "injuries", "margin": 1}],
        others={"injuries": {"expr": "y", "agg": "sum", "filter": "who = 'a'", **BY}},
    )
    panel = source.digest(metric, Panel)
    assert panel.others["injuries"].agg == "sum"
    assert panel.others["injuries"].value == pytest.approx([10.0, 20.0, 30.0, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("fields", "other", "says"),
    [
        (BY, {"entity": "who"}, "`other` has no `agg_time_dimension`"),
        (BY, {"agg_time_dimension": "d"}, "`other` has no `entity`"),
        ({"agg_time_dimension": "d"}, BY, "`metric` has no `entity`"),
        (BY, {**BY, "time_granularity": "year"}, "`metric` is by month and `other` by year"),
        (BY, {**BY, "entity": "'nobody'"}, "have no cell in common"),
        (BY, {**BY, "expr": "zz"}, "has no column `zz`"),
    ],
)
def test_what_cannot_be_joined_is_said(audited, fields, other, says):
    guardrails = [{"metric": "other", "margin": 1}]
    source, metric = audited(ROWS, **fields, guardrails=guardrails, others={"other": {"expr": "y", **other}})
    panel = source.digest(metric, Panel)
    assert panel.others == {}
    assert says in panel.missing["other"]
    assert panel.metric.n.sum() == 4


def test_a_companion_that_is_not_in_the_register_is_said(audited):
    source, metric = audited(ROWS, guardrails=[{"metric": "nowhere", "margin": 1}])
    assert source.digest(metric, Panel).missing == {"nowhere": "`nowhere` is not a metric of this register"}


def test_without_time_entities_are_joined_and_a_lag_is_refused(audited):
    by, others = {"entity": "who"}, {"other": {"expr": "y", "entity": "who"}}
    source, metric = audited(ROWS, **by, outcome={"metric": "other"}, others=others)
    assert source.digest(metric, Panel).others["other"].value.tolist() == [20.0, 40.0]
    source, metric = audited(ROWS, **by, outcome={"metric": "other", "lag": 2}, others=others)
    assert "2 periods later" in source.digest(metric, Panel).missing["other"]


def test_each_metric_is_asked_once_however_many_want_it(audited):
    source, metric = audited(
        ROWS,
        **BY,
        outcome={"metric": "y"},
        guardrails=[{"metric": "y", "margin": 1}],
        others={"y": {"expr": "y", **BY}},
    )
    source.digest(metric, Panel)
    source.digest(metric, Panel)
    assert len(source.statements) == 4  # two surveys, two panels
