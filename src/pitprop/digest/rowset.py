"""Rowset: the rows of one metric as a subquery, each reduced to the few values that every grain needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pitprop.define.metric import Metric, Part, Target
from pitprop.digest.engine import Engine, Kind
from pitprop.digest.portable import portable
from pitprop.digest.problem import GrainError, SourceError, nearest

LARGEST = "1e100"
"""Values from here on count as infinite: their squares could not be summed."""

_NUMBERS = (Kind.INTEGER, Kind.NUMBER, Kind.SINGLE)
_DAY = "(0[1-9]|[12][0-9]|30)"
_DATE = (
    "([0-9]{4}-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|[0-9]{4}-(0[469]|11)-" + _DAY + "|"
    "[0-9]{4}-02-(0[1-9]|1[0-9]|2[0-8])|"
    "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)"
)
_CLOCK = "([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?( ?(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?))?)?"
ISO = f"^{_DATE}{_CLOCK}$"
"""Dates and times as text that are read: ISO 8601, days that exist, with or without an offset from UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rowset:
    """What a metric makes of each row, in SQL (DuckDB's dialect) over the columns of its source.

    `kept`, `counted`, `loads` and `marked` give a subquery with the columns x (the value; a ratio's numerator), w (a
    ratio's denominator), e (entity), d (day), c (what is counted as distinct), g (risk group), z (whether it is
    excluded), l (day of loading) and t0, t1, ... (targets that are expressions), each where the metric has it.
    """

    metric: Metric
    table: str
    x: str
    w: str | None
    e: str | None
    label: str
    """The text of an entity ke (that is e, grouped by), so that the engine groups by what is stored."""
    d: str | None
    c: str | None
    filter: str | None
    g: str | None = None
    group_label: str = ""
    """The text of a risk group kg."""
    z: str | None = None
    l: str | None = None  # noqa: E741
    targets: Mapping[str, str] = field(default_factory=dict)
    """Targets that are expressions: as declared -> name of the column (t0, ...)."""
    target_sql: tuple[str, ...] = ()
    daily: bool = True
    """Whether d is a day, and not the first of January of a year."""
    notes: tuple[str, ...] = ()

    def kept(self) -> str:
        """Subquery of the rows that count."""
        if self.z is None and not self.snapshot:
            return f"{self._usable()} AS kept"
        return f"(SELECT * FROM {self.counted()} WHERE {'z = 0' if self.z else 'TRUE'}) AS kept"

    def counted(self) -> str:
        """Subquery of the rows that count, and those that would but for the exclusion."""
        if not self.snapshot:
            return f"{self._usable()} AS kept"
        dated = f"SELECT u.*, {self._last('l')} AS newest FROM {self._usable()} AS u"
        return f"(SELECT * FROM ({dated}) AS v WHERE l = newest) AS kept"

    def loads(self) -> str:
        """Subquery of the rows that count in any version of the number."""
        demands = ["l IS NOT NULL", *(["z = 0"] if self.z else [])]
        return f"(SELECT * FROM {self._usable()} AS u WHERE {' AND '.join(demands)}) AS kept"

    def marked(self) -> str:
        """Subquery of all rows with s: 0 where the row counts, else the reason why not (order of Rows)."""
        cases = " ".join(f"WHEN NOT ({c}) THEN {s}" for c, s in self._demands())
        if self.filter:
            cases = f"WHEN NOT f THEN 1 {cases}"
        if self.z is None and not self.snapshot:
            return f"(SELECT r.*, CASE {cases} ELSE 0 END AS s FROM ({self._select()}) AS r) AS marked"
        later = f"WHEN s0 = 0 AND l < {self._last('CASE WHEN s0 = 0 THEN l END')} THEN 7 " if self.snapshot else ""
        out = "WHEN s0 = 0 AND z = 1 THEN 6 " if self.z else ""
        first = f"SELECT r.*, CASE {cases} ELSE 0 END AS s0 FROM ({self._select()}) AS r"
        return f"(SELECT q.*, CASE {later}{out}ELSE s0 END AS s FROM ({first}) AS q) AS marked"

    def reasons(self) -> frozenset[int]:
        """What s can be."""
        optional = {1: self.filter is not None, 6: self.z is not None, 7: self.snapshot}
        return frozenset({0, *(s for _, s in self._demands()), *(s for s, there in optional.items() if there)})

    @property
    def snapshot(self) -> bool:
        """Whether each load repeats all rows of an entity and period."""
        return self.metric.revisions is not None and self.metric.revisions.mode == "snapshot"

    @property
    def v(self) -> str:
        """The value of a row: x, or x / w; NULL where w is zero (below 1e-50, the quotient could overflow)."""
        return "x" if self.w is None else "(CASE WHEN ABS(w) > 1e-50 THEN x / w END)"

    @property
    def score(self) -> str:
        """What is summed: x, or for a share whether the row meets the target (NULL: it has none)."""
        if self.metric.agg != "share":
            return "x"
        target = row_target(self.metric)
        t = self.t(target)
        meets = f"CASE WHEN {_meets('x', t, target.op)} THEN 1.0 ELSE 0.0 END"
        if target.fixed is None:
            meets = f"CASE WHEN {t} IS NOT NULL THEN {meets} END"
        return f"CAST({meets} AS DOUBLE)"

    def t(self, target: Target) -> str:
        """A target's value over the subquery's columns."""
        return number(target.fixed) if target.fixed is not None else self.targets[str(target.value)]

    def in_force(self, target: Target) -> str | None:
        """Whether the target is in force on the row's day; None where it always is.

        Raises
        ------
        GrainError
            If the target has dates and the metric has no time.
        """
        if target.since is None and target.until is None:
            return None
        if self.d is None:
            raise GrainError(
                f"metric `{self.metric.name}`: a target has `since` or `until`, but the metric has no "
                "`agg_time_dimension`; declare the column that says when"
            )
        since = [f"d >= {_date(target.since)}"] if target.since else []
        until = [f"d < {_date(target.until)}"] if target.until else []
        return "(" + " AND ".join(since + until) + ")"

    def _usable(self) -> str:
        """Subquery without a name: the rows that meet every demand."""
        inner = self._select() + (f" WHERE {self.filter}" if self.filter else "")
        return f"(SELECT * FROM ({inner}) AS r WHERE {' AND '.join(c for c, _ in self._demands())})"

    def _last(self, of: str) -> str:
        """The last load of the row's entity and period."""
        by = [*(["e"] if self.e is not None else []), *([period(self.metric.time_granularity)] if self.d else [])]
        return f"MAX({of}) OVER ({'PARTITION BY ' + ', '.join(by) if by else ''})"

    def _select(self) -> str:
        parts = {"x": self.x, "w": self.w, "e": self.e, "d": self.d, "c": self.c, "g": self.g, "z": self.z, "l": self.l}
        parts |= {f"t{i}": sql for i, sql in enumerate(self.target_sql)}
        guard = f"CASE WHEN {self.filter} THEN {{}} END" if self.filter else "{}"
        listed = [f"{guard.format(sql)} AS {name}" for name, sql in parts.items() if sql is not None]
        if self.filter:
            listed.append(f"CASE WHEN {self.filter} THEN TRUE ELSE FALSE END AS f")
        return f"SELECT {', '.join(listed)} FROM {self.table}"

    def _demands(self) -> list[tuple[str, int]]:
        """What a row must meet, and the number of the reason where it does not."""
        w = self.w is not None
        out = [
            ("x IS NOT NULL" + (" AND w IS NOT NULL" if w else ""), 2),
            (finite("x") + (f" AND {finite('w')}" if w else ""), 3),
        ]
        if self.e is not None:
            out.append(("e IS NOT NULL", 4))
        if self.d is not None:
            out.append(("d IS NOT NULL", 5))
        if self.snapshot:
            out.append(("l IS NOT NULL", 5))
        return out


