import gzip
import socket

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pitprop import digest
from pitprop.define.metric import Register
from pitprop.digest import Distribution, Panel, Rows, SourceError
from pitprop.errors import PitpropError

M = {"name": "m", "type": "simple", "agg": "average", "expr": "x", "source": "s", "improvement_direction": "increase"}


def register(source: dict, **fields) -> Register:
    return Register.model_validate({"version": 1, "sources": {"s": source}, "metrics": [{**M, **fields}]})


def refused(folder, source: dict, *, environ=None, tables=None, **fields) -> str:
    """The sentence with which the panel of a metric is refused."""
    declared = register(source, **fields)
    with (
        digest.open(declared, folder=folder, environ=environ or {}, tables=tables) as opened,
        pytest.raises(SourceError) as caught,
    ):
        opened.digest(declared.metrics[0], Panel)
    assert caught.value.exit_code == 3
    assert isinstance(caught.value, PitpropError)
    assert caught.value.source == "s"
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_file_is_named_with_its_neighbours(tmp_path):
    pq.write_table(pa.table({"x": [1.0]}), tmp_path / "shifts.parquet")
    says = refused(tmp_path, {"path": "shift.parquet"})
    assert says.startswith("source `s`: there is no file `shift.parquet`; did you mean `shifts.parquet`?")
    assert "there is no folder `data`" in refused(tmp_path, {"path": "data/shift.parquet"})


@pytest.mark.parametrize("name", ["a.parquet", "a.duckdb", "a.xlsx", "a.csv.gz"])
def test_a_file_that_is_not_of_its_format_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"this is no such thing, at some length\n" * 40)
    says = refused(tmp_path, {"path": name})
    assert f"`{name}` cannot be read as" in says


def test_an_unknown_ending_lists_the_known_ones(tmp_path):
    (tmp_path / "a.xls").write_bytes(b"")
    assert ".parquet" in refused(tmp_path, {"path": "a.xls"})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not even a line with the names of the columns"),
        (b"x,y\n1,2\n3\n4,5,6\n", "lines with more or fewer columns than its first"),
        ("x,who\n1,\xe9t\xe9\n".encode("latin-1"), "UTF-8"),
    ],
)
def test_a_broken_csv_file_is_refused_and_never_read_in_part(tmp_path, content, says):
    (tmp_path / "a.csv").write_bytes(content)
    assert says in refused(tmp_path, {"path": "a.csv"})


def test_lines_that_look_like_comments_are_rows(tmp_path):
    (tmp_path / "a.csv").write_text("who,x\n#1,2\n#2,4\n")
    declared = register({"path": "a.csv"}, entity="who")
    with digest.open(declared, folder=tmp_path) as source:
        assert source.digest(declared.metrics[0], Panel).entities == ("#1", "#2")


def test_a_value_far_down_a_csv_file_decides_its_column_too(tmp_path):
    (tmp_path / "a.csv").write_text("x\n" + "1\n" * 50_000 + "n/a\n")
    says = refused(tmp_path, {"path": "a.csv"})
    assert "`x` in file `a.csv` holds text" in says
    assert "try_cast" in says


def test_days_written_another_way_are_refused_and_not_guessed(tmp_path):
    (tmp_path / "a.csv").write_text("x,d\n1,03/04/2024\n2,05/04/2024\n")
    says = refused(tmp_path, {"path": "a.csv"}, agg_time_dimension="d")
    assert "no ISO date (such as `03/04/2024`)" in says
    assert "strptime" in says
    declared = register({"path": "a.csv"}, agg_time_dimension="strptime(d, '%d/%m/%Y')")
    with digest.open(declared, folder=tmp_path) as source:
        panel = source.digest(declared.metrics[0], Panel)
    assert panel.periods.astype(str).tolist() == ["2024-04-01"]


