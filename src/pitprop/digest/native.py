"""A query in the dialect of the engine that answers it.

Queries are written once, in DuckDB's dialect. sqlglot rewrites what it knows to differ; here stands what it does not,
above all where another engine would answer with another number and no error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp, parse_one

from pitprop.digest.engine import Kind

Node = Any
"""A sqlglot node (the library is not typed)."""
Columns = Mapping[str, Kind]
Forms = dict[Any, Callable[[Node, Columns], Node]]

_WHOLE = ("TINYINT", "SMALLINT", "INT", "MEDIUMINT", "BIGINT")
_NUMBER = "^ *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)? *$"
_TEXT = "REGEXP_MATCHES(CAST({{0}} AS TEXT), '{}')"
_POSTGRES_PARTS = {"DAYOFWEEK": "DOW", "DAYOFYEAR": "DOY", "DAYOFWEEKISO": "ISODOW"}
_SPARK_PARTS = {
    "DOW": "(EXTRACT(DAYOFWEEK FROM {0}) - 1)",
    "ISODOW": "EXTRACT(DAYOFWEEK_ISO FROM {0})",
    "DAYOFYEAR": "EXTRACT(DOY FROM {0})",
    "ISOYEAR": "EXTRACT(YEAROFWEEK FROM {0})",
    "EPOCH": "(UNIX_MICROS(CAST({0} AS TIMESTAMP)) / CAST(1000000 AS DOUBLE))",
    "SECOND": "CAST(FLOOR(EXTRACT(SECOND FROM {0})) AS BIGINT)",
    "MILLISECOND": "CAST(FLOOR(EXTRACT(SECOND FROM {0}) * 1000) AS BIGINT)",
    "MICROSECOND": "CAST(FLOOR(EXTRACT(SECOND FROM {0}) * 1000000) AS BIGINT)",
    "DECADE": "CAST(FLOOR(EXTRACT(YEAR FROM {0}) / 10) AS BIGINT)",
    "CENTURY": "CAST(FLOOR((EXTRACT(YEAR FROM {0}) + 99) / 100) AS BIGINT)",
}
_SPARK_PARTS |= {"DAYOFWEEK": _SPARK_PARTS["DOW"], "DAYOFWEEKISO": _SPARK_PARTS["ISODOW"]}


def native(sql: str, engine: str, dialect: Any, columns: Mapping[str, Kind]) -> str:
    """The query in the engine's own dialect.

    Parameters
    ----------
    sql : str
        In DuckDB's dialect; columns of the table in double quotes, those of its subqueries without.
    engine : str
        Ibis's name of the engine: `postgres`, `pyspark`, ...
    dialect
        sqlglot's dialect of it.
    columns : mapping of str to Kind
        The table's columns.
    """
    forms = _ENGINES.get(engine, _POSTGRES)

    def rewrite(node: Node) -> Node:
        for child in list(node.iter_expressions()):
            new = rewrite(child)
            if new is not child:
                child.replace(new)
        for kind, form in forms.items():
            if isinstance(node, kind):
                return form(node, columns)
        return node

    return str(rewrite(parse_one(sql, dialect="duckdb")).sql(dialect=dialect))


def order(sql: str) -> tuple[str, ...]:
    """Names of a query's columns, in the order in which the engine gives them back."""
    return tuple(parse_one(sql, dialect="duckdb").named_selects)


def _postgres_date(node: Node, columns: Columns) -> Node:
    """A function that PostgreSQL has, where sqlglot writes one that it does not have."""
    return exp.Anonymous(this="MAKE_DATE", expressions=[node.args[k] for k in ("year", "month", "day")])


def _postgres_subquery(node: Node, columns: Columns) -> Node:
    """What the survey refers to again and again is reckoned once: OFFSET 0 keeps PostgreSQL from writing it out
    at every place, which made a survey three to five times as slow."""
    if node.alias in ("v", "marked") and isinstance(node.this, exp.Select):
        node.set("this", node.this.offset(0))
    return node


