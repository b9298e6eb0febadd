"""Remote: a table of a database server, through Ibis; queries run there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pitprop.digest.engine import Answer, Kind, Schema, answer
from pitprop.digest.native import native, order
from pitprop.digest.problem import SourceError, nearest

PATIENCE = 10
"""Seconds that a server may take to let us in."""

_TYPES = {"integer": "int64", "number": "float64", "text": "string", "day": "date"}


def variable(connection: str) -> str:
    """The environment variable that holds a connection's URL."""
    return f"PITPROP_{re.sub(r'[^A-Za-z0-9]', '_', connection).upper()}_URL"


class Remote:
    """One table of a connection. The URL and what is in it are in no message."""

    def __init__(self, backend: Any, *, connection: str, table: str, source: str) -> None:
        self._backend = backend
        self._source = source
        self.where = f"table `{table}` of connection `{connection}`"
        self.notes: Sequence[str] = ()
        *schema, name = table.split(".")
        self.table = ".".join(_quoted(part) for part in (*schema, name))
        self.columns: Mapping[str, Kind] = self._columns(name, ".".join(schema) or None, table)

    def kinds(self, expressions: Sequence[str]) -> tuple[Kind, ...]:
        if not expressions:
            return ()
        listed = ", ".join(f"{e} AS c{i}" for i, e in enumerate(expressions))
        sql = self._native(f"SELECT {listed} FROM {self.table} LIMIT 0")
        with self._said():
            return tuple(_kind(t) for t in self._backend.sql(sql).schema().types)

    def ask(self, sql: str, schema: Schema) -> Answer:
        types = {name: _TYPES[schema[name]] for name in order(sql)}  # Ibis takes them by their place, not by name
        with self._said():
            return answer(self._backend.sql(self._native(sql), schema=types).to_pyarrow(), schema)

    def close(self) -> None:
        self._backend.disconnect()

    def _columns(self, name: str, schema: str | None, shown: str) -> Mapping[str, Kind]:
        import ibis.common.exceptions as exc

        try:
            table = self._backend.table(name, database=schema)
        except exc.TableNotFound:
            raise self._no_table(shown, schema) from None
        except Exception as error:
            raise self._no_columns(error) from None
        return {n: _kind(t) for n, t in table.schema().items()}

    def _no_columns(self, error: Exception) -> SourceError:
        return SourceError(
            f"source `{self._source}` ({self.where}): the server does not show its columns "
            f"({reason(error)}); check that the user may read it",
            source=self._source,
        )

    def _no_table(self, shown: str, schema: str | None) -> SourceError:
        try:
            names = [f"{schema}.{t}" if schema else t for t in self._backend.list_tables(database=schema)]
        except Exception:  # a schema that is not there has no list
            names = []
        return SourceError(
            f"source `{self._source}`: there is no {self.where}, or the user may not see it; "
            f"{nearest(shown, sorted(names))}",
            source=self._source,
            allowed=names,
        )

    def _native(self, sql: str) -> str:
        return native(sql, self._backend.name, self._backend.dialect, getattr(self, "columns", {}))

    def _said(self) -> _Said:
        return _Said(self._source, self.where)


class _Said:
    """Turns whatever a driver raises into a sentence."""

    def __init__(self, source: str, where: str) -> None:
        self._source = source
        self._where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, SourceError):
            raise SourceError(
                f"source `{self._source}` ({self._where}): the server refused the query: {reason(error)}",
                source=self._source,
            ) from None


