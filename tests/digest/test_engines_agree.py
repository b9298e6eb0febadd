import gzip
import math
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from pitprop import digest
from pitprop.define.metric import Register
from pitprop.digest import Distribution, Panel, Profile

N = 3000
BY = {"entity": "who", "agg_time_dimension": "d"}
ROW = {"op": "gte", "value": 52.5, "on": "row", "since": "2024-03-01"}
QUOTA = {"op": "gte", "value": "quota", "on": "row"}
CELL = {"op": "gte", "value": 50, "on": "entity_period", "since": "2024-03-01"}


def table() -> pa.Table:
    rng = np.random.default_rng(11)
    x = np.round(rng.normal(50, 8, N), 2)
    days = [
        date(2024, 1, 1 + int(k) % 28) if k < 28 else date(2024, 1 + int(k) // 28, 1 + int(k) % 28)
        for k in rng.integers(0, 300, N)
    ]
    return pa.table(
        {
            "x": pa.array([None if k % 97 == 0 else float(v) for k, v in enumerate(x)], pa.float64()),
            "free": pa.array(rng.lognormal(2, 0.7, N)),
            "hits": pa.array(rng.integers(0, 30, N)),
            "at": pa.array(rng.integers(30, 60, N)),
            "quota": pa.array([None if k % 5 == 0 else 45.0 + k % 3 for k in range(N)], pa.float64()),
            "who": pa.array([None if k % 101 == 0 else f"crew {k % 7}" for k in range(N)]),
            "d": pa.array(days, pa.date32()),
            "ok": pa.array([k % 11 != 0 for k in range(N)]),
        }
    )


METRICS = [
    {"name": "mean", "agg": "average", "expr": "x", **BY, "targets": [ROW, QUOTA, CELL]},
    {"name": "total", "agg": "sum", "expr": "x * 2", **BY, "filter": "ok"},
    {"name": "middle", "agg": "median", "expr": "free", **BY, "targets": [{**ROW, "value": 7.5}]},
    {"name": "kinds", "agg": "count_distinct", "expr": "hits", **BY},
    {"name": "high", "agg": "max", "expr": "free", **BY},
    {"name": "reached", "agg": "share", "expr": "x", **BY, "targets": [QUOTA, {**CELL, "value": 0.6}]},
    {
        "name": "rate",
        "type": "ratio",
        "numerator": {"expr": "hits"},
        "denominator": {"expr": "at"},
        **BY,
        "targets": [{**CELL, "value": 0.3}, {**ROW, "value": 0.3}],
        "outcome": {"metric": "mean", "lag": 1},
        "guardrails": [{"metric": "middle", "margin": "5%"}],
    },
]


def register(source: dict) -> Register:
    shared = {"type": "simple", "source": "rows", "improvement_direction": "increase"}
    return Register.model_validate(
        {"version": 1, "sources": {"rows": source}, "metrics": [{**shared, **m} for m in METRICS]}
    )


def grains(source: digest.Source) -> dict:
    out: dict = {}
    for metric in source._register.metrics:
        out[metric.name, "panel"] = source.digest(metric, Panel)
        out[metric.name, "profile"] = source.digest(metric, Profile)
        for i, target in enumerate([None, *metric.targets]):
            out[metric.name, i] = source.digest(metric, Distribution, target)
    return out


def assert_same(one: dict, two: dict) -> None:
    assert one.keys() == two.keys()
    for key, a in one.items():
        b = two[key]
        assert a.rows == b.rows, key
        if isinstance(a, Distribution):
            assert (a.step, a.exact, a.relative) == (b.step, b.exact, b.relative), key
            for name in ("k", "under", "without", "exempt"):
                assert getattr(a, name).tolist() == getattr(b, name).tolist(), (key, name)
            if a.opportunity is not None:
                assert b.opportunity == pytest.approx(a.opportunity, rel=1e-9)
        elif isinstance(a, Profile):
            assert a.pivot == b.pivot
            for name in ("period", "day", "length", "n"):
                assert getattr(a, name).tolist() == getattr(b, name).tolist(), (key, name)
            assert b.x == pytest.approx(a.x, rel=1e-9, abs=1e-9)
            assert b.xx == pytest.approx(a.xx, rel=1e-9, abs=1e-9)
        else:
            assert a.entities == b.entities
            for name in ("periods", "entity", "period", "exempt"):
                assert getattr(a, name).tolist() == getattr(b, name).tolist(), (key, name)
            assert b.target == pytest.approx(a.target, rel=1e-9, nan_ok=True)
            assert a.missing == b.missing
            assert a.others.keys() == b.others.keys()
            for m, n in [(a.metric, b.metric), *((a.others[o], b.others[o]) for o in a.others)]:
                assert m.pivot == n.pivot
                assert m.n.tolist() == n.n.tolist()
                assert n.value == pytest.approx(m.value, rel=1e-9, nan_ok=True)
                assert n.noise == pytest.approx(m.noise, rel=1e-9, nan_ok=True)
    assert digest.fingerprint(*one.values()) == digest.fingerprint(*two.values())


@pytest.fixture(scope="module")
def reference() -> dict:
    with digest.open(register({"path": "t.parquet"}), folder=".", tables={"rows": table()}) as source:
        return grains(source)


def test_the_reference_is_not_trivial(reference):
    assert reference["mean", 0].all.sum() > 2500
    assert reference["mean", 1].under.sum() > 500 < reference["mean", 1].without.sum()
    assert len(reference["mean", "panel"].entity) == 77
    assert not reference["middle", 0].exact
    assert reference["rate", 1].opportunity is not None
    assert set(reference["rate", "panel"].others) == {"mean", "middle"}


def write(form: str, folder) -> dict:
    data = table()
    if form == "parquet":
        pq.write_table(data, folder / "t.parquet")
    elif form == "csv":
        pa.csv.write_csv(data, folder / "t.csv")
    elif form == "csv.gz":
        plain = folder / "plain.csv"
        pa.csv.write_csv(data, plain)
        (folder / "t.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    elif form == "xlsx":
        data.to_pandas().to_excel(folder / "t.xlsx", index=False)
    else:
        import duckdb

        with duckdb.connect(str(folder / "t.duckdb")) as connection:
            connection.register("given", data)
            connection.execute("CREATE TABLE shifts AS SELECT * FROM given")
        return {"path": "t.duckdb", "table": "shifts"}
    return {"path": f"t.{form}"}


@pytest.mark.parametrize("form", ["parquet", "csv", "csv.gz", "xlsx", "duckdb"])
def test_files_of_every_format_give_the_same_grains(form, tmp_path, reference):
    declared = write(form, tmp_path)
    with digest.open(register(declared), folder=tmp_path) as source:
        assert_same(reference, grains(source))


@pytest.mark.parametrize(
    "frame",
    [lambda t: t.to_pandas(), pl.from_arrow, lambda t: pl.from_arrow(t).lazy(), lambda t: t.to_reader().read_all()],
    ids=["pandas", "polars", "polars_lazy", "pyarrow"],
)
def test_frames_of_every_library_give_the_same_grains(frame, reference):
    with digest.open(register({"path": "t.csv"}), folder=".", tables={"rows": frame(table())}) as source:
        assert_same(reference, grains(source))


@pytest.mark.postgres
def test_postgres_gives_the_same_grains(postgres, reference):
    postgres.load("shifts", table())
    declared = register({"connection": "mine", "table": "shifts"})
    with digest.open(declared, folder=".", environ={"PITPROP_MINE_URL": postgres.url()}) as source:
        assert_same(reference, grains(source))


@pytest.mark.postgres
def test_postgres_counts_what_is_missing_or_infinite_as_duckdb_does(postgres, audited):
    zoned = [datetime(2024, 1, 31, 23, 30, tzinfo=UTC)] * 3
    odd = pa.table(
        {
            "x": [1.5, math.nan, math.inf, -math.inf, None, 1e200, 0.25, -2.0],
            "small": pa.array([22.45, 22.44, 7.1, 7.1, 1, 1, None, 5], pa.float32()),
            "exact": pa.array([Decimal("22.45"), Decimal("0.10"), None, *[Decimal("7.10")] * 5]),
            "flag": [True, False, None, True, True, False, True, True],
            "t": pa.array([*zoned, None, *zoned, zoned[0]], pa.timestamp("us", tz="UTC")),
            "s": [
                *("2024-02-29", "2023-02-29", "2024-01-31T23:30:00-02:00", None, "x"),
                *("2024-13-01", "2024-02-01 10:00", "2024-01-01Z"),
            ],
            "n": pa.array([1, 2, 3, 4, 5, 6, 7, 8], pa.int16()),
            "Tonnes": [1.0] * 8,
        }
    )  # fmt: skip
    postgres.load("odd", odd)
    variants = [
        {"expr": "x"},
        {"expr": "x", "agg_time_dimension": "t"},
        {"expr": "n", "agg_time_dimension": "s"},
        {"expr": "small", "entity": "n"},
        {"expr": "exact"},
        {"expr": "flag", "entity": "flag"},
        {"expr": "n * n * n * n * n * n", "filter": "x > 0"},
        {"expr": "n / (n - 3)"},
        {"expr": "tonnes", "entity": "small"},
        {"expr": "n", "agg_time_dimension": "2000 + n", "time_granularity": "year"},
        {"expr": "n", "agg": "median", "filter": "not isnan(x)"},
        {"expr": "s", "agg": "count"},
    ]
    for fields in variants:
        one, metric = audited(odd, **fields)
        remote = one._register.model_copy(
            update={"sources": {"rows": register({"connection": "mine", "table": "odd"}).sources["rows"]}}
        )
        with digest.open(remote, folder=".", environ={"PITPROP_MINE_URL": postgres.url()}) as two:
            assert two.rows(metric) == one.rows(metric), fields
            a, b = one.digest(metric, Distribution), two.digest(metric, Distribution)
            assert (a.step, a.k.tolist(), a.all.tolist()) == (b.step, b.k.tolist(), b.all.tolist()), fields
            p, q = one.digest(metric, Panel), two.digest(metric, Panel)
            assert p.entities == q.entities, fields
            assert q.metric.value == pytest.approx(p.metric.value, rel=1e-9), fields
            assert p.periods.astype(str).tolist() == q.periods.astype(str).tolist(), fields


@pytest.mark.postgres
def test_a_server_is_asked_for_sums_and_never_for_rows(postgres):
    big = pa.table({"x": [float(k % 10) for k in range(5000)]})
    postgres.load("big", big)
    metric = {
        "name": "m",
        "type": "simple",
        "agg": "average",
        "expr": "x",
        "source": "r",
        "improvement_direction": "neutral",
    }
    declared = Register.model_validate(
        {"version": 1, "sources": {"r": {"connection": "mine", "table": "public.big"}}, "metrics": [metric]}
    )
    with digest.open(declared, folder=".", environ={"PITPROP_MINE_URL": postgres.url()}) as source:
        d = source.digest(declared.metrics[0], Distribution)
        p = source.digest(declared.metrics[0], Panel)
        assert (len(d.k), int(d.all.sum())) == (10, 5000)
        assert p.metric.value.tolist() == [4.5]
        assert len(source.statements) == 3
        with pytest.raises(Exception, match="read-only"):
            source._engines["r"]._engine._backend.raw_sql('DELETE FROM "big"')


def test_pandas_index_columns_are_there_by_name(audited):
    rows = pd.DataFrame({"x": [1.0, 3.0]}, index=pd.Index(["a", "b"], name="who"))
    source, metric = audited(rows, entity="who")
    assert source.digest(metric, Panel).entities == ("a", "b")


def test_polars_nan_is_not_finite_and_pandas_nan_is_missing(audited):
    source, metric = audited(pl.DataFrame({"x": [1.0, math.nan]}))
    assert source.rows(metric).not_finite == 1
    source, metric = audited(pd.DataFrame({"x": [1.0, math.nan]}))
    assert source.rows(metric).null == 1