def _postgres_part(node: Node, columns: Columns) -> Node:
    part = node.name.upper()
    if part in ("SECOND", "MILLISECOND", "MICROSECOND"):  # with a fraction there, without one in DuckDB
        unit = part if part == "SECOND" else f"{part}S"
        return exp.Floor(this=exp.Extract(this=exp.var(unit), expression=node.expression))
    named = _POSTGRES_PARTS.get(part)
    return exp.Extract(this=exp.var(named), expression=node.expression) if named else node


def _spark_part(node: Node, columns: Columns) -> Node:
    form = _SPARK_PARTS.get(node.name.upper())
    return node if form is None else _formed(form, node.expression)


def _spark_table(node: Node, columns: Columns) -> Node:
    """`FROM shifts WHERE (ok)` would be the table shifts, called WHERE, with one column called ok."""
    return node if node.alias else exp.alias_(node, "whole", table=True)


def _spark_quantile(node: Node, columns: Columns) -> Node:
    return exp.Anonymous(this="PERCENTILE", expressions=[node.this, node.expression])


def _spark_difference(node: Node, columns: Columns) -> Node:
    """Days between two days; Spark would give an interval."""
    if not (_is_day(node.this) and _is_day(node.expression)):
        return node
    return exp.Anonymous(this="DATEDIFF", expressions=[node.this, node.expression])


def _spark_cast(node: Node, columns: Columns) -> Node:
    """Fractions are rounded where Spark would cut them off; text is read as DuckDB reads it."""
    to = _named(node)
    if to in _WHOLE and _fractional(node.this, columns):
        number = _spark_cast(_cast(node, node.this, "DOUBLE"), columns)
        return _cast(node, exp.Anonymous(this="RINT", expressions=[number]), to)
    if isinstance(node, exp.TryCast) and to in ("DOUBLE", "FLOAT"):  # Java reads 1.5d and 2f as numbers
        return _formed(f"CASE WHEN NOT {_TEXT.format('[0-9.] *[dDfF] *$')} THEN {{1}} END", node.this, node)
    if isinstance(node, exp.TryCast) and to == "DATE":  # and Spark reads 2024 as the first of January
        return _formed(f"CASE WHEN {_TEXT.format('^ *[0-9]+-[0-9]+-[0-9]')} THEN {{1}} END", node.this, node)
    return node


def _postgres_try(node: Node, columns: Columns) -> Node:
    """PostgreSQL has no TRY_CAST: what does not look like a number is NULL. Other types stay an error."""
    to = _named(node)
    if to not in (*_WHOLE, "DOUBLE", "FLOAT", "DECIMAL"):
        return node
    value = exp.cast(exp.cast(node.this, "TEXT"), "DOUBLE")
    return _formed(f"CASE WHEN {_TEXT.format(_NUMBER)} THEN {{1}} END", node.this, exp.Cast(this=value, to=node.to))


def _spark_try_time(node: Node, columns: Columns) -> Node:
    if node.name.lower() != "try_strptime" or len(node.expressions) != 2:
        return node
    value, form = node.expressions
    return exp.Anonymous(this="TRY_TO_TIMESTAMP", expressions=[value, _java(form)])


def _spark_time(node: Node, columns: Columns) -> Node:
    return exp.Anonymous(this="TO_TIMESTAMP", expressions=[node.this, _java(node.args["format"])])


def _java(form: Node) -> Node:
    """A format of strptime in Java's letters; days and months may have one digit where a sign parts them."""
    from sqlglot.dialects import Spark
    from sqlglot.time import format_time

    text = format_time(form.name, Spark.INVERSE_TIME_MAPPING, Spark.INVERSE_TIME_TRIE) or ""
    if not re.search(r"%[a-zA-Z]%", form.name):
        text = re.sub(r"\b(dd|MM|HH|mm|ss)\b", lambda found: found[0][0], text)
    return exp.Literal.string(text)


