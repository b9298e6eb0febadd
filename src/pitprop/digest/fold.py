"""Fold: several queries about one table as one query, which reads the table once.

The queries of survey.py, cells.py, calendar.py and tally.py have one form: subqueries within each other, each of one
SELECT, with a WHERE here and there and a GROUP BY outermost. They are laid upon each other subquery by subquery; what
several reckon is reckoned once. A demand that not all of them have goes from WHERE into their sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp, parse_one

from pitprop.digest.engine import Answer, Schema

Node = Any
"""A sqlglot node (the library is not typed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One query in place of several."""

    sql: str
    schema: Schema
    names: tuple[Mapping[str, str], ...]
    """For each query: its column -> the fold's."""
    lines: tuple[str | None, ...]
    """For each query: the column with the number of its rows in a line of the answer; None: every line is its."""

    def part(self, i: int, found: Answer) -> Answer:
        """The answer of one query in that of the fold."""
        counted = self.lines[i]
        there = slice(None) if counted is None else found[counted] > 0
        return {name: found[mine][there] for name, mine in self.names[i].items()}


def fold(queries: Sequence[tuple[str, Schema]]) -> Fold | None:
    """The queries as one; None where they do not fit together.

    Parameters
    ----------
    queries : sequence of (str, Schema)
        In DuckDB's dialect; columns of the table in double quotes, those of subqueries without. They fit where they
        have the same table, the same depth and the same GROUP BY.
    """
    nested = [_levels(parse_one(sql, dialect="duckdb")) for sql, _ in queries]
    if len({_shape(levels) for levels in nested}) > 1:
        return None
    folding = _Folding([_Folded() for _ in queries])
    source = _table(nested[0][0])
    for selects in zip(*(levels[:-1] for levels in nested), strict=True):
        source = f"({folding.inner(selects, source)}) AS {_alias(selects[0])}"
    return folding.outer([levels[-1] for levels in nested], source, [schema for _, schema in queries])


@dataclass(slots=True)
class _Folded:
    """One of the queries, as far as it has been laid upon the others."""

    names: dict[str, str] = field(default_factory=dict)
    """Its columns at this depth -> the fold's."""
    kept: str | None = None
    """The fold's column that is 1 in its rows; None: all rows are its."""


class _Folding:
    """Lays queries upon each other, innermost first."""

    def __init__(self, queries: Sequence[_Folded]) -> None:
        self.queries = queries
        self._names = 0

    def inner(self, selects: Sequence[Node], source: str) -> str:
        """One subquery for those of all."""
        listed: dict[str, str] = {}
        where, own = self._demands(selects)
        carries = _carries(selects[0])
        for query, select, demands in zip(self.queries, selects, own, strict=True):
            names = dict(query.names) if carries else {}
            for item in select.expressions:
                if not item.is_star:
                    names[item.alias_or_name] = self._listed(listed, _renamed(item.unalias(), query.names))
            if demands:
                demands = [f"{query.kept} = 1"] * (query.kept is not None) + demands
                query.kept = self._listed(listed, f"CASE WHEN {' AND '.join(demands)} THEN 1 END")
            elif query.kept is not None and not carries:
                query.kept = self._listed(listed, query.kept)
            query.names = names
        shown = [f"{text} AS {name}" for text, name in listed.items()]
        if carries:
            shown = [f"{_from(selects[0]).alias}.*", *shown]
        return f"SELECT {', '.join(shown)} FROM {source}{where}"

    def outer(self, selects: Sequence[Node], source: str, schemas: Sequence[Schema]) -> Fold | None:
        """The whole; None where the queries are grouped by different things."""
        where, own = self._demands(selects)
        by = {self._by(query, select) for query, select in zip(self.queries, selects, strict=True)}
        if len(by) > 1 or any(own) or any(select.args.get("having") for select in selects):
            return None
        listed: dict[str, str] = {}
        schema: dict[str, str] = {}
        names: list[dict[str, str]] = []
        lines: list[str | None] = []
        for query, select, kinds in zip(self.queries, selects, schemas, strict=True):
            mine = {}
            for item in select.expressions:
                text = _renamed(item.unalias(), query.names, query.kept)
                name = mine[item.alias_or_name] = self._listed(listed, text)
                schema[name] = kinds[item.alias_or_name]
            names.append(mine)
            lines.append(None)
            if query.kept is not None:
                lines[-1] = name = self._listed(listed, f"CAST(COUNT({query.kept}) AS BIGINT)")
                schema[name] = "integer"
        shown = ", ".join(f"{text} AS {name}" for text, name in listed.items())
        sql = f"SELECT {shown} FROM {source}{where}{by.pop()}"
        return Fold(sql=sql, schema=schema, names=tuple(names), lines=tuple(lines))

    def _demands(self, selects: Sequence[Node]) -> tuple[str, list[list[str]]]:
        """WHERE with the demands that all have, and those of each that not all have."""
        each: list[list[str]] = []
        for query, select in zip(self.queries, selects, strict=True):
            where = select.args.get("where")
            parts = (
                [] if where is None else list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]
            )
            each.append([_renamed(part, query.names) for part in parts])
        shared = [part for part in each[0] if all(part in others for others in each)]
        own = [[f"({part})" for part in parts if part not in shared] for parts in each]
        return (f" WHERE {' AND '.join(f'({part})' for part in shared)}" if shared else ""), own

    def _by(self, query: _Folded, select: Node) -> str:
        group = select.args.get("group")
        if group is None:
            return ""
        return f" GROUP BY {', '.join(_renamed(key, query.names) for key in group.expressions)}"

    def _listed(self, listed: dict[str, str], text: str) -> str:
        """The name of an expression, which gets one where it has none yet."""
        if text not in listed:
            self._names += 1
            listed[text] = f"f{self._names}"
        return listed[text]


def _levels(select: Node) -> list[Node]:
    """The SELECTs within each other, innermost first."""
    within = _from(select)
    return [*_levels(within.this), select] if isinstance(within, exp.Subquery) else [select]


def _from(select: Node) -> Node:
    return (select.args.get("from_") or select.args["from"]).this


def _parts(select: Node) -> list[Node]:
    """What its WHERE demands, one by one."""
    where = select.args.get("where")
    if where is None:
        return []
    return list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]


def _table(select: Node) -> str:
    return str(_from(select).sql(dialect="duckdb"))


def _alias(select: Node) -> str:
    return str(select.parent.alias)


def _shape(levels: Sequence[Node]) -> tuple[object, ...]:
    """What queries must have alike to be folded."""
    return (_table(levels[0]), *(_carries(select) for select in levels), *(_alias(select) for select in levels[:-1]))


def _carries(select: Node) -> bool:
    """Whether all columns of the subquery within are handed on."""
    return any(item.is_star for item in select.expressions)


def _renamed(node: Node, names: Mapping[str, str], kept: str | None = None) -> str:
    """The expression over the fold's columns; its sums are of the rows in which `kept` is 1."""

    def rename(part: Node) -> Node:
        if isinstance(part, exp.Column) and not part.this.quoted:
            return exp.column(names[part.name])
        return part

    node = node.copy().transform(rename)
    if kept is not None:
        for total in list(node.find_all(exp.AggFunc)):
            of = "1" if isinstance(total.this, exp.Star) else total.this.sql(dialect="duckdb")
            total.set("this", parse_one(f"CASE WHEN {kept} = 1 THEN {of} END", dialect="duckdb"))
    return str(node.sql(dialect="duckdb"))
