"""PostgreSQL: a table of a server. Answers come back as a few long texts, for its driver is slow row by row."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from pitprop.digest.engine import Answer, Kind, Schema, answer
from pitprop.digest.remote import Remote

LINES = 50_000
"""Lines of an answer in one text; PostgreSQL's texts hold at most a gigabyte."""


class PostgresTable(Remote):
    """One table of a PostgreSQL server."""

    def kinds(self, expressions: Sequence[str]) -> tuple[Kind, ...]:
        if not expressions:
            return ()
        listed = ", ".join(f"{e} AS c{i}" for i, e in enumerate(expressions))
        with self._said():
            cursor = self._backend.raw_sql(self._native(f"SELECT {listed} FROM {self.table} LIMIT 0"))
            try:
                registry = self._backend.con.adapters.types
                names = [getattr(registry.get(c.type_code), "name", "") for c in cursor.description]
            finally:
                cursor.close()
        return tuple(_KINDS.get(n, Kind.OTHER) for n in names)

    def ask(self, sql: str, schema: Schema) -> Answer:
        parts = ", ".join(_written(name, kind) for name, kind in schema.items())
        chunks = (
            f"SELECT STRING_AGG(line, CHR(10)) FROM (SELECT CONCAT_WS(',', 1, {parts}) AS line, "
            f"(ROW_NUMBER() OVER () - 1) / {LINES} AS chunk FROM ({self._native(sql)}) AS answer) AS lines "
            "GROUP BY chunk ORDER BY chunk"
        )
        with self._said():
            cursor = self._backend.raw_sql(chunks)
            try:
                texts = [row[0] for row in cursor.fetchall()]
            finally:
                cursor.close()
        return answer(_table("\n".join(texts), schema), schema)


def _written(name: str, kind: str) -> str:
    """A column as it stands in a line: empty for NULL, text in quotes."""
    text = f'CAST(answer."{name}" AS TEXT)'
    if kind == "text":
        text = f"""'"' || REPLACE({text}, '"', '""') || '"'"""
    return f"COALESCE({text}, '')"


def _table(lines: str, schema: Schema) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    types = {"integer": pa.int64(), "number": pa.float64(), "text": pa.string(), "day": pa.date32()}
    columns = {"": pa.int8(), **{name: types[kind] for name, kind in schema.items()}}  # no line is empty
    if not lines:
        return pa.table({name: pa.array([], kind) for name, kind in columns.items()})
    return csv.read_csv(
        io.BytesIO(lines.encode()),
        read_options=csv.ReadOptions(column_names=list(columns)),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=columns, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )


_KINDS = {
    **dict.fromkeys(("int2", "int4", "int8", "oid"), Kind.INTEGER),
    **dict.fromkeys(("float8", "numeric"), Kind.NUMBER),
    "float4": Kind.SINGLE,
    "bool": Kind.BOOLEAN,
    "date": Kind.DATE,
    "timestamp": Kind.TIMESTAMP,
    "timestamptz": Kind.ZONED,
    **dict.fromkeys(("text", "varchar", "bpchar", "uuid", "name", "unknown"), Kind.TEXT),
}
