"""Spark: a table of a Spark session, local, on a cluster, or behind Spark Connect.

A session that already runs in this process is joined; otherwise one is started, which takes some seconds and then
lives as long as the process, so that the next audit does not pay again. While a table is open the session counts time
in UTC and refuses overflow and division by zero (ANSI mode); what it had before is put back afterwards.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import socket
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from pitprop.digest.engine import Answer, Kind, Schema, answer
from pitprop.digest.problem import SourceError
from pitprop.digest.remote import PATIENCE, Remote

FORMS = "spark:// (the session that runs already), spark://local[4], spark://host:7077, spark://yarn or sc://host:15002"
"""What a URL may look like."""
_PLACE = r"|local(\[([0-9]+|\*)(, *[0-9]+)?\])?|yarn|[A-Za-z0-9._-]+(:[0-9]{1,5})?"
_FIXED = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}
_SMALL = {"spark.sql.shuffle.partitions": "8"}
_QUIET = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.app.name": "pitprop"}
_LOGGER = "SQLQueryContextLogger"
"""PySpark prints every refused query with its Java stack through it; the refusal is our sentence."""


class SparkTable(Remote):
    """One table of a Spark session."""

    def kinds(self, expressions: Sequence[str]) -> tuple[Kind, ...]:
        if not expressions:
            return ()
        listed = ", ".join(f"{e} AS c{i}" for i, e in enumerate(expressions))
        with self._said():
            return tuple(self._shown(f"SELECT {listed} FROM {self.table} LIMIT 0").values())

    def ask(self, sql: str, schema: Schema) -> Answer:
        with self._said(), _muted():
            return answer(self._backend.raw_sql(self._native(sql)).toArrow(), schema)

    def close(self) -> None:
        self._backend.disconnect()

    def _columns(self, name: str, schema: str | None, shown: str) -> Mapping[str, Kind]:
        try:
            return self._shown(f"SELECT * FROM {self.table} LIMIT 0")
        except Exception as error:
            if "TABLE_OR_VIEW_NOT_FOUND" in str(error) or "SCHEMA_NOT_FOUND" in str(error):
                raise self._no_table(shown, schema) from None
            raise self._no_columns(error) from None

    def _shown(self, sql: str) -> Mapping[str, Kind]:
        with _muted():
            fields = self._backend.raw_sql(self._native(sql)).schema.fields
        return {f.name: _kind(f.dataType.typeName()) for f in fields}


class _Backend:
    """Ibis's backend over a session that is given back as it was found."""

    def __init__(self, session: Any) -> None:
        import ibis

        self._key = id(session)
        self.session = session
        if self._key not in _lent:
            before = {key: session.conf.get(key, None) for key in (*_FIXED, "spark.sql.mapKeyDedupPolicy")}
            _lent[self._key] = [0, before]
        _lent[self._key][0] += 1
        self._ibis = ibis.pyspark.connect(session)  # sets the time zone too
        for key, value in _FIXED.items():
            session.conf.set(key, value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ibis, name)

    def disconnect(self) -> None:
        lent = _lent.get(self._key)
        if lent is None:
            return
        lent[0] -= 1
        if lent[0] > 0:
            return
        del _lent[self._key]
        for folder in _made:
            with contextlib.suppress(OSError):  # there are tables in it, or it was never made
                folder.rmdir()
        with contextlib.suppress(Exception):  # a session that has ended meanwhile needs nothing put back
            for key, value in lent[1].items():
                if value is None:
                    self.session.conf.unset(key)
                else:
                    self.session.conf.set(key, value)


_lent: dict[int, list[Any]] = {}
"""Sessions in use by id: how many tables are open, and the settings before the first."""
_made: list[Path] = []
"""Where Spark, started here, makes an empty folder for tables that nobody asked for."""


