"""The same register on Spark, PostgreSQL and DuckDB: values, grains, findings."""

import json
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import test_engines_agree as agree
from ruamel.yaml import YAML
from test_portable import ROWS, SAME, close_to, evaluate

import pitprop
from pitprop import digest
from pitprop.digest import SourceError
from pitprop.digest.embedded import open_frame
from pitprop.digest.remote import open_table

PUBLIC = Path(__file__).parents[2] / "examples" / "public"
TODAY = date(2026, 11, 1)

pytestmark = pytest.mark.spark

ODD = pa.table(
    {
        "n": pa.array(range(6), pa.int64()),
        "y": [0.0] * 6,
        "x": [2.5, -2.5, 7.75, 0.5, -0.25, 1e17],
        "big": [1e100, -1e19, 3.7, 2.0**52 + 1, -7.2, 1e300],
        "s": ["1.5d", "2f", " 5 ", "1e3", "x", None],
        "day": ["2024", "2024-01-05", "2024-1-5", "2024-13-01", "05.01.2024", None],
        "path": ["a\\b", "a%b", "a_b", "ab", "A\\B", None],
        "d": [date(2024, 1, 7), date(2024, 1, 8), date(2021, 1, 1), date(2000, 2, 29), date(1999, 12, 31), None],
        "t": [
            *(datetime(2024, 1, 7, 23, 59, 59, 750000), datetime(2024, 1, 8), datetime(2021, 1, 3, 0, 0, 1)),
            *(datetime(1969, 12, 31, 23, 0), datetime(2000, 1, 1), None),
        ],
        "ok": [True, False, True, None, True, False],
    }
)  # fmt: skip
ALIKE = [
    "cast(x / 10 as bigint)",
    "cast(x + 0.75 as bigint)",
    "cast(ok as integer)",
    "cast(n as integer) + cast(n as smallint)",
    "try_cast(s as double)",
    "try_cast(s as integer)",
    "path like 'a\\%'",
    "path like 'a\\b'",
    "path like 'a!_%' escape '!'",
    "path ilike 'A\\%'",
    "path = 'a\\b'",
    "length(replace(path, '\\', '/'))",
    "floor(big) / 3",
    "ceil(big) / 3",
    "round(big, 1)",
    "round(x)",
    "extract(second from t)",
    "extract(millisecond from t)",
    "extract(microsecond from t)",
    "extract(decade from d)",
    "extract(century from d)",
    "extract(isoyear from d)",
    "extract(doy from d)",
    "extract(dow from t)",
    "extract(isodow from t)",
    "extract(epoch from t)",
    "epoch(d)",
    "week(d)",
    "date_diff('week', d, t)",
    "date_diff('hour', d, t)",
    "date_diff('minute', d, t)",
    "date_diff('second', d, t)",
    "date_diff('day', t, last_day(d))",
    "last_day(d) - d",
    "d - cast('2000-01-01' as date)",
    "day(date_trunc('week', d))",
    "month(date_trunc('quarter', t))",
    "hour(t + interval 90 minute)",
    "day(strptime('5/3/2024 7:05', '%d/%m/%Y %H:%M'))",
    "month(strptime('20240305', '%Y%m%d'))",
    "length(strftime(t, '%d.%m.%y %H:%M:%S'))",
    "case when d > '2020-06-01' then 1 else 0 end",
    "d = '2024-01-07'",
    "coalesce(try_cast(s as double), x)",
    "n // 2",
    "n % 2",
    "try_cast(s as decimal(9, 2))",
    "coalesce(try_cast(path as integer), n)",
    "(n + 1) % 4",
    "power(x * x, 0.5)",
    "sign(x) * log10(abs(x))",
    "log2(abs(x))",
    "ln(abs(x))",
    "trunc(x)",
    "x * 0.1 + n * 0.1",
    "n / 3 / 7",
    "greatest(x, n, 1)",
    "x in (2.5, 7.75)",
    "ok and x > 0",
    "ok or x > 0",
    "not ok",
    "ok is null",
    "x <> 2.5",
    "upper(s) = 'X'",
    "left(path, 1) || right(path, 1) = 'ab'",
    "substring(path, 2) = '%b'",
    "cast(x as varchar) = '2.5'",
    "cast(n as varchar) = '2'",
    "cast(ok as varchar) = 'true'",
    "cast(d as varchar) = '2024-01-07'",
    "cast(n + 0.25 as decimal(12, 1)) * 3",
    "hour(cast(d as timestamp))",
]