def _named(cast: Node) -> str:
    return str(getattr(cast.to.this, "name", ""))


def _cast(like: Node, value: Node, to: str) -> Node:
    """A cast of the same kind: one that may fail, or gives NULL."""
    made = type(like)(this=value, to=exp.DataType.build(to))
    if isinstance(like, exp.TryCast):
        made.set("safe", True)
    return made


def _spark_floor(node: Node, columns: Columns) -> Node:
    """Spark's is a whole number of eight bytes; from 2^52 on a number has no fraction anyway."""
    if not _fractional(node.this, columns):
        return node
    return _formed("CASE WHEN ABS({0}) < 4503599627370496 THEN CAST({1} AS DOUBLE) ELSE {0} END", node.this, node)


def _spark_logarithm(node: Node, columns: Columns) -> Node:
    """Of a number that is not positive: an error as elsewhere, where Spark would give NULL."""
    log = exp.Anonymous(this="LOG10", expressions=[node.this]) if isinstance(node, exp.Log) else node
    return _formed(
        "CASE WHEN {0} <= 0 THEN RAISE_ERROR('logarithm of a number that is not positive') ELSE {1} END", node.this, log
    )


def _spark_root(node: Node, columns: Columns) -> Node:
    return _formed(
        "CASE WHEN {0} < 0 THEN RAISE_ERROR('square root of a negative number') ELSE {1} END", node.this, node
    )


def _plain_pattern(node: Node, columns: Columns) -> Node:
    """A backslash in a LIKE pattern is a backslash; elsewhere it would take the meaning from the next sign."""
    pattern = node.expression
    if isinstance(pattern, exp.Literal) and "\\" in pattern.this and not isinstance(node.parent, exp.Escape):
        node.set("expression", exp.Literal.string(pattern.this.replace("\\", "\\\\")))
    return node


def _fractional(inner: Node, columns: Columns) -> bool:
    """Whether it is an expression of the register that may have a fraction."""
    if isinstance(inner, (exp.AggFunc, exp.Floor, exp.Ceil)):
        return False
    named = any(c.this.args.get("quoted") for c in inner.find_all(exp.Column))
    return named and not (isinstance(inner, exp.Column) and columns.get(inner.name) in (Kind.INTEGER, Kind.BOOLEAN))


def _is_day(node: Node) -> bool:
    if isinstance(node, exp.Paren):
        return _is_day(node.this)
    if isinstance(node, exp.Cast):
        return bool(node.to.this == exp.DataType.Type.DATE)
    return isinstance(node, (exp.DateFromParts, exp.LastDay))


def _formed(form: str, *parts: Node) -> Node:
    """The form with each {i} replaced by a part, which is not read again."""
    tree = parse_one(form.format(*(f"part_{i}" for i in range(len(parts)))), dialect="duckdb")
    for column in list(tree.find_all(exp.Column)):
        column.replace(exp.Paren(this=parts[int(column.name.removeprefix("part_"))].copy()))
    return tree


_POSTGRES: Forms = {
    exp.Subquery: _postgres_subquery,
    exp.DateFromParts: _postgres_date,
    exp.Extract: _postgres_part,
    exp.Like: _plain_pattern,
    exp.ILike: _plain_pattern,
    exp.TryCast: _postgres_try,
}
_ENGINES: dict[str, Forms] = {
    "postgres": _POSTGRES,
    "pyspark": {
        exp.Table: _spark_table,
        exp.Extract: _spark_part,
        exp.PercentileCont: _spark_quantile,
        exp.Sub: _spark_difference,
        exp.Cast: _spark_cast,
        exp.StrToTime: _spark_time,
        exp.Anonymous: _spark_try_time,
        exp.Floor: _spark_floor,
        exp.Ceil: _spark_floor,
        exp.Ln: _spark_logarithm,
        exp.Log: _spark_logarithm,
        exp.Sqrt: _spark_root,
        exp.Like: _plain_pattern,
        exp.ILike: _plain_pattern,
    },
}
