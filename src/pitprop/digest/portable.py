"""Expressions that mean the same on every engine.

An expression is declared once, in DuckDB's dialect. Engines differ in what division by zero gives, in how
`round` treats halves, in the names of date parts: those nodes are written in terms that do not differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

from pitprop.define.expression import ExpressionError, parse
from pitprop.digest.engine import Kind

Node = Any
"""A sqlglot node (the library is not typed)."""

_PARTS = {
    exp.Year: "YEAR",
    exp.Quarter: "QUARTER",
    exp.Month: "MONTH",
    exp.Week: "WEEK",
    exp.Day: "DAY",
    exp.DayOfWeek: "DOW",
    exp.DayOfWeekIso: "ISODOW",
    exp.Hour: "HOUR",
    exp.Minute: "MINUTE",
    exp.TimeToUnix: "EPOCH",
}
_NARROW = (exp.Add, exp.Sub, exp.Mul, exp.Neg)


def portable(sql: str, columns: Mapping[str, Kind], missing: Callable[[str], Exception]) -> str:
    """The expression in DuckDB's dialect with its columns quoted as the engine spells them.

    Parameters
    ----------
    sql : str
        As declared in the register.
    columns : mapping of str to Kind
        The table's columns. A name is found as written, or else without regard to case where only one fits.
    missing : callable
        Makes the exception for a column that is not there.

    Raises
    ------
    ExpressionError
        If the expression is not allowed.
    """

    def rewrite(node: Node) -> Node:
        for child in list(node.iter_expressions()):
            new = rewrite(child)
            if new is not child:
                child.replace(new)
        return _column(node, columns, missing) if isinstance(node, exp.Column) else _same(node, columns)

    return str(rewrite(parse(sql)).sql(dialect="duckdb"))


def spelled(name: str, columns: Mapping[str, Kind]) -> str | None:
    """The table's spelling of a column's name; None where there is none, or several fit equally."""
    if name in columns:
        return name
    fits = [c for c in columns if c.lower() == name.lower()]
    return fits[0] if len(fits) == 1 else None


def _column(node: Node, columns: Mapping[str, Kind], missing: Callable[[str], Exception]) -> Node:
    name = spelled(node.name, columns)
    if name is None:
        raise missing(node.name)
    column: Node = exp.column(exp.to_identifier(name, quoted=True))
    if columns[name] is Kind.SINGLE:  # 22.45 as a 4-byte float is 22.450000762...: go by its shortest decimals
        return _double(exp.cast(column, "VARCHAR"))
    if columns[name] is Kind.INTEGER and isinstance(node.parent, _NARROW):
        return exp.cast(column, "BIGINT")  # a product of two-byte integers would overflow
    return column


def _double(node: Node) -> Node:
    return exp.cast(node, "DOUBLE")


def _unless_zero(node: Node) -> Node:
    return exp.Nullif(this=node, expression=exp.Literal.number(0))


def _same(node: Node, columns: Mapping[str, Kind]) -> Node:
    if isinstance(node, exp.Div):
        return exp.Paren(
            this=exp.Div(this=_double(_bare(node.this)), expression=_unless_zero(_double(_bare(node.expression))))
        )
    if isinstance(node, exp.IntDiv) and any(_has_fraction(part, columns) for part in (node.this, node.expression)):
        raise ExpressionError(
            "divides numbers that may have fractions by `//`, which engines do not do alike; write floor(a / b)"
        )
    if isinstance(node, exp.Mod):  # in brackets: sqlglot would read it otherwise on the way to another engine
        return exp.Paren(this=exp.Mod(this=node.this, expression=_unless_zero(node.expression)))
    if isinstance(node, exp.IntDiv):
        node.set("expression", _unless_zero(node.expression))
        return node
    for kind, part in _PARTS.items():
        if type(node) is kind:
            return _part(part, node.this)
    if isinstance(node, exp.DateAdd) and isinstance(node.expression, exp.Interval):
        return exp.Paren(this=exp.Add(this=node.this, expression=node.expression))
    if isinstance(node, exp.DateDiff):
        return _difference(node)
    if isinstance(node, exp.Sub) and _is_day(node.this, columns) and _is_day(node.expression, columns):
        return exp.Sub(this=exp.cast(node.this, "DATE"), expression=exp.cast(node.expression, "DATE"))
    if isinstance(node, exp.DateFromParts):
        return exp.Anonymous(
            this="MAKE_DATE", expressions=[exp.cast(node.args[k], "INT") for k in ("year", "month", "day")]
        )
    if isinstance(node, exp.Date):
        return exp.cast(node.this, "DATE")
    if isinstance(node, exp.Contains):
        return exp.Paren(
            this=exp.GT(
                this=exp.Anonymous(this="STRPOS", expressions=[node.this, node.expression]),
                expression=exp.Literal.number(0),
            )
        )
    if isinstance(node, exp.Round):
        return _rounded(node)
    if isinstance(node, exp.Log):
        return _logarithm(node)
    return _special(node)


def _bare(node: Node) -> Node:
    return node.this if isinstance(node, exp.Paren) else node


def _part(part: str, value: Node) -> Node:
    return exp.Extract(this=exp.var(part), expression=value)


def _special(node: Node) -> Node:
    """What is not finite: the functions differ in name, and DuckDB answers comparisons with NaN from statistics
    of parquet files in which NaN does not count."""
    name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
    if isinstance(node, exp.IsNan):
        return _read("(LOWER(CAST(CAST({0} AS DOUBLE) AS VARCHAR)) = 'nan')", node.this)
    if isinstance(node, exp.IsInf):
        return _read("(ABS({0}) = CAST('Infinity' AS DOUBLE))", node.this)
    if name == "isfinite" and len(node.expressions) == 1:
        return _read("(CAST({0} AS DOUBLE) - CAST({0} AS DOUBLE) = 0)", node.expressions[0])
    return node


def _is_day(node: Node, columns: Mapping[str, Kind]) -> bool:
    """Whether an expression is a day without a time, as far as can be told from the tree."""
    if isinstance(node, exp.Paren):
        return _is_day(node.this, columns)
    if isinstance(node, exp.Column):
        return columns.get(node.name) is Kind.DATE
    if isinstance(node, exp.Cast):
        return bool(node.to.this == exp.DataType.Type.DATE)
    made = isinstance(node, exp.Anonymous) and node.name.upper() == "MAKE_DATE"
    return made or isinstance(node, (exp.DateFromParts, exp.LastDay))


def _has_fraction(node: Node, columns: Mapping[str, Kind]) -> bool:
    """Whether an expression is a number of a type with fractions, as far as can be told from the tree."""
    if isinstance(node, (exp.Paren, exp.Neg, exp.Abs)):
        return _has_fraction(node.this, columns)
    if isinstance(node, exp.Column):
        return columns.get(node.name) in (Kind.NUMBER, Kind.SINGLE)
    if isinstance(node, exp.Literal):
        return not node.is_string and not str(node.this).isdecimal()
    if isinstance(node, exp.Cast):
        return bool(node.to.this in exp.DataType.REAL_TYPES)
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul, exp.Mod)):
        return _has_fraction(node.this, columns) or _has_fraction(node.expression, columns)
    return isinstance(node, (exp.Div, exp.Floor, exp.Ceil, exp.Round, exp.Sqrt, exp.Ln, exp.Log, exp.Exp))


def _difference(node: Node) -> Node:
    """Boundaries crossed between two times (DuckDB's meaning)."""
    later, earlier = node.this, node.expression
    unit = str(node.args.get("unit") or "DAY").upper().strip("'")
    days = "(CAST({0} AS DATE) - CAST({1} AS DATE))"
    months = (
        "((EXTRACT(YEAR FROM {0}) - EXTRACT(YEAR FROM {1})) * 12 + EXTRACT(MONTH FROM {0}) - EXTRACT(MONTH FROM {1}))"
    )
    quarters = (
        "((EXTRACT(YEAR FROM {0}) - EXTRACT(YEAR FROM {1})) * 4 "
        "+ EXTRACT(QUARTER FROM {0}) - EXTRACT(QUARTER FROM {1}))"
    )
    forms = {
        "DAY": days,
        "MONTH": months,
        "QUARTER": quarters,
        "YEAR": "(EXTRACT(YEAR FROM {0}) - EXTRACT(YEAR FROM {1}))",
        "WEEK": "((CAST(DATE_TRUNC('week', {0}) AS DATE) - CAST(DATE_TRUNC('week', {1}) AS DATE)) // 7)",
    }
    for clock, seconds in {"HOUR": 3600, "MINUTE": 60, "SECOND": 1}.items():
        passed = f"FLOOR(EXTRACT(EPOCH FROM CAST({{}} AS TIMESTAMP)) / {seconds})"
        forms[clock] = f"({passed.format('{0}')} - {passed.format('{1}')})"
    if unit not in forms:
        raise ExpressionError(
            f"counts `{unit.lower()}`, which engines do not do alike",
            allowed=", ".join(u.lower() for u in forms),
        )
    return _read(forms[unit], later, earlier)


def _rounded(node: Node) -> Node:
    """Halves away from zero, whatever the engine's habit; only for a literal number of decimals."""
    decimals = node.args.get("decimals")
    try:
        digits = 0 if decimals is None else int(str(decimals.sql(dialect="duckdb")))
    except ValueError:
        return node
    if abs(digits) > 15:
        return node
    up, down = ("*", "/") if digits >= 0 else ("/", "*")
    scale = f"CAST({10 ** abs(digits)} AS DOUBLE)"
    return _read(f"(SIGN({{0}}) * FLOOR(ABS(CAST({{0}} AS DOUBLE)) {up} {scale} + 0.5) {down} {scale})", node.this)


def _logarithm(node: Node) -> Node:
    if node.expression is None:
        return exp.Log(this=_double(node.this))
    base, value = node.this, node.expression
    if str(base.sql(dialect="duckdb")) == "10":
        return exp.Log(this=_double(value))
    return _read("(LN(CAST({1} AS DOUBLE)) / LN(CAST({0} AS DOUBLE)))", base, value)


def _read(form: str, *parts: Node) -> Node:
    from sqlglot import parse_one

    return parse_one(form.format(*(f"({p.sql(dialect='duckdb')})" for p in parts)), dialect="duckdb")