@pytest.fixture(scope="module")
def lake(spark):
    spark.load("functions", ROWS)
    engine = open_table("lake", "functions", source="rows", environ=spark.environ)
    yield engine
    engine.close()


@pytest.mark.parametrize("expression", SAME)
def test_spark_evaluates_what_is_allowed_alike(expression, lake):
    assert evaluate(lake, expression) == close_to(SAME[expression])


@pytest.fixture(scope="module")
def three(spark, postgres):
    spark.load("odd", ODD)
    postgres.load("odd", ODD)
    engines = [
        open_frame(ODD, source="rows"),
        open_table("lake", "odd", source="rows", environ=spark.environ),
        open_table("mine", "odd", source="rows", environ={"PITPROP_MINE_URL": postgres.url()}),
    ]
    yield engines
    for engine in engines:
        engine.close()


@pytest.mark.postgres
@pytest.mark.parametrize("expression", ALIKE)
def test_three_engines_give_one_value(expression, three):
    expected = evaluate(three[0], expression)
    near = [None if v is None else pytest.approx(v, rel=1e-12, abs=1e-12) for v in expected]
    assert any(v is not None for v in expected)
    assert [evaluate(engine, expression) for engine in three[1:]] == [near, near]


def test_spark_gives_the_same_grains(spark):
    data = agree.table()
    spark.load("shifts", data)
    with digest.open(agree.register({"path": "t.parquet"}), folder=".", tables={"rows": data}) as source:
        expected = agree.grains(source)
    declared = agree.register({"connection": "lake", "table": "shifts"})
    with digest.open(declared, folder=".", environ=spark.environ) as source:
        agree.assert_same(expected, agree.grains(source))


SHIFTS = """
version: 1
sources: {shifts: {path: shifts.parquet}}
purposes: [{name: coal, description: Coal for the works, weight: 2}, {name: safety, description: Nobody is hurt}]
metrics:
  - &shift
    name: tonnes
    type: simple
    source: shifts
    agg: average
    expr: tonnes
    entity: crew
    agg_time_dimension: day
    time_granularity: month
    improvement_direction: increase
    serves: [coal]
    case_mix: seam
    exclusion: training
    filter: "status <> 'void' or status is null"
    targets:
      - {op: gte, value: 7, on: row, since: 2023-07-01, stakes: bonus}
      - {op: gte, value: norm, on: entity_period}
    outcome: {metric: delivered, lag: 1}
    guardrails: [{metric: injuries, margin: 5%}]
    competing: [props]
    events: [{date: 2023-07-01, kind: definition, note: wet tonnes}]
    revisions: {loaded: loaded, mode: append, due: 20}
  - <<: *shift
    name: latest
    agg: sum
    targets: [{op: gte, value: 200, on: entity_period, stakes: bonus}]
    revisions: {loaded: loaded, mode: snapshot, due: 10}
  - {<<: *shift, name: props, expr: props, targets: [], competing: [], revisions: null, exclusion: null, case_mix: null}
  - <<: *shift
    name: delivered
    agg: sum
    expr: "round(tonnes * 0.9, 1)"
    targets: []
    outcome: null
    competing: []
    revisions: null
    exclusion: null
  - <<: *shift
    name: injuries
    type: ratio
    agg: null
    expr: null
    numerator: {expr: hurt}
    denominator: {expr: men}
    improvement_direction: decrease
    serves: [safety]
    targets: [{op: lte, value: 0.1, on: entity_period}]
    outcome: null
    guardrails: []
    competing: []
    revisions: null
    exclusion: null
  - <<: *shift
    name: reached
    agg: share
    targets: [{op: gte, value: norm, on: row}, {op: gte, value: 0.5, on: entity_period}]
    outcome: null
    revisions: null
    competing: []
  - <<: *shift
    name: cost
    agg: median
    expr: cost
    agg_time_dimension: written
    improvement_direction: decrease
    targets: [{op: lte, value: 12.5, on: row}]
    guardrails: []
    outcome: null
    competing: []
    revisions: null
"""


