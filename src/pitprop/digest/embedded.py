"""Embedded: local files and frames, read by DuckDB in this process and locked down."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pitprop.digest.engine import Answer, Kind, Schema, answer
from pitprop.digest.frame import frame
from pitprop.digest.place import place
from pitprop.digest.problem import SourceError, nearest
from pitprop.digest.worksheet import worksheet

KEPT = 256 * 2**20
"""A csv file of at most so many bytes is parsed once and kept; a larger one is read again by each query."""
BATCH = 4 * 122_880
"""Rows of a batch that is streamed."""
LINE = 50
"""Bytes of a line of a csv file that is too large to be kept, as far as its number of rows has to be guessed."""
SPILL = "20GB"
"""Most that a query may put on disk."""


class Embedded:
    """One table behind a DuckDB connection of its own, which can read that table and nothing else."""

    def __init__(
        self,
        connection: Any,
        *,
        where: str,
        table: str,
        source: str,
        notes: Sequence[str] = (),
        parquet: Path | None = None,
        size: int | None = None,
    ) -> None:
        self._connection = connection
        self._size, self._guessed = size, size is not None
        self.parquet = parquet
        """The file, where it is one in parquet."""
        self._source = source
        self.where = where
        self.table = table
        self.notes: Sequence[str] = tuple(notes)
        names = [r[0] for r in connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()]
        self.columns: Mapping[str, Kind] = dict(zip(names, self.kinds([_quoted(n) for n in names]), strict=True))

    def kinds(self, expressions: Sequence[str]) -> tuple[Kind, ...]:
        if not expressions:
            return ()
        listed = ", ".join(f"{e} AS c{i}" for i, e in enumerate(expressions))
        found = self._run(f"DESCRIBE SELECT {listed} FROM {self.table}")
        return tuple(_kind(row[1]) for row in found)

    def ask(self, sql: str, schema: Schema) -> Answer:
        return answer(self._run(sql, arrow=True), schema)

    def size(self) -> int:
        """About how many rows the table has, without reading them."""
        if self._size is None:
            found = self._run(f"SELECT COUNT(*) FROM {self.table}")
            self._size = int(found[0][0])
        return self._size

    def count(self) -> int | None:
        """How many rows the table has; None where all would have to be read for it."""
        return None if self._guessed else self.size()

    def stream(self, sql: str) -> Any:
        """The result of a query as a pyarrow.RecordBatchReader.

        Raises
        ------
        SourceError
            If the query cannot be begun. What goes wrong while it runs is an error of Arrow.
        """
        import duckdb

        try:
            return self._connection.sql(sql).to_arrow_reader(BATCH)
        except duckdb.Error as error:
            raise SourceError(
                f"source `{self._source}` ({self.where}): {reason(error)}", source=self._source
            ) from error

    def close(self) -> None:
        self._connection.close()

    def _run(self, sql: str, *, arrow: bool = False) -> Any:
        import duckdb

        try:
            found = self._connection.sql(sql)
            return found.to_arrow_table() if arrow else found.fetchall()
        except duckdb.OutOfMemoryException as error:
            raise SourceError(
                f"source `{self._source}` ({self.where}): the query needs more memory than it may use",
                source=self._source,
            ) from error
        except duckdb.Error as error:
            raise SourceError(
                f"source `{self._source}` ({self.where}): {reason(error)}", source=self._source
            ) from error


def open_file(
    path: str, *, folder: Path, table: str | None = None, source: str = "", allow_outside: bool = False
) -> Embedded:
    """The table in a csv, csv.gz, parquet, xlsx or DuckDB file.

    Raises
    ------
    SourceError
        If the file is not there, may not be read, is not of the format that its name says, or has no such
        table.
    """
    import duckdb

    file, form = place(path, folder=folder, source=source, allow_outside=allow_outside)
    name = f"source `{source}`: " if source else ""
    if table is not None and form in ("csv", "parquet"):
        raise SourceError(f"{name}`{path}` is one table; leave out `table`", source=source)
    where = f"file `{path}`"
    if form == "xlsx":
        arrow, notes = worksheet(file, table, shown=path, source=source)
        return _registered(arrow, where=where, source=source, notes=notes)
    connection = _connect()
    try:
        if form == "duckdb":
            within = _attach(connection, file, table, path=path, source=source)
        else:
            within = _view(connection, file, form)
        _lock(connection)
        return Embedded(
            connection,
            where=where,
            table=within,
            source=source,
            parquet=file if form == "parquet" else None,
            size=file.stat().st_size // LINE if form == "csv" else None,
        )
    except duckdb.Error as error:
        connection.close()
        if isinstance(error, duckdb.PermissionException):
            raise SourceError(f"{name}`{path}` may not be read: {reason(error)}", source=source) from error
        raise SourceError(
            f"{name}`{path}` cannot be read as {_called(form)}: {reason(error)}", source=source
        ) from error
    except SourceError:
        connection.close()
        raise


def open_frame(table: object, *, source: str) -> Embedded:
    """A pandas, polars or pyarrow frame as a table."""
    return _registered(frame(table, source=source), where=f"the frame given for `{source}`", source=source)


def tables(path: str, *, folder: Path, allow_outside: bool = False) -> tuple[str, ...]:
    """Names of the tables of a DuckDB file, each with its schema unless that is `main`."""
    file, _ = place(path, folder=folder, allow_outside=allow_outside)
    connection = _connect()
    try:
        connection.execute(f"ATTACH {_text(str(file))} AS src (READ_ONLY)")
        return tuple(_named(schema, name) for schema, name in _listed(connection))
    finally:
        connection.close()


def reason(error: Exception) -> str:
    """What an engine says, on one line, without its advice on its own options and without the query."""
    text = str(error).split("\n\nLINE ")[0].split("\nLINE ")[0]
    text = text.split("\nPossible Solution")[0].split("\n\n")[0]
    line = " ".join(text.split())
    for prefix in (
        "Invalid Input Error: ",
        "IO Error: ",
        "Conversion Error: ",
        "Binder Error: ",
        "Catalog Error: ",
    ):
        line = line.removeprefix(prefix)
    return line[:300]


def _registered(arrow: Any, *, where: str, source: str, notes: Sequence[str] = ()) -> Embedded:
    import duckdb

    connection = _connect()
    if not arrow.num_columns:
        connection.close()
        raise SourceError(f"source `{source}`: {where} has no columns", source=source)
    try:
        connection.register("frame", arrow)
        _lock(connection)
        return Embedded(connection, where=where, table='"frame"', source=source, notes=notes)
    except duckdb.Error as error:
        connection.close()
        raise SourceError(f"source `{source}`: {where} cannot be read: {reason(error)}", source=source) from error


def _connect() -> Any:
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            "memory_limit": f"{_memory() * 6 // 10 // 2**20}MiB",
            "max_temp_directory_size": SPILL,
            "temp_directory": str(Path(tempfile.gettempdir()) / f"pitprop-{uuid.uuid4().hex}"),
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _memory() -> int:
    """Bytes of memory in this machine, or 4 GiB where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 4 * 2**30


