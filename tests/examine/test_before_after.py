from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from pitprop.define.metric import Target
from pitprop.examine.before_after import before_after
from pitprop.examine.panel_specimen import panel_specimen


def monthly(units=6, periods=24, since=12, exempt=0, values=None):
    grid = np.arange(units * periods, dtype=float).reshape(units, periods) if values is None else values
    panel, brief = panel_specimen(metric=grid, others={}, since=since, exempt=exempt, smallest_effect=1.0)
    return panel, brief.metric.targets


def split(panel, targets, lag=0):
    return before_after(panel, targets, (panel.metric.value,), lag=lag)


def test_a_target_that_starts_with_a_period_divides_all_cells():
    cells = split(*monthly())
    assert (cells.periods_before, cells.periods_after, cells.units, cells.left_out) == (12, 12, 6, 0.0)
    assert not cells.compared
    assert (cells.start[cells.after] >= np.datetime64("2019-01-01")).all()


def test_the_period_in_which_a_target_starts_or_ends_belongs_to_neither_side():
    panel, _ = monthly()
    target = Target(op="gte", value=1.0, since=date(2019, 1, 15), until=date(2019, 11, 20))
    cells = split(panel, (target,))
    assert set(cells.start[~cells.after].astype(str)) == {f"2018-{m:02d}-01" for m in range(1, 13)}
    assert set(cells.start[cells.after].astype(str)) == {f"2019-{m:02d}-01" for m in range(2, 11)}


def test_a_later_value_that_lies_under_the_target_takes_its_cell_out():
    cells = split(*monthly(), lag=3)
    assert (cells.periods_before, cells.periods_after) == (9, 12)


def test_units_without_a_target_are_compared_where_there_are_three_of_them():
    cells = split(*monthly(exempt=3))
    assert cells.compared
    assert len(np.unique(cells.unit[~cells.under])) == 3
    few = split(*monthly(exempt=2))
    assert not few.compared
    assert few.units == 4


def test_a_unit_that_is_there_on_one_side_only_is_left_out_and_counted():
    values = np.arange(144, dtype=float).reshape(6, 24)
    values[2, :12] = np.nan
    cells = split(*monthly(values=values))
    assert cells.units == 5
    assert cells.left_out == pytest.approx(12 / 132)


def test_exempt_periods_of_a_unit_that_came_under_the_target_are_left_out():
    panel, targets = monthly()
    exempt = panel.exempt.copy()
    exempt[(panel.entity == 0) & (panel.period >= 18)] = True
    cells = split(replace(panel, exempt=exempt), targets)
    assert (cells.unit == 0).sum() == 18
    assert not cells.compared


def test_gaps_in_the_calendar_are_counted_as_time():
    panel, targets = monthly(units=1)
    keep = panel.period != 5
    kept = replace(
        panel,
        entity=panel.entity[keep],
        period=panel.period[keep],
        exempt=panel.exempt[keep],
        target=panel.target[keep],
        metric=panel.metric.take(np.flatnonzero(keep)),
    )
    cells = split(kept, targets)
    assert cells.time.tolist() == [t for t in range(24) if t != 5]


@pytest.mark.parametrize("granularity", ["day", "week", "month", "quarter", "year"])
def test_every_granularity_is_divided_at_the_same_place(granularity):
    panel, _ = monthly(units=2)
    first = np.datetime64("2000-01-03")
    months = {"month": 1, "quarter": 3, "year": 12}.get(granularity)
    if months:
        periods = (np.datetime64("2000-01", "M") + months * np.arange(24)).astype("datetime64[D]")
    else:
        periods = first + (7 if granularity == "week" else 1) * np.arange(24)
    panel = replace(panel, periods=periods, granularity=granularity)
    cells = split(panel, (Target(op="gte", value=1.0, since=periods[10].item()),))
    assert (cells.periods_before, cells.periods_after) == (10, 14)
    assert cells.time.tolist() == list(range(24)) * 2


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (Target(op="gte", value=1.0), "declare `since`"),
        (Target(op="gte", value=1.0, since=date(1999, 1, 1)), "outside the data"),
        (Target(op="gte", value=1.0, since=date(2031, 1, 1)), "outside the data"),
        (Target(op="gte", value=1.0, since=date(2018, 3, 1)), "only 2 complete reporting periods before"),
    ],
)
def test_what_cannot_be_divided_is_said_in_a_sentence(target, says):
    panel, _ = monthly()
    assert says in split(panel, (target,))


def test_the_first_target_that_can_be_used_is():
    panel, targets = monthly()
    early = Target(op="gte", value=0.5, since=date(1999, 1, 1))
    assert split(panel, (early, *targets)).since == date(2019, 1, 1)


def test_a_panel_without_time_cannot_be_divided():
    panel, targets = monthly()
    nowhere = replace(panel, periods=np.array(["NaT"], dtype="datetime64[D]"))
    assert "agg_time_dimension" in before_after(nowhere, targets, (panel.metric.value,))


def test_a_panel_without_a_value_cannot_be_divided():
    panel, targets = monthly()
    assert "No unit has the metric" in before_after(panel, targets, (np.full(144, np.nan),))