def period(granularity: str) -> str:
    """First day of the period of a row's d, in SQL."""
    if granularity == "day":
        return "d"
    return f"CAST(DATE_TRUNC('{granularity}', CAST(d AS TIMESTAMP)) AS DATE)"


def row_target(metric: Metric) -> Target:
    """The target of which `agg: share` is the share: the first `on: row`."""
    return next(t for t in metric.targets if t.on == "row")


def finite(x: str) -> str:
    """Whether a number is neither NaN nor infinite, in SQL.

    A comparison alone does not do: DuckDB answers it from the statistics of a parquet file, and in those NaN
    does not count. The difference of a number from itself has no statistics.
    """
    return f"({x} - {x} = 0 AND ABS({x}) < {LARGEST})"


def number(value: float) -> str:
    """A number in SQL, to the last bit."""
    return f"CAST('{float(value)!r}' AS DOUBLE)"


def rowset(metric: Metric, engine: Engine) -> Rowset:
    """The rowset of a metric over a table.

    Raises
    ------
    SourceError
        If a column is not there, or an expression holds something of the wrong kind.
    ExpressionError
        If an expression is not allowed.
    """
    read = _Reader(metric, engine)
    part_x, part_w = metric.numerator, metric.denominator
    w = c = None
    if part_x is not None and part_w is not None:
        x, w = read.part(part_x, "numerator"), read.part(part_w, "denominator")
    elif metric.agg in ("count", "count_distinct"):
        c = read.sql(metric.expr or "1", "expr")
        x = "1" if metric.expr is None else f"CASE WHEN {c} IS NOT NULL THEN 1 END"
        x = f"CAST({x} AS DOUBLE)"
    else:
        x = read.numeric(metric.expr or "1", "expr")
    expressions = tuple(dict.fromkeys(str(t.value) for t in metric.targets if t.fixed is None))
    return Rowset(
        metric=metric,
        table=engine.table,
        x=x,
        w=w,
        c=c if metric.agg == "count_distinct" else None,
        e=None if metric.entity is None else read.sql(metric.entity, "entity"),
        label="''" if metric.entity is None else read.label(metric.entity, "entity", "ke"),
        d=None if metric.agg_time_dimension is None else read.day(metric.agg_time_dimension),
        filter=None if metric.filter is None else read.condition(metric.filter, "filter"),
        g=None if metric.case_mix is None else read.sql(metric.case_mix, "case_mix"),
        group_label="''" if metric.case_mix is None else read.label(metric.case_mix, "case_mix", "kg"),
        z=None if metric.exclusion is None else _flag(read.condition(metric.exclusion, "exclusion")),
        l=None if metric.revisions is None else read.loaded(metric.revisions.loaded),
        targets={sql: f"t{i}" for i, sql in enumerate(expressions)},
        target_sql=tuple(read.finite(sql) for sql in expressions),
        daily=read.daily,
        notes=(*engine.notes, *read.notes),
    )


