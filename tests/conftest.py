"""What tests of several stages share: a PostgreSQL server of their own, and metrics over a frame."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices; threads only get into each other's way
ROOT = Path(__file__).parent.parent
PASSWORD = "canary-8f3a91c7-prop"
"""No message, log or report may ever hold it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker has all the tests of Spark: each worker would start a session of its own."""
    for item in items:
        if item.get_closest_marker("spark") or "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("spark"))


@dataclass(frozen=True)
class Postgres:
    """A running server with one database, `mine`, and one user, `overman`, who needs a password."""

    port: int

    def url(self, *, user: str = "overman", password: str = PASSWORD, database: str = "mine") -> str:
        return f"postgres://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def load(self, name: str, table: Any) -> None:
        """Make a table of a pyarrow table."""
        import psycopg
        import pyarrow as pa

        def kind(t: Any) -> str:
            if pa.types.is_decimal(t):
                return "numeric"
            if pa.types.is_timestamp(t):
                return "timestamptz" if t.tz else "timestamp"
            return {
                "int16": "smallint",
                "int32": "integer",
                "int64": "bigint",
                "float": "real",
                "double": "double precision",
                "bool": "boolean",
                "date32[day]": "date",
            }.get(str(t), "text")

        columns = ", ".join(f'"{f.name}" {kind(f.type)}' for f in table.schema)
        names = ", ".join(f'"{f.name}"' for f in table.schema)
        with psycopg.connect(self.url(), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(f'DROP TABLE IF EXISTS "{name}"')
            cursor.execute(f'CREATE TABLE "{name}" ({columns})')
            with cursor.copy(f'COPY "{name}" ({names}) FROM STDIN') as copy:
                for row in zip(*(c.to_pylist() for c in table.columns), strict=True):
                    copy.write_row(row)


def _programs() -> Path | None:
    """Folder of initdb and pg_ctl; PostgreSQL is installed where it is not there and can be."""
    found = _look()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-q", "postgresql"], check=False, capture_output=True)
        found = _look()
    return found


def _look() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for program in ("pg_ctl", "initdb"):
        where = shutil.which(program)
        folders += [Path(where).resolve().parent] if where else []
    if shutil.which("pg_config"):
        said = subprocess.run(["pg_config", "--bindir"], check=False, capture_output=True, text=True)
        folders.append(Path(said.stdout.strip()))
    return next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


def _port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server that lives as long as the tests."""
    programs = _programs()
    if programs is None:
        says = "PostgreSQL is not on this machine and could not be installed: its engine is NOT tested"
        if os.environ.get("CI"):
            pytest.fail(says)
        pytest.skip(says)
    folder = Path(tempfile.mkdtemp(prefix="pitprop-postgres-"))
    user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        if subprocess.run(["id", "postgres"], check=False, capture_output=True).returncode:
            subprocess.run(["useradd", "--system", "postgres"], check=True)
        shutil.chown(folder, "postgres")
        user = ["runuser", "-u", "postgres", "--"]
    secret = folder / "password"
    secret.write_text(PASSWORD)
    if user:
        shutil.chown(secret, "postgres")
    data, log = folder / "data", folder / "log"

    def call(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*user, str(programs / program), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            timeout=120,
        )
        assert done.returncode == 0, f"{program}: {done.stderr}{log.read_text() if log.exists() else ''}"

    call(
        "initdb", "-D", str(data), "-U", "overman", f"--pwfile={secret}", "--auth=scram-sha-256",
        "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
    )  # fmt: skip
    port = _port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    call("pg_ctl", "-D", str(data), "-l", str(log), "-o", options, "-w", "-t", "60", "start")
    server = Postgres(port=port)
    try:
        import psycopg

        with psycopg.connect(server.url(database="postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE mine")
        yield server
    finally:
        call("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        for _ in range(5):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.2)


@dataclass(frozen=True)
class Spark:
    """A running local session, which `spark://` joins."""

    session: Any
    environ: Mapping[str, str]

    def load(self, name: str, table: Any) -> None:
        """Make a view of a pyarrow table."""
        self.session.createDataFrame(table).createOrReplaceTempView(name)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    """A Spark session that all tests share: it takes some seconds to start."""
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        says = "Java is not on this machine: the Spark engine is NOT tested"
        if os.environ.get("CI"):
            pytest.fail(says)
        pytest.skip(says)
    from pitprop.digest import spark as engine

    folder = tmp_path_factory.mktemp("warehouse")
    small = {"shuffle.partitions": 2, "codegen.wholeStage": "false", "adaptive.enabled": "false"}
    url = f"spark://local[2]?spark.sql.warehouse.dir={folder}&" + "&".join(
        f"spark.sql.{k}={v}" for k, v in small.items()
    )
    backend = engine.connect(url, start="tests", variable="PITPROP_LAKE_URL", source="rows")
    session = backend.session
    backend.disconnect()
    yield Spark(session=session, environ={"PITPROP_LAKE_URL": "spark://"})
    session.stop()


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Makes (source, metric) of a frame and a metric's fields; closes what it opened."""
    from pitprop import digest
    from pitprop.define.metric import Register

    opened: list[Any] = []

    def make(table: object, *, others: Mapping[str, Mapping[str, Any]] | None = None, **fields: Any) -> Any:
        described: dict[str, Any] = {
            "name": "metric",
            "type": "simple",
            "source": "rows",
            "improvement_direction": "increase",
        }
        described |= fields
        if described["type"] == "simple":
            described = {"agg": "average", "expr": "x", **described}
        others_described = [{**described_other(name), **o} for name, o in (others or {}).items()]
        register = Register.model_validate(
            {
                "version": 1,
                "sources": {"rows": {"path": "rows.parquet"}},
                "metrics": [described, *others_described],
            }
        )
        source = digest.open(register, folder=tmp_path, tables={"rows": table})
        opened.append(source)
        return source, register.metrics[0]

    def described_other(name: str) -> dict[str, Any]:
        return {
            "name": name,
            "type": "simple",
            "source": "rows",
            "agg": "average",
            "improvement_direction": "increase",
        }

    yield make
    for source in opened:
        source.close()
