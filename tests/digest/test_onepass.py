"""The compiled pass and the engine's queries give the same grains."""

import math
from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pitprop import digest
from pitprop.define.metric import Register
from pitprop.digest import Distribution, GrainError, Panel, Profile, Strata

N = 4000
ROW = {"op": "gte", "value": 52.5, "on": "row", "since": "2024-03-01"}
ENDED = {"op": "lt", "value": 52.513, "on": "row", "since": "2024-02-10", "until": "2024-08-15"}
QUOTA = {"op": "gte", "value": "quota", "on": "row"}
DATED = {**QUOTA, "since": "2024-04-01", "until": "2024-09-01"}
CELL = {"op": "gte", "value": 50, "on": "entity_period", "since": "2024-03-01"}
BY = {"entity": "who", "agg_time_dimension": "d"}


def table(rng: np.random.Generator | None = None) -> pa.Table:
    """Rows with everything that can be wrong with rows."""
    rng = rng or np.random.default_rng(5)
    k = np.arange(N)
    x = np.round(rng.normal(50, 8, N), 2)
    days = np.sort(rng.integers(0, 300, N))
    stamps = [datetime(2024, 1, 1, 13, 7, tzinfo=UTC) + timedelta(days=int(v)) for v in days]

    def holes(values, every, dtype=None):
        return pa.array([None if i % every == 0 else v for i, v in enumerate(values)], dtype)

    odd = x.copy()
    odd[k % 131 == 3], odd[k % 131 == 7], odd[k % 131 == 9] = math.nan, math.inf, -1e130
    return pa.table(
        {
            "x": holes(x, 97, pa.float64()),
            "odd": holes(odd, 211, pa.float64()),
            "free": pa.array(rng.lognormal(2, 0.7, N)),
            "far": pa.array(1e9 + np.round(rng.normal(0, 1, N), 1)),
            "wide": pa.array(rng.integers(-(10**11), 10**11, N)),
            "step": pa.array(np.where(k < N // 2, np.round(x), x)),
            "huge": pa.array(np.where(k % 500 == 1, 3e15, np.round(x, 1))),
            "fine": pa.array(np.where(k % 400 == 1, 0.123456, np.round(x))),
            "single": pa.array(np.round(x, 1).astype(np.float32)),
            "money": pa.array([Decimal(f"{v:.2f}") for v in x], pa.decimal128(12, 2)),
            "hits": pa.array(rng.integers(0, 30, N).astype(np.int16)),
            "at": pa.array(rng.integers(0, 60, N)),
            "most": pa.array(rng.integers(30, 60, N)),
            "always": pa.array(np.full(N, 7)),
            "quota": holes(45.0 + k % 3 + np.where(k % 17 == 0, 0.125, 0), 5, pa.float64()),
            "one": holes(np.full(N, 50.0), 5, pa.float64()),
            "who": holes([f"crew {i % 7}" for i in k], 101),
            "unit": holes((k % 13 + 1000).tolist(), 103, pa.int32()),
            "scattered": pa.array((k % 11) * 10**15 - 10**15),
            "shift": pa.array((k % 5) + 0.5 * (k % 2)),
            "day": holes([date(2024, 1, 1) + timedelta(days=int(v)) for v in days], 301, pa.date32()),
            "d": pa.array([date(2024, 1, 1) + timedelta(days=int(v)) for v in days], pa.date32()),
            "stamp": holes([s.replace(tzinfo=None) for s in stamps], 77, pa.timestamp("us")),
            "zoned": pa.array(stamps, pa.timestamp("ms", "Europe/Rome")),
            "year": pa.array(2010 + k % 9),
            "text": pa.array([str(s.date()) for s in stamps]),
            "ok": holes([i % 11 != 0 for i in k], 19),
        }
    )


def simple(name: str, expr: str | None = "x", agg: str = "average", **more) -> dict:
    return {"name": name, "type": "simple", "agg": agg, **({"expr": expr} if expr else {}), **BY, **more}


def ratio(name: str, x: str, w: str, **more) -> dict:
    return {"name": name, "type": "ratio", "numerator": {"expr": x}, "denominator": {"expr": w}, **BY, **more}


PLAIN = [
    simple("mean", targets=[ROW, ENDED, CELL]),
    simple("unclean", "odd", day="day", targets=[ROW]),
    simple("continuous", "free", targets=[{**ROW, "value": 7.5}]),
    simple("continuous_holes", "free", entity="unit", agg_time_dimension="day"),
    simple("offset", "far", "sum"),
    simple("long", "wide", "sum", targets=[{**ROW, "value": 1e6}]),
    simple("changing", "step", targets=[ROW]),
    simple("large", "huge"),
    simple("finer_later", "fine"),
    simple("constant", "always"),
    simple("numbers", None, "count"),
    simple("present", "who", "count"),
    simple("short", "hits", entity="unit", agg_time_dimension="stamp", time_granularity="week", targets=[ROW]),
    simple("far_apart", "hits", entity="scattered", agg_time_dimension="day", time_granularity="quarter"),
    simple("daily", entity="unit", time_granularity="day"),
    simple("quota", targets=[QUOTA]),
    simple("dated", targets=[DATED, CELL]),
    simple("alike", targets=[{**DATED, "value": "one"}]),
    simple("reached", agg="share", targets=[ROW]),
    simple("quota_reached", agg="share", targets=[QUOTA, {**CELL, "value": 0.5}]),
    simple("below", agg="share", targets=[{**QUOTA, "op": "lt", "since": "2024-05-01"}]),
]
STREAMED = [
    *PLAIN[:3],
    simple("doubled", "x * 2", filter="ok"),
    simple("filtered", filter="hits > 3", targets=[ROW]),
    simple("quota_filtered", filter="hits > 3", targets=[DATED]),
    simple("sevens", "single", targets=[ROW]),
    simple("cents", "money", "sum", targets=[ROW]),
    simple("flags", "ok", entity="shift"),
    simple("zoned", agg_time_dimension="zoned"),
    simple("yearly", agg_time_dimension="year", time_granularity="year"),
    simple("written", agg_time_dimension="text", time_granularity="year"),
    ratio("rate", "hits", "most", targets=[{**ROW, "value": 0.3}, {**CELL, "value": 0.3}]),
    ratio("holes", "hits", "at", targets=[{**ROW, "value": 0.25}]),
    ratio("prices", "odd", "most"),
    ratio("per_head", "hits", "most", targets=[{**QUOTA, "value": "quota / 100"}]),
    simple("middle", "x", "median"),
]


def register(source: dict, metrics: list[dict]) -> Register:
    shared = {"source": "rows", "improvement_direction": "increase"}
    metrics = [{k: v for k, v in m.items() if k != "day"} for m in metrics]
    return Register.model_validate(
        {"version": 1, "sources": {"rows": source}, "metrics": [{**shared, **m} for m in metrics]}
    )


def grains(reg: Register, folder, *, compiled: bool, tables=None) -> tuple[dict, tuple[str, ...]]:
    out: dict = {}
    with digest.open(reg, folder=folder, tables=tables, compiled_from=1 if compiled else 10**18) as source:
        for metric in reg.metrics:
            for grain in (Panel, Profile, Strata):
                try:
                    out[metric.name, grain.__name__] = source.digest(metric, grain)
                except GrainError as error:
                    out[metric.name, grain.__name__] = str(error)
            for i, target in enumerate([None, *metric.targets]):
                out[metric.name, i] = source.digest(metric, Distribution, target)
        return out, source.statements


def same(one: dict, two: dict, *, fingerprints: bool = True) -> None:
    assert one.keys() == two.keys()
    for key, a in one.items():
        b = two[key]
        if isinstance(a, str):
            assert a == b
            continue
        assert astuple(a.rows) == astuple(b.rows), key
        if isinstance(a, Distribution):
            same_counts(key, a, b)
        elif isinstance(a, Profile):
            same_profile(key, a, b)
        else:
            for name in ("entities",):
                assert getattr(a, name) == getattr(b, name), key
            for name in ("periods", "entity", "period", "exempt"):
                assert getattr(a, name).tolist() == getattr(b, name).tolist(), (key, name)
            same_measure(key, a.metric, b.metric)
            if isinstance(a, Panel):
                assert b.target == pytest.approx(a.target, rel=1e-9, nan_ok=True), key
        if fingerprints and not isinstance(a, Strata):
            assert digest.fingerprint(a) == digest.fingerprint(b), key


def same_counts(key, a: Distribution, b: Distribution) -> None:
    assert (a.step, a.exact, a.relative) == (b.step, b.exact, b.relative), key
    for name in ("k", "under", "without", "exempt"):
        assert getattr(a, name).tolist() == getattr(b, name).tolist(), (key, name)
    assert (a.opportunity is None) == (b.opportunity is None), key
    if a.opportunity is not None:
        assert b.opportunity == pytest.approx(a.opportunity, rel=1e-9)


def same_profile(key, a: Profile, b: Profile, far: float = 0.0) -> None:
    """As `same_measure`; `far` is how far the rows lie from the pivot of which these are a part."""
    assert a.pivot == b.pivot, key
    for name in ("period", "day", "length", "n"):
        assert getattr(a, name).tolist() == getattr(b, name).tolist(), (key, name)
    far = max(far, float(np.sqrt(np.max(a.xx / np.maximum(a.n, 1), initial=0.0))))
    assert np.all(np.abs(a.x - b.x) <= 1e-9 * np.sqrt(a.n * a.xx) + 1e-13 * a.n * far), key
    assert np.all(np.abs(a.xx - b.xx) <= 1e-9 * a.xx + 1e-13 * a.n * far * far), key
    assert a.placebo.keys() == b.placebo.keys(), key
    for name in a.placebo:
        same_profile((key, name), a.placebo[name], b.placebo[name], far if name == "exempt" else 0.0)


def same_measure(key, m, n) -> None:
    """To 1e-9 of each sum, or to 1e-13 of what rows like those of the other cells would add to it."""
    assert m.pivot == n.pivot, key
    assert m.n.tolist() == n.n.tolist(), key
    rows, far = np.maximum(m.n, 1), float(np.sqrt(np.max(m.xx / np.maximum(m.n, 1), initial=0.0)))
    much = float(np.sqrt(np.max(m.ww / rows, initial=0.0)))
    for name, size, unit in (
        ("x", np.sqrt(rows * m.xx), far),
        ("xx", m.xx, far * far),
        ("w", m.w, much),
        ("ww", m.ww, much * much),
        ("xw", np.sqrt(m.xx * m.ww), far * much),
    ):
        error = np.abs(getattr(m, name) - getattr(n, name))
        assert np.all(error <= 1e-9 * np.abs(size) + 1e-13 * rows * unit), (key, name)
    assert n.value == pytest.approx(m.value, rel=1e-9, abs=1e-13 * far, nan_ok=True), key


def summing(statements: tuple[str, ...]) -> list[str]:
    """Queries that sum or count values, which the pass makes superfluous."""
    return [s for s in statements if "GROUP BY" in s or "AS vlow" in s]


def test_plain_columns_of_a_parquet_file_are_summed_as_the_queries_do(tmp_path):
    pq.write_table(table(), tmp_path / "t.parquet", row_group_size=700)
    reg = register({"path": "t.parquet"}, PLAIN)
    passed, put = grains(reg, tmp_path, compiled=True)
    asked, all_put = grains(reg, tmp_path, compiled=False)
    same(asked, passed)
    assert len(summing(all_put)) > 60
    inexact = {"huge", "fine"}
    assert [s for s in summing(put) if not any(f'"{name}"' in s for name in inexact)] == []


def test_expressions_and_filters_are_streamed_to_the_same_sums(tmp_path):
    pq.write_table(table(), tmp_path / "t.parquet", row_group_size=900)
    reg = register({"path": "t.parquet"}, STREAMED)
    passed, put = grains(reg, tmp_path, compiled=True)
    asked, all_put = grains(reg, tmp_path, compiled=False)
    same(asked, passed)
    assert len(summing(put)) < len(summing(all_put)) / 3


def test_one_filter_for_all_is_left_to_the_engine_and_its_rows_are_counted(tmp_path):
    pq.write_table(table(), tmp_path / "t.parquet", row_group_size=900)
    reg = register(
        {"path": "t.parquet"}, [simple("mean", filter="ok", targets=[ROW]), simple("free", "free", filter="ok")]
    )
    passed, _ = grains(reg, tmp_path, compiled=True)
    same(grains(reg, tmp_path, compiled=False)[0], passed)
    assert passed["mean", "Panel"].rows.filtered == sum(v is not True for v in table()["ok"].to_pylist())


def test_what_is_not_expected_is_had_all_the_same(tmp_path):
    pq.write_table(table(), tmp_path / "t.parquet", row_group_size=900)
    reg = register({"path": "t.parquet"}, [simple("mean", targets=[ROW]), simple("short", "hits", targets=[QUOTA])])
    asked, _ = grains(reg, tmp_path, compiled=False)
    with digest.open(reg, folder=tmp_path, compiled_from=1) as source:
        source.expect(reg.metrics[:1])
        for i, metric in enumerate(reg.metrics):
            key = metric.name, 1
            same({key: asked[key]}, {key: source.digest(metric, Distribution, metric.targets[0])})
            assert len(summing(source.statements)) == i


def test_quartiles_lie_within_their_brackets():
    from pitprop.digest.secondpass import SHIFT, brackets

    rng = np.random.default_rng(2)
    for values in (rng.normal(0, 1, 5001), -rng.lognormal(0, 3, 4000), rng.normal(50, 2, 77), np.array([-1.5, 2.0])):
        keys, counts = np.unique(values.view(np.int64) >> SHIFT, return_counts=True)
        low, high = brackets(keys, counts[:, None])
        for p, a, b in zip((0.25, 0.75), low, high, strict=True):
            assert a <= np.quantile(values, p) <= b
    assert high[1] == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize("form", ["csv", "duckdb", "frame"])
def test_other_sources_are_streamed(form, tmp_path):
    data = table().select(["x", "free", "hits", "most", "quota", "who", "d", "ok"])
    metrics = [simple("mean", targets=[ROW, QUOTA]), ratio("rate", "hits", "most", filter="ok"), simple("free", "free")]
    source, tables = {"path": "t.csv"}, None
    if form == "csv":
        pa.csv.write_csv(data, tmp_path / "t.csv")
    elif form == "frame":
        tables = {"rows": data}
    else:
        import duckdb

        with duckdb.connect(str(tmp_path / "t.duckdb")) as connection:
            connection.register("given", data)
            connection.execute("CREATE TABLE shifts AS SELECT * FROM given")
        source = {"path": "t.duckdb", "table": "shifts"}
    reg = register(source, metrics)
    same(
        grains(reg, tmp_path, compiled=False, tables=tables)[0], grains(reg, tmp_path, compiled=True, tables=tables)[0]
    )


def test_the_order_of_the_rows_does_not_matter(tmp_path):
    data = table()
    reg = register({"path": "t.parquet"}, PLAIN)
    pq.write_table(data, tmp_path / "t.parquet", row_group_size=700)
    ordered, _ = grains(reg, tmp_path, compiled=True)
    shuffled = data.take(pa.array(np.random.default_rng(3).permutation(N)))
    pq.write_table(shuffled, tmp_path / "t.parquet", row_group_size=300)
    same(ordered, grains(reg, tmp_path, compiled=True)[0])


def test_a_jump_in_level_costs_no_digits(tmp_path):
    late = np.where(np.arange(N) < N // 4, 0.0, 1e9) + np.round(np.random.default_rng(1).normal(0, 1, N), 1)
    data = pa.table({"x": late, "who": ["a"] * N, "d": [date(2024, 1 + i * 12 // N, 1) for i in range(N)]})
    pq.write_table(data, tmp_path / "t.parquet", row_group_size=500)
    reg = register({"path": "t.parquet"}, [simple("jump")])
    asked, passed = (grains(reg, tmp_path, compiled=c)[0] for c in (False, True))
    same(asked, passed, fingerprints=False)


@pytest.mark.parametrize("kind", ["no rows", "all null", "one row", "nothing finite"])
def test_tables_with_nothing_in_them_are_told_as_by_the_queries(kind, tmp_path):
    data = table().slice(0, {"no rows": 0, "one row": 2}.get(kind, 50))
    if kind == "all null":
        data = data.set_column(0, "x", pa.nulls(len(data), pa.float64()))
    if kind == "nothing finite":
        data = data.set_column(0, "x", pa.array(np.full(len(data), math.nan)))
    pq.write_table(data, tmp_path / "t.parquet")
    reg = register({"path": "t.parquet"}, [simple("mean", targets=[ROW, QUOTA]), simple("number", None, "count")])
    same(grains(reg, tmp_path, compiled=False)[0], grains(reg, tmp_path, compiled=True)[0])


VALUES = st.one_of(
    st.none(),
    st.sampled_from([math.nan, math.inf, -math.inf, 1e100, -1e12, 0.1 + 0.2, -0.0, 1e-7, 2.0**53, 123456.789]),
    st.integers(-1000, 1000).map(float),
    st.integers(-100000, 100000).map(lambda k: k / 100),
    st.floats(-1e6, 1e6),
)


WILD = [
    (0.0, 2, 70, None),
    (2.0**53, 1, 0, None),
    (488.0, -2, 77, None),
    (-1.28, None, 31, None),
    (-1000.0, 1, 23, 139.0),
]
"""One value is so far away that sums about the mean would lose all digits of the others."""


@settings(max_examples=15, deadline=None)
@example(WILD)
@example([(2.0**53, 0, 0, None), (0.0, 0, 0, None), (0.1 + 0.2, 0, 0, 0.0), (0.0, 0, 0, None)])
@given(
    st.lists(
        st.tuples(VALUES, st.one_of(st.none(), st.integers(-3, 3)), st.integers(0, 90), VALUES), min_size=1, max_size=60
    )
)
def test_any_rows_give_the_same_either_way(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("rows")
    x, who, day, quota = (list(column) for column in zip(*rows, strict=True))
    data = pa.table(
        {
            "x": pa.array(x, pa.float64()),
            "who": pa.array(who, pa.int64()),
            "d": pa.array([date(2024, 1, 1) + timedelta(days=k) for k in day], pa.date32()),
            "quota": pa.array(quota, pa.float64()),
        }
    )
    pq.write_table(data, folder / "t.parquet", row_group_size=16)
    metrics = [simple("mean", targets=[{**ROW, "value": 10, "since": "2024-02-01"}]), simple("quotas", targets=[QUOTA])]
    reg = register({"path": "t.parquet"}, metrics)
    with np.errstate(all="ignore"):
        asked, passed = (grains(reg, folder, compiled=c)[0] for c in (False, True))
    same(asked, passed, fingerprints=False)
