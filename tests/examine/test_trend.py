"""The trend: one metric over time, all entities together, weighted as its definition says."""

from __future__ import annotations

import numpy as np
import pytest

from pitprop.define.metric import Part, Target
from pitprop.digest.panel import Measure, Panel
from pitprop.examine.specimen import declared
from pitprop.examine.trend import trend

MONTHS = np.array(["2026-01-01", "2026-02-01"], dtype="datetime64[D]")


def panel(measure: Measure, periods=MONTHS) -> Panel:
    """Entities a and b in two periods: cells (a, 1), (a, 2), (b, 1)."""
    return Panel(
        entities=("a", "b"),
        periods=periods,
        granularity="month",
        entity=np.array([0, 0, 1]),
        period=np.array([0, 1, 0]),
        metric=measure,
        exempt=np.zeros(3, dtype=bool),
        target=np.full(3, np.nan),
    )


def measure(agg: str, x=(2.0, 5.0, 30.0), n=(1, 1, 3), w=(10.0, 10.0, 30.0), pivot=0.0, given=None) -> Measure:
    zero = np.zeros(3)
    return Measure(
        agg=agg,
        pivot=pivot,
        n=np.array(n),
        x=np.array(x),
        xx=zero,
        w=np.array(w),
        ww=zero,
        xw=zero,
        given=None if given is None else np.array(given),
    )


@pytest.mark.parametrize(
    ("agg", "values"),
    [
        ("sum", (32.0, 5.0)),
        ("count", (4.0, 1.0)),
        ("average", (8.0, 5.0)),
        ("share", (8.0, 5.0)),
        ("ratio", (0.8, 0.5)),
    ],
)
def test_a_period_is_taken_over_all_its_rows(agg, values):
    drawn = trend(declared(), panel(measure(agg)))
    assert drawn.lines[0].y == pytest.approx(values)
    assert drawn.lines[0].x == ("2026-01-01", "2026-02-01")


def test_sums_about_a_pivot_come_out_as_sums():
    assert trend(declared(), panel(measure("sum", pivot=100.0))).lines[0].y == pytest.approx((432.0, 105.0))


@pytest.mark.parametrize(("agg", "first"), [("min", 2.0), ("max", 9.0)])
def test_extremes_are_the_extremes_of_the_extremes(agg, first):
    drawn = trend(declared(agg=agg), panel(measure(agg, given=(2.0, np.nan, 9.0))))
    assert drawn.lines[0].y == (first, None)


def test_medians_do_not_add():
    assert trend(declared(agg="median"), panel(measure("median", given=(2.0, 5.0, 9.0)))) is None
    alone = Panel(
        entities=("a",),
        periods=MONTHS,
        granularity="month",
        entity=np.array([0, 0, 0])[:2],
        period=np.array([0, 1]),
        metric=measure("median", given=(2.0, 5.0, 9.0)).take(np.array([0, 1])),
        exempt=np.zeros(2, dtype=bool),
        target=np.full(2, np.nan),
    )
    assert trend(declared(agg="median"), alone).lines[0].y == (2.0, 5.0)


def test_without_time_there_is_no_trend():
    one = measure("sum").take(np.array([0]))
    timeless = Panel(
        entities=("a",),
        periods=np.array(["NaT"], dtype="datetime64[D]"),
        granularity="month",
        entity=np.array([0]),
        period=np.array([0]),
        metric=one,
        exempt=np.zeros(1, dtype=bool),
        target=np.full(1, np.nan),
    )
    assert trend(declared(agg_time_dimension=None), timeless) is None


def test_a_target_is_drawn_only_where_it_is_comparable():
    def levels(**changes):
        return [level for level, _ in trend(declared(**changes), panel(measure("average"))).levels]

    parts = {
        "type": "ratio",
        "agg": None,
        "expr": None,
        "numerator": Part(expr="a"),
        "denominator": Part(expr="b"),
    }
    assert levels() == []  # the total of all crews against each crew's target
    assert levels(entity=None) == [7.0]
    assert levels(agg="average") == [7.0]
    assert levels(**parts) == [7.0]
    on_rows = (Target(op="lte", value=15.0, on="row"),)
    assert levels(agg="share", targets=on_rows) == []
    assert levels(agg="average", targets=on_rows) == [15.0]
    assert levels(agg="average", targets=(Target(op="gte", value="quota"),)) == []