def shifts() -> pa.Table:
    """A table with all that engines treat differently: NULL, NaN, dates as text, decimals, small integers."""
    rng = np.random.default_rng(5)
    n = 4000
    start = [date(2023, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 480, n)]
    tonnes = np.round(rng.normal(6.8, 1.1, n) + np.where(rng.random(n) < 0.1, 0.3, 0), 1)
    late = rng.integers(0, 1400, n)
    return pa.table(
        {
            "tonnes": [None if k % 67 == 0 else math.nan if k % 911 == 0 else float(v) for k, v in enumerate(tonnes)],
            "norm": pa.array([None if k % 4 == 0 else 6.5 + 0.5 * (k % 3) for k in range(n)], pa.float32()),
            "crew": [None if k % 203 == 0 else f"Crew {chr(65 + k % 14)}" for k in range(n)],
            "seam": [None if k % 150 == 0 else "ünder" if k % 3 else "upper" for k in range(n)],
            "status": [None if k % 5 == 0 else "void" if k % 17 == 0 else "ok" for k in range(n)],
            "training": [k % 13 == 0 for k in range(n)],
            "day": pa.array(start, pa.date32()),
            "written": [f"{d:%Y-%m-%d}T{k % 24:02}:30:00+02:00" if k % 31 else "never" for k, d in enumerate(start)],
            "loaded": pa.array(
                [datetime(d.year, d.month, d.day) + timedelta(hours=int(h)) for d, h in zip(start, late, strict=True)],
                pa.timestamp("us"),
            ),
            "props": pa.array(rng.integers(0, 9, n), pa.int16()),
            "hurt": pa.array((rng.random(n) < 0.06).astype(int), pa.int32()),
            "men": pa.array([1] * n, pa.int64()),
            "cost": pa.array([Decimal(int(c)).scaleb(-2) for c in rng.gamma(9, 140, n)], pa.decimal128(9, 2)),
        }
    )  # fmt: skip


def audited(folder: Path, register: dict, select: tuple[str, ...] = ()) -> dict:
    """The audit as JSON."""
    folder.mkdir()
    (folder / "pitprop.yml").write_text(json.dumps(register, default=str))  # which is YAML, too
    told = json.loads(pitprop.audit(folder, today=TODAY, select=select, allow_outside=True).render("json"))
    del told["register"]
    return told


def differences(one: object, two: object, at: str = "") -> list[str]:
    """Where two audits differ: numbers by more than 1e-9 of their size."""
    if isinstance(one, dict) and isinstance(two, dict) and one.keys() == two.keys():
        return [d for k in one for d in differences(one[k], two[k], f"{at}.{k}")]
    if isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        return [d for k, (a, b) in enumerate(zip(one, two, strict=True)) for d in differences(a, b, f"{at}[{k}]")]
    if isinstance(one, float) and isinstance(two, float | int):
        return [] if math.isclose(one, two, rel_tol=1e-9, abs_tol=1e-12) else [f"{at}: {one!r} {two!r}"]
    return [] if one == two else [f"{at}: {one!r} {two!r}"]


@pytest.mark.postgres
def test_a_register_has_the_same_findings_on_every_engine(spark, postgres, tmp_path, monkeypatch):
    monkeypatch.setenv("PITPROP_LAKE_URL", spark.environ["PITPROP_LAKE_URL"])
    monkeypatch.setenv("PITPROP_MINE_URL", postgres.url())
    data = shifts()
    pq.write_table(data, tmp_path / "shifts.parquet")
    spark.load("all_shifts", data)
    postgres.load("all_shifts", data)
    register = YAML(typ="safe").load(SHIFTS)
    found = {}
    for name, source in {
        "file": {"path": "../shifts.parquet"},
        "lake": {"connection": "lake", "table": "all_shifts"},
        "mine": {"connection": "mine", "table": "public.all_shifts"},
    }.items():
        register["sources"]["shifts"] = source
        found[name] = audited(tmp_path / name, register)
    states = {f["state"] for m in found["file"]["metrics"] for f in m["findings"]}
    assert {"clear", "inconclusive", "not_applicable"} <= states
    assert [m["problem"] for m in found["file"]["metrics"]] == [""] * 7
    assert differences(found["file"], found["lake"]) == []
    assert differences(found["file"], found["mine"]) == []


