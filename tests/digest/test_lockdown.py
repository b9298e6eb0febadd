import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pitprop import digest
from pitprop.define.metric import Register
from pitprop.digest import Panel, SourceError
from pitprop.digest.embedded import open_file, open_frame
from pitprop.digest.place import place


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    for where in (folder / "data", folder, tmp_path):
        pq.write_table(pa.table({"x": [1.0, 2.0]}), where / "a.parquet")
    (tmp_path / "secret.csv").write_text("x\n1\n")
    return folder


def reach(folder: Path) -> list[str]:
    outside = folder.parent / "secret.csv"
    return [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
        f"SELECT * FROM read_csv('{outside}')",
        f"SELECT * FROM read_parquet('{folder}/*.parquet')",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
        "SELECT * FROM read_csv('file:///etc/passwd')",
        "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
        f"COPY (SELECT 1) TO '{folder}/out.csv'",
        f"ATTACH '{folder}/other.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "RESET lock_configuration",
        "SET memory_limit = '1TB'",
        "SELECT * FROM os",
        "SELECT getenv('HOME')",
        "PRAGMA enable_logging",
        "EXPORT DATABASE 'x'",
    ]


@pytest.mark.parametrize("form", ["parquet", "csv", "duckdb", "frame"])
def test_a_connection_reaches_its_own_table_and_nothing_else(project, form):
    import duckdb

    if form == "frame":
        engine = open_frame(pa.table({"x": [1.0, 2.0]}), source="s")
    else:
        (project / "a.csv").write_text("x\n1\n2\n")
        with duckdb.connect(str(project / "a.duckdb")) as connection:
            connection.execute("CREATE TABLE t AS SELECT unnest([1.0, 2.0]) AS x")
        engine = open_file(f"a.{form}", folder=project, source="s")
    before = {p: p.stat().st_mtime_ns for p in project.rglob("*") if p.is_file()}
    for sql in reach(project):
        with pytest.raises(duckdb.Error):
            engine._connection.execute(sql).fetchall()
    assert engine.ask(f"SELECT SUM(x) AS s FROM {engine.table}", {"s": "number"})["s"].tolist() == [3.0]
    engine.close()
    assert {p: p.stat().st_mtime_ns for p in project.rglob("*") if p.is_file()} == before


def test_a_duckdb_file_is_opened_for_reading_only(project):
    import duckdb

    with duckdb.connect(str(project / "a.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1.0 AS x")
    engine = open_file("a.duckdb", folder=project, source="s")
    with pytest.raises(duckdb.Error, match="read-only"):
        engine._connection.execute(f"DELETE FROM {engine.table}")
    engine.close()


def test_a_view_of_a_duckdb_file_cannot_reach_out(project):
    import duckdb

    with duckdb.connect(str(project / "a.duckdb")) as connection:
        connection.execute(f"CREATE VIEW v AS SELECT * FROM read_csv('{project.parent / 'secret.csv'}')")
    with pytest.raises(SourceError, match="disabled by configuration"):
        open_file("a.duckdb", folder=project, table="v", source="s")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("../a.parquet", "outside the register's folder"),
        ("/etc/passwd", "outside the register's folder"),
        ("data/../../a.parquet", "outside the register's folder"),
        ("link.parquet", "outside the register's folder"),
        ("linked/a.parquet", "outside the register's folder"),
        ("loop.parquet", "."),
        ("http://host/a.parquet", "`http:` addresses are not read"),
        ("file:///etc/passwd", "`file:` addresses are not read"),
        ("s3://bucket/a.parquet", "`s3:` addresses are not read"),
        ("data:text/csv,x", "`data:` addresses are not read"),
        ("*.parquet", "which could name several files"),
        ("data/[a].parquet", "which could name several files"),
        ("data", "a folder or something else"),
        ("", "empty"),
        ("a\0.parquet", "NUL"),
        ("pipe.csv", "not a file"),
    ],
)
def test_paths_stay_within_the_folder(project, path, says):
    (project / "link.parquet").symlink_to(project.parent / "a.parquet")
    (project / "linked").symlink_to(project.parent)
    (project / "loop.parquet").symlink_to(project / "loop.parquet")
    os.mkfifo(project / "pipe.csv")
    with pytest.raises(SourceError, match=says):
        place(path, folder=project, source="s")


def test_links_within_the_folder_are_followed(project):
    (project / "link.parquet").symlink_to(project / "data" / "a.parquet")
    assert place("link.parquet", folder=project) == (project / "data" / "a.parquet", "parquet")


def test_files_outside_are_read_where_that_is_allowed(project):
    metric = {
        "name": "m",
        "type": "simple",
        "agg": "sum",
        "expr": "x",
        "source": "s",
        "improvement_direction": "neutral",
    }
    declared = Register.model_validate({"version": 1, "sources": {"s": {"path": "../a.parquet"}}, "metrics": [metric]})
    with (
        digest.open(declared, folder=project) as source,
        pytest.raises(SourceError, match="outside the register's folder"),
    ):
        source.digest(declared.metrics[0], Panel)
    with digest.open(declared, folder=project, allow_outside=True) as source:
        assert source.digest(declared.metrics[0], Panel).metric.value.tolist() == [3.0]


def test_importing_digest_loads_no_engine():
    import subprocess
    import sys

    code = (
        "import sys, pitprop, pitprop.digest; "
        "print([m for m in ('duckdb', 'ibis', 'pyarrow', 'pandas', 'python_calamine', 'psycopg') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_local_files_need_no_ibis(project):
    import subprocess
    import sys

    code = (
        "import sys\nfrom pathlib import Path\nfrom pitprop import digest\n"
        f"print(digest.columns(Path({str(project)!r}) / 'a.parquet')[0].rows, "
        "'ibis' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2 False False"