def test_a_missing_column_is_named_with_the_nearest(tmp_path):
    pq.write_table(pa.table({"tonnes": [1.0], "crew": ["a"]}), tmp_path / "a.parquet")
    says = refused(tmp_path, {"path": "a.parquet"}, expr="tonnnes * 2")
    assert says.startswith("metric `m`, `expr`: file `a.parquet` has no column `tonnnes`; did you mean `tonnes`?")
    assert "`crew`" in says


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"expr": "who"}, "`expr`: `who` in the frame given for `s` holds text (such as `a`), not numbers"),
        ({"expr": "d"}, "holds dates"),
        ({"filter": "who"}, "`filter`: `who` in the frame given for `s` holds text, not true or false"),
        ({"agg_time_dimension": "x"}, "read as years only where"),
        ({"agg_time_dimension": "who"}, "holds text that is no ISO date (such as `a`)"),
        ({"agg_time_dimension": "flag"}, "holds true or false, not dates"),
        ({"targets": [{"op": "gte", "value": "who"}]}, "`targets`: `who`"),
        ({"expr": "cast(who as double)"}, "Could not convert string 'a' to DOUBLE"),
    ],
)
def test_the_wrong_kind_of_column_is_said(tmp_path, fields, says):
    from datetime import date

    rows = pa.table({"x": [1.0], "who": ["a"], "d": [date(2024, 1, 1)], "flag": [True]})
    assert says in refused(tmp_path, {"path": "a.parquet"}, tables={"s": rows}, **fields)


@pytest.mark.parametrize("kind", [pa.float64(), pa.string(), pa.null(), pa.int32()])
def test_a_column_of_nulls_is_no_error_but_no_rows(audited, kind):
    rows = pa.table({"x": pa.array([None, None], kind), "d": pa.array([None, None], kind)})
    source, metric = audited(rows)
    assert source.rows(metric) == Rows(null=2)
    assert len(source.digest(metric, Distribution).k) == 0
    assert len(source.digest(metric, Panel).entity) == 0
    source, metric = audited(rows, expr="1", agg_time_dimension="d", time_granularity="year")
    assert source.rows(metric) == Rows(no_time=2)


def test_a_csv_file_with_a_header_alone_is_an_empty_table(tmp_path):
    (tmp_path / "a.csv").write_text("x,who,d\n")
    declared = register({"path": "a.csv"}, entity="who", agg_time_dimension="d")
    with digest.open(declared, folder=tmp_path) as source:
        assert source.digest(declared.metrics[0], Panel).rows == Rows()
        assert len(source.digest(declared.metrics[0], Distribution).k) == 0


def test_tables_of_a_duckdb_file_are_named(tmp_path):
    import duckdb

    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("CREATE TABLE shifts AS SELECT 1.0 AS x")
        connection.execute("CREATE SCHEMA ops")
        connection.execute("CREATE TABLE ops.crews AS SELECT 2.0 AS x")
    assert "has 2 tables; name one with `table`" in refused(tmp_path, {"path": "a.duckdb"})
    says = refused(tmp_path, {"path": "a.duckdb", "table": "shift"})
    assert "has no table `shift`; did you mean `shifts`?" in says
    declared = register({"path": "a.duckdb", "table": "ops.crews"})
    with digest.open(declared, folder=tmp_path) as source:
        assert source.digest(declared.metrics[0], Panel).metric.value.tolist() == [2.0]