def open_table(connection: str, table: str, *, source: str, environ: Mapping[str, str]) -> Remote:
    """The table of a named connection, whose URL is in the environment.

    Raises
    ------
    SourceError
        If the variable is not set, the server cannot be reached or refuses the login, or has no such table.
    """
    name = variable(connection)
    url = environ.get(name, "").strip()
    start = f"source `{source}`: connection `{connection}`"
    if not url:
        near = [k for k in environ if k.startswith("PITPROP_") and k.endswith("_URL")]
        known = f"; set are {', '.join(sorted(near))}" if near else ""
        raise SourceError(
            f"{start} needs the environment variable {name} with the URL of the database{known}",
            source=source,
        )
    scheme = re.match(r"^([A-Za-z][A-Za-z0-9+]*)://", url)
    if scheme is None:
        raise SourceError(
            f"{start}: {name} is not a URL such as postgres://user:password@host:5432/database or spark://host:7077",
            source=source,
        )
    kind = scheme.group(1).lower().split("+")[0].replace("postgresql", "postgres")
    opened: type[Remote] = Remote
    backend: Any
    if kind in ("spark", "sc"):
        from pitprop.digest import spark

        backend, opened = spark.connect(url, start=start, variable=name, source=source), spark.SparkTable
    else:
        backend = _backend(kind, url, start=start, variable=name, source=source)
        if kind == "postgres":
            from pitprop.digest.postgres import PostgresTable

            opened = PostgresTable
    try:
        return opened(backend, connection=connection, table=table, source=source)
    except Exception:
        backend.disconnect()
        raise


def _backend(kind: str, url: str, *, start: str, variable: str, source: str) -> Any:
    import ibis

    if kind in ("file", "duckdb", "http", "https", "s3", "sqlite"):
        raise SourceError(
            f"{start}: {variable} has a `{kind}:` address; a connection is a database server, "
            "a file is given as `path`",
            source=source,
        )
    try:
        if kind == "postgres":
            url = re.sub(r"^[A-Za-z0-9+]+://", "postgres://", url)
            backend = ibis.connect(url, connect_timeout=PATIENCE, options="-c default_transaction_read_only=on")
        else:
            backend = ibis.connect(url)
    except Exception as error:
        says = _refusal(str(error), type(error).__name__)
        raise SourceError(f"{start} ({variable}): {says}", source=source) from None
    return backend


def _refusal(text: str, kind: str) -> str:
    """Why a server did not let us in. The driver's words hold hosts and users: they are not passed on."""
    low = text.lower()
    if "password" in low or "authentication" in low or "pg_hba" in low:
        return "the server refuses the login; check the user and the password in the URL"
    if "role" in low and "does not exist" in low:
        return "the server does not know the user; check the user in the URL"
    if "database" in low and "does not exist" in low:
        return "the server has no database of that name; check the end of the URL"
    if any(w in low for w in ("refused", "timeout", "timed out", "resolve", "translate host", "unreachable", "route")):
        return "the server cannot be reached; check host and port in the URL, and that it is running"
    if "too many" in low or "starting up" in low or "shutting down" in low:
        return "the server takes no connections just now; try again later"
    if "ssl" in low or "certificate" in low:
        return "the server and this machine do not agree on encryption; check sslmode in the URL"
    if kind in ("ModuleNotFoundError", "ImportError"):
        return "the driver for this kind of database is not installed; install ibis-framework with it"
    return f"the connection fails ({kind}); check the URL"


def reason(error: Exception) -> str:
    """The first line of what a server says about a query."""
    lines = str(error).splitlines()
    return " ".join((lines[0] if lines else type(error).__name__).split())[:300]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _kind(dtype: Any) -> Kind:
    """Kind of an Ibis type."""
    if dtype.is_integer():
        return Kind.INTEGER
    if dtype.is_float32():
        return Kind.SINGLE
    if dtype.is_numeric() and not dtype.is_boolean():
        return Kind.NUMBER
    if dtype.is_boolean():
        return Kind.BOOLEAN
    if dtype.is_date():
        return Kind.DATE
    if dtype.is_timestamp():
        return Kind.ZONED if dtype.timezone else Kind.TIMESTAMP
    return Kind.TEXT if dtype.is_string() or dtype.is_uuid() else Kind.OTHER
