"""Regimes: every cell is under the target, before it, exempt from it, or astride its first day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from pitprop.define.metric import Target
from pitprop.examine.panel_specimen import panel_specimen
from pitprop.examine.regimes import regimes


def target(since: date | None = None, until: date | None = None) -> Target:
    return Target(op="gte", value=1.0, since=since, until=until)


def months(exempt: int = 0):
    panel, _ = panel_specimen(metric=np.ones((2, 12)), others={}, since=6, exempt=exempt, smallest_effect=0.1)
    return panel


def test_months_before_and_under_a_target_add_up_and_the_one_astride_is_in_neither() -> None:
    now, before, exempt = regimes(months(), [target(date(2018, 7, 1))])
    assert (int(before.sum()), int(now.sum()), int(exempt.sum())) == (12, 12, 0)
    now, before, _ = regimes(months(), [target(date(2018, 7, 15))])
    assert (int(before.sum()), int(now.sum())) == (12, 10)


def test_a_target_without_a_first_day_is_over_everything() -> None:
    for targets in ([], [target()], [target(date(2018, 1, 1))], [target(date(2000, 1, 1))]):
        now, before, exempt = regimes(months(), targets)
        assert now.all()
        assert not (before | exempt).any()


def test_exempt_cells_count_while_the_target_is_in_force() -> None:
    now, before, exempt = regimes(months(exempt=1), [target(date(2018, 7, 1), date(2018, 11, 1))])
    assert (int(now.sum()), int(before.sum()), int(exempt.sum())) == (4, 12, 4)
    all_free = replace(months(), exempt=np.ones(24, dtype=bool))
    assert regimes(all_free, [target(date(2018, 7, 1))])[0].all()


def test_weeks_and_days_end_where_they_do() -> None:
    weekly = replace(months(), granularity="week", periods=np.datetime64("2018-01-01") + 7 * np.arange(12))
    now, before, _ = regimes(weekly, [target(date(2018, 1, 15))])
    assert (int(before.sum()), int(now.sum())) == (4, 20)