def test_a_table_of_a_plain_file_makes_no_sense(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    assert "leave out `table`" in refused(tmp_path, {"path": "a.csv", "table": "t"})


def test_a_frame_for_no_source_is_a_wrong_question(tmp_path):
    declared = register({"path": "a.csv"})
    with pytest.raises(SourceError, match="not a source of the register; There are: `s`"):
        digest.open(declared, folder=tmp_path, tables={"shifts": pa.table({"x": [1]})})


def test_things_that_are_no_frames_are_refused(tmp_path):
    import pandas as pd

    assert "is no pandas, polars or pyarrow table" in refused(tmp_path, {"path": "a"}, tables={"s": [1, 2]})
    mixed = pd.DataFrame({"x": [1, "a", object()]})
    assert "one type each" in refused(tmp_path, {"path": "a"}, tables={"s": mixed})


def test_a_cut_off_gzip_file_is_refused(tmp_path):
    whole = gzip.compress(b"x\n" + b"1\n" * 100_000)
    (tmp_path / "a.csv.gz").write_bytes(whole[: len(whole) // 2])
    assert "cannot be read as a csv file" in refused(tmp_path, {"path": "a.csv.gz"})


def test_other_metrics_of_the_same_source_are_not_harmed(tmp_path):
    pq.write_table(pa.table({"x": [1.0]}), tmp_path / "a.parquet")
    declared = register({"path": "a.parquet"})
    bad = declared.metrics[0].model_copy(update={"expr": "nothing"})
    with digest.open(declared, folder=tmp_path) as source:
        with pytest.raises(SourceError):
            source.digest(bad, Panel)
        assert source.digest(declared.metrics[0], Panel).metric.value.tolist() == [1.0]


CONNECTION = {"connection": "warehouse", "table": "shifts"}
NAME = "PITPROP_WAREHOUSE_URL"


def test_a_connection_needs_its_variable(tmp_path):
    says = refused(tmp_path, CONNECTION, environ={"PITPROP_OTHER_URL": "postgres://canary"})
    assert NAME in says
    assert "PITPROP_OTHER_URL" in says
    assert "canary" not in says


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("canary-secret", "is not a URL"),
        ("file:///etc/canary-secret", "a file is given as `path`"),
        ("duckdb:///canary-secret", "a file is given as `path`"),
        ("nonsense://canary-secret@h/db", "connection `warehouse`"),
    ],
)
def test_a_url_that_is_none_is_refused_and_not_repeated(tmp_path, url, says):
    sentence = refused(tmp_path, CONNECTION, environ={NAME: url})
    assert says in sentence
    assert "canary" not in sentence


def test_a_server_that_is_not_there_cannot_be_reached(tmp_path):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    says = refused(tmp_path, CONNECTION, environ={NAME: f"postgres://canary:canary@127.0.0.1:{port}/canary"})
    assert "cannot be reached" in says
    assert "canary" not in says


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"password": "canary-wrong"}, "refuses the login"),
        ({"user": "canary-nobody"}, "refuses the login"),
        ({"database": "canary-none"}, "has no database of that name"),
    ],
)
def test_a_server_that_refuses_is_said_without_a_secret(postgres, tmp_path, wrong, says):
    import traceback

    declared = register(CONNECTION)
    url = postgres.url(**wrong)
    with digest.open(declared, folder=tmp_path, environ={NAME: url}) as source:
        with pytest.raises(SourceError, match=says) as caught:
            source.digest(declared.metrics[0], Panel)
        with pytest.raises(SourceError, match=says):
            source.rows(declared.metrics[0])
    told = "".join(traceback.format_exception(caught.value, chain=True))
    told += str(caught.value) + repr(caught.value) + str(vars(caught.value))
    for secret in ("canary", "overman", str(postgres.port), "127.0.0.1"):
        assert secret not in told.replace(f'"{__file__}"', "").replace("test_a_server_that_refuses", "")


@pytest.mark.postgres
def test_a_missing_table_or_column_of_a_server_is_named_with_the_nearest(postgres, tmp_path):
    from conftest import PASSWORD

    postgres.run("CREATE TABLE IF NOT EXISTS shiftwork (tonnes real, crew text)", "CREATE SCHEMA IF NOT EXISTS ops")
    environ = {NAME: postgres.url()}
    says = refused(tmp_path, {**CONNECTION, "table": "shiftwrok"}, environ=environ)
    assert "there is no table `shiftwrok` of connection `warehouse`" in says
    assert "did you mean `shiftwork`" in says
    assert "ops.shifts" in refused(tmp_path, {**CONNECTION, "table": "ops.shifts"}, environ=environ)
    says = refused(tmp_path, {**CONNECTION, "table": "shiftwork"}, environ=environ, expr="tonnnes")
    assert "has no column `tonnnes`; did you mean `tonnes`?" in says
    assert PASSWORD not in says


@pytest.mark.postgres
def test_an_empty_table_of_a_server_has_no_cells(postgres, tmp_path):
    postgres.run("DROP TABLE IF EXISTS hollow", "CREATE TABLE hollow (x double precision, who text, d date)")
    for fields in ({}, {"entity": "who", "agg_time_dimension": "d"}):
        declared = register({**CONNECTION, "table": "hollow"}, **fields)
        with digest.open(declared, folder=tmp_path, environ={NAME: postgres.url()}) as source:
            assert len(source.digest(declared.metrics[0], Panel).entity) == 0
            assert len(source.digest(declared.metrics[0], Distribution).k) == 0


def test_asking_for_something_else_is_a_programming_error(audited):
    source, metric = audited(pa.table({"x": [1.0]}))
    with pytest.raises(TypeError, match="there is no grain"):
        source.digest(metric, int)