def _lock(connection: Any) -> None:
    """From here on: no other file, no network, no extension, no way back."""
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _view(connection: Any, file: Path, form: str) -> str:
    where = _text(str(file))
    if form == "parquet":
        connection.execute(f"SET allowed_paths = [{where}]")
        connection.execute(f'CREATE VIEW "file" AS SELECT * FROM read_parquet({where})')
        return '"file"'
    zipped = file.name.lower().endswith(".gz")
    size = file.stat().st_size
    if size == 0:
        import duckdb

        raise duckdb.InvalidInputException("the file is empty: not even a line with the names of the columns")
    connection.execute(f"SET allowed_paths = [{where}]")
    read = (
        f"read_csv({where}, header=true, skip=0, comment='', null_padding=false, strict_mode=true, "
        f"sample_size=-1, dateformat='%Y-%m-%d'{', compression=gzip' if zipped else ''})"
    )
    kept = size <= (KEPT // 8 if zipped else KEPT)
    connection.execute(f'CREATE {"TABLE" if kept else "VIEW"} "file" AS SELECT * FROM {read}')
    names = [row[0] for row in connection.execute('DESCRIBE "file"').fetchall()]
    if len(names) == 1 and any(sign in names[0] for sign in ",;\t|"):
        import duckdb

        raise duckdb.InvalidInputException(
            "the file has lines with more or fewer columns than its first, which names them"
        )
    return '"file"'


def _attach(connection: Any, file: Path, table: str | None, *, path: str, source: str) -> str:
    connection.execute(f"ATTACH {_text(str(file))} AS src (READ_ONLY)")
    found = _listed(connection)
    names = [_named(*f) for f in found]
    name = f"source `{source}`: " if source else ""
    if table is None and len(found) == 1:
        table = names[0]
    if table is None:
        raise SourceError(
            f"{name}`{path}` has {len(names)} tables; name one with `table`. {nearest('', names)}",
            source=source,
            allowed=names,
        )
    fits = [f for f, n in zip(found, names, strict=True) if n == table or f"main.{n}" == table]
    if not fits:
        raise SourceError(
            f"{name}`{path}` has no table `{table}`; {nearest(table, names)}", source=source, allowed=names
        )
    return ".".join(_quoted(part) for part in ("src", *fits[0]))


def _listed(connection: Any) -> list[tuple[str, str]]:
    return list(
        connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'src' UNION ALL "
            "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'src' AND NOT internal "
            "ORDER BY ALL"
        ).fetchall()
    )


def _named(schema: str, name: str) -> str:
    return name if schema == "main" else f"{schema}.{name}"


def _called(form: str) -> str:
    return {"csv": "a csv file in UTF-8", "parquet": "a parquet file", "duckdb": "a DuckDB file"}[form]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


_KINDS = {
    **dict.fromkeys(
        (
            "TINYINT",
            "SMALLINT",
            "INTEGER",
            "BIGINT",
            "UTINYINT",
            "USMALLINT",
            "UINTEGER",
            "UBIGINT",
            "HUGEINT",
        ),
        Kind.INTEGER,
    ),
    "UHUGEINT": Kind.INTEGER,
    "DOUBLE": Kind.NUMBER,
    "FLOAT": Kind.SINGLE,
    "BOOLEAN": Kind.BOOLEAN,
    "DATE": Kind.DATE,
    "VARCHAR": Kind.TEXT,
    "UUID": Kind.TEXT,
    "TIMESTAMP WITH TIME ZONE": Kind.ZONED,
}


def _kind(type_name: str) -> Kind:
    if type_name.endswith("]") or type_name.startswith(("STRUCT", "MAP", "UNION")):
        return Kind.OTHER
    if type_name in _KINDS:
        return _KINDS[type_name]
    if type_name.startswith("DECIMAL"):
        return Kind.NUMBER
    if type_name.startswith("TIMESTAMP"):
        return Kind.TIMESTAMP if "TIME ZONE" not in type_name else Kind.ZONED
    return Kind.TEXT if type_name.startswith("ENUM") else Kind.OTHER