def connect(url: str, *, start: str, variable: str, source: str) -> _Backend:
    """A connection to the session that a URL names.

    Parameters
    ----------
    url : str
        One of `FORMS`; settings follow as `?spark.sql.warehouse.dir=/data/warehouse&...` (not for sc://).
    start, variable, source : str
        Beginning of a message, the variable that holds the URL, and the register's source.

    Raises
    ------
    SourceError
        If PySpark or Java is missing, the URL is of no known form, or Spark cannot be reached or does not start.
    """

    def refuse(says: str) -> SourceError:
        return SourceError(f"{start} ({variable}): {says}", source=source)

    scheme, _, rest = url.partition("://")
    remote = scheme.lower() == "sc"
    place, _, query = rest.partition("?")
    place = unquote(place.rstrip("/")) if not remote else place.partition("/")[0]
    options = {} if remote else dict(parse_qsl(query))
    wrong = [key for key in options if not key.startswith("spark.")]
    if wrong or (remote and not place) or not re.fullmatch(_PLACE, place):
        raise refuse(f"the URL of a Spark connection is {FORMS}; settings after `?` begin with `spark.`")
    lacking = _lacking(remote=remote)
    if lacking:
        raise refuse(lacking)
    host, _, port = place.partition(":")
    if port:
        _knock(host, int(port), refuse)
    try:
        return _Backend(_session(url if remote else None, place, options, refuse))
    except SourceError:
        raise
    except Exception as error:
        raise refuse(_refusal(str(error))) from None


def _lacking(*, remote: bool) -> str:
    """What is not installed, in a sentence; empty where nothing is."""
    if find_spec("pyspark") is None or find_spec("pandas") is None:
        return "Spark needs PySpark, which is not installed; pip install 'pitprop[spark]'"
    if remote:
        there = find_spec("grpc") is not None
        return "" if there else "Spark Connect needs packages of its own; pip install 'pyspark[connect]'"
    home = os.environ.get("JAVA_HOME")
    java = Path(home) / "bin" / "java" if home else shutil.which("java")
    if java is None or not Path(java).exists():
        return "Spark needs Java 17 or later, which is not found; install it, or set JAVA_HOME to where it is"
    return ""


def _knock(host: str, port: int, refuse: Any) -> None:
    """Spark itself would try for minutes."""
    try:
        socket.create_connection((host, port), timeout=PATIENCE).close()
    except OSError:
        raise refuse("Spark cannot be reached; check host and port in the URL, and that it is running") from None


def _session(remote: str | None, master: str, options: Mapping[str, str], refuse: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about versions of pandas
        import ibis.backends.pyspark  # noqa: F401
        from pyspark.sql import SparkSession
    if remote is not None:
        return SparkSession.builder.remote(remote).getOrCreate()
    running = SparkSession.getActiveSession()
    master = f"spark://{master}" if ":" in master else master
    if running is not None:
        differs = any(running.conf.get(key, None) != value for key, value in options.items())
        if differs or (master and running.sparkContext.master != master):
            raise refuse(
                "this process already has a Spark session with other settings, and can have no second one; "
                "write spark:// to use it"
            )
        return running
    builder = SparkSession.builder
    settings = {**_QUIET, **(_SMALL if master.startswith("local") else {}), **options, **_FIXED}
    if master:
        builder = builder.master(master)
    for key, value in settings.items():
        builder = builder.config(key, value)
    warehouse = Path.cwd() / "spark-warehouse"
    if not warehouse.exists():
        _made.append(warehouse)
    with _silent():
        return builder.getOrCreate()


def _refusal(text: str) -> str:
    low = text.lower()
    if "java_gateway_exited" in low or "unsupportedclassversion" in low or "java gateway" in low:
        return "Spark did not start; it needs Java 17 or later (`java -version` tells yours), and room in memory"
    if "master" in low and "could not" in low:
        return f"the URL names no Spark; it is {FORMS}"
    if any(word in low for word in ("refused", "unavailable", "unresponsive", "timed out", "resolve")):
        return "Spark cannot be reached; check host and port in the URL, and that it is running"
    return f"Spark does not start; check the URL, which is {FORMS}"


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Java inherits where its messages go to when it is started: nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    kept = [(fd, os.dup(fd)) for fd in (1, 2)]
    try:
        for fd, _ in kept:
            os.dup2(nowhere, fd)
        yield
    finally:
        for fd, copy in kept:
            os.dup2(copy, fd)
            os.close(copy)
        os.close(nowhere)


@contextlib.contextmanager
def _muted() -> Iterator[None]:
    logger = logging.getLogger(_LOGGER)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _kind(type_name: str) -> Kind:
    return _KINDS.get(type_name.partition("(")[0], Kind.OTHER)


_KINDS = {
    **dict.fromkeys(("byte", "short", "integer", "long"), Kind.INTEGER),
    **dict.fromkeys(("double", "decimal"), Kind.NUMBER),
    "float": Kind.SINGLE,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "timestamp": Kind.ZONED,
    "timestamp_ntz": Kind.TIMESTAMP,
    **dict.fromkeys(("string", "varchar", "char"), Kind.TEXT),
}