class _Reader:
    """Reads the expressions of one metric over one table."""

    def __init__(self, metric: Metric, engine: Engine) -> None:
        self.metric = metric
        self.engine = engine
        self.notes: list[str] = []
        self.daily = True

    def sql(self, declared: str, key: str) -> str:
        def missing(column: str) -> Exception:
            return SourceError(
                f"metric `{self.metric.name}`, `{key}`: {self.engine.where} has no column `{column}`; "
                f"{nearest(column, self.engine.columns)}",
                source=self.metric.source,
                column=column,
                allowed=self.engine.columns,
            )

        return f"({portable(declared, self.engine.columns, missing)})"

    def wrong(self, declared: str, key: str, says: str) -> SourceError:
        return SourceError(
            f"metric `{self.metric.name}`, `{key}`: `{declared}` in {self.engine.where} {says}",
            source=self.metric.source,
            column=declared,
        )

    def kind(self, sql: str) -> Kind:
        return self.engine.kinds([sql])[0]

    def example(self, sql: str) -> str | None:
        """Any value that is not NULL, as text."""
        query = f"SELECT CAST({sql} AS VARCHAR) AS v FROM {self.engine.table} WHERE {sql} IS NOT NULL LIMIT 1"
        found = self.engine.ask(query, {"v": "text"})["v"]
        return str(found[0]) if len(found) else None

    def part(self, part: Part, key: str) -> str:
        if part.agg == "sum":
            return self.numeric(part.expr, key)
        sql = self.sql(part.expr, key)  # COUNT(expr): a row without it adds nothing, but it is there
        return f"CAST(CASE WHEN {sql} IS NOT NULL THEN 1 ELSE 0 END AS DOUBLE)"

    def numeric(self, declared: str, key: str) -> str:
        sql = self.sql(declared, key)
        kind = self.kind(sql)
        if kind in _NUMBERS:
            return f"CAST({sql} AS DOUBLE)"
        if kind is Kind.BOOLEAN:
            return f"CAST(CASE WHEN {sql} THEN 1 WHEN NOT {sql} THEN 0 END AS DOUBLE)"
        example = self.example(sql)
        if example is None:
            return "CAST(NULL AS DOUBLE)"
        raise self.wrong(
            declared,
            key,
            f"holds {kind.value} (such as `{_short(example)}`), not numbers; give a numeric column"
            + (
                ", or write `try_cast(... as double)`: what cannot be read then counts as missing"
                if kind is Kind.TEXT
                else ""
            ),
        )

    def finite(self, declared: str) -> str:
        """A target's value; NULL where it is no finite number."""
        sql = self.numeric(declared, "targets")
        return f"CASE WHEN {finite(sql)} THEN {sql} END"

    def condition(self, declared: str, key: str) -> str:
        sql = self.sql(declared, key)
        kind = self.kind(sql)
        if kind is Kind.BOOLEAN:
            return sql
        if kind in _NUMBERS:
            return f"({sql} <> 0)"
        raise self.wrong(declared, key, f"holds {kind.value}, not true or false; write a comparison such as `x = 'a'`")

    def label(self, declared: str, key: str, name: str) -> str:
        if self.kind(self.sql(declared, key)) in (Kind.NUMBER, Kind.SINGLE):  # 12.0 and 12 are one mine
            short = f"CAST(CAST({name} AS BIGINT) AS VARCHAR)"
            return (
                f"CASE WHEN {name} = FLOOR({name}) AND ABS({name}) < 1e15 THEN {short} ELSE CAST({name} AS VARCHAR) END"
            )
        return f"CAST({name} AS VARCHAR)"

    def loaded(self, declared: str) -> str:
        """The day of loading."""
        kind = self.kind(self.sql(declared, "revisions.loaded"))
        if kind in _NUMBERS:
            raise self.wrong(declared, "revisions.loaded", "holds numbers, not dates; give a column of dates or times")
        return self._day(declared, "revisions.loaded")

    def day(self, declared: str) -> str:
        sql = self.sql(declared, "agg_time_dimension")
        kind = self.kind(sql)
        granularity = self.metric.time_granularity
        if kind in _NUMBERS:
            if granularity != "year":
                raise self.wrong(
                    declared,
                    "agg_time_dimension",
                    "holds numbers, which are read as years only where `time_granularity` is year; "
                    "give a column of dates, or an expression such as `make_date(year, month, 1)`",
                )
            self.daily = False
            year = f"CAST({sql} AS DOUBLE)"
            fits = f"{year} >= 1 AND {year} <= 9998 AND {year} = FLOOR({year})"
            return f"CASE WHEN {fits} THEN MAKE_DATE(CAST({sql} AS INT), 1, 1) END"
        return self._day(declared, "agg_time_dimension")

    def _day(self, declared: str, key: str) -> str:
        sql = self.sql(declared, key)
        kind = self.kind(sql)
        if kind is Kind.TEXT:
            return self._written(declared, sql, key)
        if kind is Kind.ZONED:
            self.notes.append(f"times of `{declared}` have a time zone; days and periods are those of UTC")
            return _within(f"CAST({sql} AT TIME ZONE 'UTC' AS DATE)")
        if kind is Kind.TIMESTAMP:
            return _within(f"CAST({sql} AS DATE)")
        if kind is Kind.DATE:
            return _within(sql)
        if self.example(sql) is None:
            return "CAST(NULL AS DATE)"
        raise self.wrong(declared, key, f"holds {kind.value}, not dates; give a column of dates or times")

    def _written(self, declared: str, sql: str, key: str) -> str:
        """Dates as text: ISO 8601, in UTC; YYYY-MM and YYYY where the period is as long."""
        if self.example(sql) is None:
            return "CAST(NULL AS DATE)"
        text = f"TRIM(CAST({sql} AS VARCHAR))"
        known = {ISO: text}
        if key == "agg_time_dimension" and self.metric.time_granularity in ("month", "quarter", "year"):
            known["^[0-9]{4}-(0[1-9]|1[0-2])$"] = f"{text} || '-01'"
        if key == "agg_time_dimension" and self.metric.time_granularity == "year":
            known["^[0-9]{4}$"] = f"{text} || '-01-01'"
        any_known = "|".join(f"({pattern})" for pattern in known)
        query = (
            f"SELECT CAST({sql} AS VARCHAR) AS v FROM {self.engine.table} "
            f"WHERE REGEXP_MATCHES({text}, '{any_known}') LIMIT 1"
        )
        if not len(self.engine.ask(query, {"v": "text"})["v"]):
            raise self.wrong(
                declared,
                key,
                f"holds text that is no ISO date (such as `{_short(self.example(sql) or '')}`); "
                "write `strptime(column, '%d/%m/%Y')` with the format that it has",
            )
        self.notes.append(f"`{declared}` holds dates as text; times with an offset are taken in UTC")
        cases = " ".join(
            f"WHEN REGEXP_MATCHES({text}, '{pattern}') "
            f"THEN CAST(CAST({value} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS DATE)"
            for pattern, value in known.items()
        )
        return _within(f"(CASE {cases} END)")


def _flag(condition: str) -> str:
    """1 where the condition is true, else 0."""
    return f"CASE WHEN {condition} THEN 1 ELSE 0 END"


def _within(day: str) -> str:
    """The day, or NULL where it lies outside the years 1 to 9998 (infinity among them)."""
    return f"CASE WHEN {day} >= {_date(date(1, 1, 1))} AND {day} < {_date(date(9999, 1, 1))} THEN {day} END"


def _date(day: date) -> str:
    return f"CAST('{day.isoformat()}' AS DATE)"


def _meets(x: str, t: str, op: str) -> str:
    """Whether x meets the target; what differs by 1e-9 of the target is equal to it."""
    near = f"({t}) {{}} (1e-9 * ABS({t}) + 1e-12)"
    return {
        "gte": f"{x} >= {near.format('-')}",
        "gt": f"{x} > {near.format('+')}",
        "lte": f"{x} <= {near.format('+')}",
        "lt": f"{x} < {near.format('-')}",
    }[op]


def _short(text: str) -> str:
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= 40 else text[:37] + "..."