@pytest.mark.postgres
def test_public_data_have_the_same_findings_on_every_engine(spark, postgres, tmp_path, monkeypatch):
    monkeypatch.setenv("PITPROP_LAKE_URL", spark.environ["PITPROP_LAKE_URL"])
    monkeypatch.setenv("PITPROP_MINE_URL", postgres.url())
    names = ("teams", "ratings", "emergency")
    chosen = ("name:saves_per_win", "name:fandango_stars", "name:seen_within_four_hours")
    register = YAML(typ="safe").load((PUBLIC / "pitprop.yml").read_text())
    files = {name: PUBLIC / register["sources"][name]["path"] for name in names}
    found = {}
    for engine in ("file", "lake", "mine"):
        for name, path in files.items():
            if engine != "file":
                {"lake": spark, "mine": postgres}[engine].load(name, pq.read_table(path))
            reached = {"connection": engine, "table": name} if engine != "file" else {"path": str(path)}
            register["sources"][name] = reached
        found[engine] = audited(tmp_path / engine, register, chosen)
    assert [m["name"] for m in found["file"]["metrics"]] == [
        "saves_per_win",
        "fandango_stars",
        "seen_within_four_hours",
    ]
    assert differences(found["file"], found["lake"]) == []
    assert differences(found["file"], found["mine"]) == []


@pytest.mark.postgres
def test_columns_of_an_answer_are_told_apart_by_name_whatever_their_order(postgres):
    postgres.load("pairs", pa.table({"a": [1, 1, 2], "b": [7.5, 7.5, 8.5]}))
    engine = open_table("mine", "pairs", source="rows", environ={"PITPROP_MINE_URL": postgres.url()})
    sql = 'SELECT b, CAST(COUNT(*) AS BIGINT) AS n, a FROM (SELECT "a" AS a, "b" AS b FROM "pairs") AS p GROUP BY a, b'
    found = engine.ask(sql, {"a": "integer", "b": "number", "n": "integer"})
    engine.close()
    assert sorted(zip(*(found[name].tolist() for name in "abn"), strict=True)) == [(1, 7.5, 2), (2, 8.5, 1)]


def test_times_are_those_of_utc_and_columns_are_found_whatever_their_case(spark):
    moments = [datetime(2024, 1, 31, 23, 30, tzinfo=UTC), datetime(2024, 2, 1, 0, 30, tzinfo=UTC), None]
    data = pa.table({"Moment": pa.array(moments, pa.timestamp("us", tz="UTC")), "od`d": [1, 2, 3], "list": [[1]] * 3})
    spark.load("moments", data)
    engine = open_table("lake", "moments", source="rows", environ=spark.environ)
    assert [kind.name for kind in engine.columns.values()] == ["ZONED", "INTEGER", "OTHER"]
    sql = 'SELECT CAST("Moment" AT TIME ZONE \'UTC\' AS DATE) AS d, "od`d" AS n FROM "moments" WHERE "od`d" < 3'
    found = engine.ask(sql, {"n": "integer", "d": "day"})
    engine.close()
    assert dict(zip(found["n"].tolist(), found["d"].astype(str).tolist(), strict=True)) == {
        1: "2024-01-31",
        2: "2024-02-01",
    }


REFUSALS = {
    "sums of whole numbers do not wrap around": ("9223372036854775807 + n", "overflow"),
    "logarithms of zero are not missing": ("ln(n - n)", "logarithm of a number that is not positive"),
    "roots of negative numbers are not NaN": ("sqrt(0 - abs(n) - 1)", "square root of a negative number"),
    "text is not silently no number": ("cast(s as double)", "cannot be cast"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_spark_would_pass_over_is_a_sentence(case, lake):
    expression, says = REFUSALS[case]
    with pytest.raises(SourceError, match=rf"source `rows` \(table `functions` of connection `lake`\).*{says}"):
        evaluate(lake, expression)


def test_a_table_that_is_not_there_is_named_with_the_nearest(spark):
    spark.load("functions", ROWS)
    with pytest.raises(SourceError, match=r"no table `function`.*did you mean `functions`"):
        open_table("lake", "function", source="rows", environ=spark.environ)
