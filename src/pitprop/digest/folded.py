"""Folded: what will be asked about several metrics of a server's table, asked in a few queries instead of many.

One survey for the metrics of a table, one grouping for those with the same entity, time and filter, one by day, and one
distribution for all targets of a metric that are numbers. What comes out are answers to the single queries; where a
folded query fails, the single ones are put, and tell which metric is at fault.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Sequence
from functools import cache
from typing import Protocol

from pitprop.define.metric import Metric, Register
from pitprop.digest import calendar, cells, survey, tally
from pitprop.digest.companions import unjoinable
from pitprop.digest.engine import Answer, Engine, Schema
from pitprop.digest.fold import Fold, fold
from pitprop.digest.rowset import Rowset, rowset
from pitprop.digest.survey import Survey
from pitprop.errors import PitpropError

MOST = 6
"""Metrics in one query at most: servers have bounds on what they compile and on columns."""

Query = tuple[str, Schema]


class Learning(Engine, Protocol):
    """An engine that can be told answers."""

    def learn(self, sql: str, found: Callable[[], Answer | None]) -> None: ...

    def knows(self, sql: str) -> bool:
        """Whether the answer to a query is there, or has been told."""
        ...


def learn_all(engine: Learning, metric: Metric, register: Register, expected: Container[str]) -> None:
    """Learn what will be asked about the metrics of a table that are expected, and about those that they rest on.

    Parameters
    ----------
    metric : Metric
        The one that is asked for; nothing is learned where it has been.
    expected : container of str
        Names of the metrics that will be examined.
    """
    jobs = [(rows, daily) for m, daily in _wanted(metric, register, expected) if (rows := _rows(m, engine)) is not None]
    jobs = [(rows, daily) for rows, daily in jobs if not engine.knows(survey.query(rows)[0])]
    _learn(engine, [survey.query(rows) for rows, _ in jobs])
    found = [(rows, first, daily) for rows, daily in jobs if (first := _surveyed(rows, engine)) is not None]
    adding = [(rows, first, daily) for rows, first, daily in found if rows.metric.agg not in cells.GIVEN]
    for alike in _alike(adding, lambda rows: (rows.e, rows.d, rows.filter, rows.metric.time_granularity)):
        _learn(engine, [cells.query(rows, first) for rows, first, _ in alike])
    timed = [job for job in adding if job[2] and _by_day(job[0])]
    for alike in _alike(timed, lambda rows: (rows.d, rows.filter, _exempting(rows))):
        _learn(engine, [calendar.query(rows, first) for rows, first, _ in alike])


def learn_values(engine: Learning, rows: Rowset, first: Survey) -> None:
    """Learn the distributions of a metric's values by each target that is a number, and by none."""
    fixed = [t for t in rows.metric.targets if t.on == "row" and t.fixed is not None]
    if not fixed or not _foldable(rows):
        return
    grid = tally.row_grid(rows, first, engine, None)
    paired = first.counts and first.denominator <= tally.PAIRS
    aimed = [(None, grid), *((target, grid.towards(target.op)) for target in fixed)]
    alike = [(target, side) for target, side in aimed if side == grid]  # one grouping has one set of positions
    queries = [tally.query(rows, first, side, target, paired=paired) for target, side in alike]
    if not engine.knows(queries[0][0]):
        _learn(engine, queries)


def _wanted(metric: Metric, register: Register, expected: Container[str]) -> list[tuple[Metric, bool]]:
    """Metrics of the table, each before its companions, and whether they will be asked for by day."""
    out: dict[str, tuple[Metric, bool]] = {}
    examined = [m for m in register.metrics if m.name in expected and m.name != metric.name]
    for each in [metric] * (metric.name in expected) + examined:
        out[each.name] = each, True
        for other, lag in _companions(each, register):
            if not unjoinable(each, other, lag) and other.name not in out:
                out[other.name] = other, other.name in expected or not other.targets
    return [job for job in out.values() if job[0].source == metric.source]


def _companions(metric: Metric, register: Register) -> Iterator[tuple[Metric, int]]:
    """What a metric's panel is joined with, and how many periods later."""
    named = dict.fromkeys((*(g.metric for g in metric.guardrails), *metric.competing), 0)
    if metric.outcome is not None:
        named[metric.outcome.metric] = metric.outcome.lag
    for other in register.metrics:
        if other.name in named:
            yield other, named[other.name]


def _rows(metric: Metric, engine: Engine) -> Rowset | None:
    try:
        rows = rowset(metric, engine)
    except PitpropError:  # told when the metric is asked for
        return None
    return rows if _foldable(rows) else None


def _foldable(rows: Rowset) -> bool:
    return rows.metric.exclusion is None and rows.metric.revisions is None


def _surveyed(rows: Rowset, engine: Engine) -> Survey | None:
    try:
        return survey.survey(rows, engine)
    except PitpropError:
        return None


def _by_day(rows: Rowset) -> bool:
    try:
        calendar.refuse(rows)
    except PitpropError:
        return False
    return True


def _exempting(rows: Rowset) -> str | None:
    """The expression by which days are told apart; None: there is none."""
    judged = cells.judged_target(rows.metric)
    return None if judged is None or judged.fixed is not None else rows.targets[str(judged.value)]


Job = tuple[Rowset, Survey, bool]


def _alike(jobs: Sequence[Job], key: Callable[[Rowset], object]) -> list[list[Job]]:
    out: dict[object, list[Job]] = {}
    for job in jobs:
        out.setdefault(key(job[0]), []).append(job)
    return list(out.values())


def _learn(engine: Learning, queries: Sequence[Query]) -> None:
    """Learn the answers to queries that can be folded; they are asked for with the first of them."""
    different = list({sql: (sql, schema) for sql, schema in queries if not engine.knows(sql)}.values())
    queries_at_once = math.ceil(len(different) / math.ceil(len(different) / MOST)) if different else MOST
    for start in range(0, len(different), queries_at_once):
        some = different[start : start + queries_at_once]
        folded = fold(some) if len(some) > 1 else None
        if folded is None:
            continue
        ask = _asking(engine, folded)
        for i, (sql, _) in enumerate(some):
            engine.learn(sql, _part(folded, i, ask))


def _asking(engine: Engine, folded: Fold) -> Callable[[], Answer | None]:
    @cache
    def ask() -> Answer | None:
        try:
            return engine.ask(folded.sql, folded.schema)
        except PitpropError:  # the single query says which metric it is
            return None

    return ask


def _part(folded: Fold, i: int, ask: Callable[[], Answer | None]) -> Callable[[], Answer | None]:
    def found() -> Answer | None:
        answer = ask()
        return None if answer is None else folded.part(i, answer)

    return found
