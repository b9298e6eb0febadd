import math
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pitprop import digest
from pitprop.define.metric import Register
from pitprop.digest import Distribution, Panel, Profile, survey
from pitprop.digest.embedded import open_frame
from pitprop.digest.fold import fold
from pitprop.digest.folded import learn_all, learn_values
from pitprop.digest.remote import open_table
from pitprop.digest.rowset import rowset
from pitprop.errors import PitpropError

N = 4000
BY = {"entity": "who", "agg_time_dimension": "d", "type": "simple", "agg": "average"}
ROW = {"op": "gte", "value": 52.5, "on": "row", "since": "2024-03-01"}
QUOTA = {"op": "gte", "value": "quota", "on": "row"}
KINDS = {"i": "integer", "f": "number", "O": "text", "M": "day"}


def table() -> pa.Table:
    rng = np.random.default_rng(5)
    x = np.round(rng.normal(50, 8, N), 2)
    x[::89], x[1::89], x[2::89], x[3::89] = math.nan, math.inf, -math.inf, 1e180
    days = [date(2023, 11 + k % 2, 1 + k % 30) if k % 7 else date(2024, 1 + k % 12, 1 + k % 28) for k in range(N)]
    return pa.table(
        {
            "x": pa.array([None if k % 97 == 0 else float(v) for k, v in enumerate(x)], pa.float64()),
            "late": pa.array([float(v) if k > 1500 else None for k, v in enumerate(rng.lognormal(2, 0.7, N))]),
            "hits": pa.array(rng.integers(0, 30, N).astype(np.int32)),
            "at": pa.array(rng.integers(0, 40, N).astype(np.int32)),
            "quota": pa.array([None if k % 5 == 0 else 45.0 + k % 3 for k in range(N)], pa.float64()),
            "who": pa.array([None if k % 101 == 0 else f'crew, {k % 7} "é"' for k in range(N)]),
            "pit": pa.array(rng.integers(0, 4, N).astype(np.int32)),
            "d": pa.array([None if k % 103 == 0 else v for k, v in enumerate(days)], pa.date32()),
            "at_text": pa.array([f"{v}T10:00:00+02:00" if k % 50 else "soon" for k, v in enumerate(days)]),
            "ok": pa.array([None if k % 13 == 0 else k % 11 != 0 for k in range(N)], pa.bool_()),
        }
    )


METRICS = [
    {**BY, "name": "mean", "expr": "x", "targets": [ROW, {**ROW, "value": 40, "until": "2024-06-01"}, QUOTA]},
    {**BY, "name": "lone", "expr": "late * 1.5", "targets": [{**ROW, "value": 7.5}]},
    {**BY, "name": "total", "agg": "sum", "expr": "x * 2", "filter": "ok"},
    {**BY, "name": "sound", "agg": "count", "expr": "late", "filter": "ok"},
    {**BY, "name": "reached", "agg": "share", "expr": "x", "targets": [QUOTA]},
    {**BY, "name": "passed", "agg": "share", "expr": "x", "targets": [ROW]},
    {**BY, "name": "kinds", "agg": "count_distinct", "expr": "hits"},
    {**BY, "name": "middle", "agg": "median", "expr": "late"},
    {
        **BY,
        "name": "rate",
        "agg": None,
        "type": "ratio",
        "numerator": {"expr": "hits"},
        "denominator": {"expr": "at"},
        "targets": [{**ROW, "value": 0.5}],
    },
    {**BY, "name": "by_pit", "entity": "pit", "expr": "round(x)"},
    {**BY, "name": "all", "entity": None, "expr": "hits % 3"},
    {**BY, "name": "read", "agg_time_dimension": "at_text", "expr": "hits"},
    {**BY, "name": "read_too", "agg_time_dimension": "at_text", "expr": "x"},
    {**BY, "name": "weekly", "expr": "at", "time_granularity": "week"},
    {**BY, "name": "never", "expr": "x", "agg_time_dimension": None},
    {**BY, "name": "without", "expr": "hits", "exclusion": "ok"},
]


def register(metrics: list[dict[str, object]], **source: str) -> Register:
    described = [
        {"source": "rows", "improvement_direction": "increase", **{k: v for k, v in m.items() if v is not None}}
        for m in metrics
    ]
    return Register.model_validate(
        {"version": 1, "sources": {"rows": source or {"path": "rows.parquet"}}, "metrics": described}
    )


class Server:
    """An engine that can be told answers, and hands over no rows."""

    def __init__(self, engine):
        self.engine = engine
        self.where, self.table, self.columns, self.notes = engine.where, engine.table, engine.columns, engine.notes
        self.learned, self.put = {}, []
        self.kinds, self.close = engine.kinds, engine.close

    def ask(self, sql, schema):
        found = self.learned[sql]() if sql in self.learned else None
        if found is None:
            self.put.append(sql)
            found = self.engine.ask(sql, schema)
        return found

    def learn(self, sql, found):
        self.learned[sql] = found

    def knows(self, sql):
        return sql in self.learned or sql in self.put


def same(mine, single):
    """Whether two answers are the same, in whatever order their lines come."""
    assert set(mine) == set(single)
    exact = [name for name in sorted(mine) if mine[name].dtype.kind != "f"]
    orders = [np.lexsort([a[name].astype(str) for name in exact]) for a in (mine, single)]
    for name in mine:
        one, two = (a[name][order] for a, order in zip((mine, single), orders, strict=True))
        if name in exact:
            np.testing.assert_array_equal(one, two, err_msg=name)
        else:
            scale = np.nanmax(np.abs(two), initial=0)
            np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-12 * scale, err_msg=name)


def check(engine) -> int:
    """Folds what is asked about METRICS; the number of answers that were compared."""
    server = Server(engine)
    declared = register(METRICS)
    learn_all(server, declared.metrics[0], declared, {m.name for m in declared.metrics})
    for metric in declared.metrics[:-1]:
        rows = rowset(metric, server)
        learn_values(server, rows, survey.survey(rows, server))
    for sql, found in server.learned.items():
        answer = found()
        assert answer is not None, sql
        same(answer, engine.ask(sql, {name: KINDS[values.dtype.kind] for name, values in answer.items()}))
    return len(server.learned)


SURVEYS, CELLS, DAYS, VALUES = 14, 5 + 2 + 2, 7 + 2 + 2, 3 + 2 + 2 + 2
"""Different queries of each kind that are folded; `mean` and `reached` have one survey."""


def test_folded_answers_are_those_of_the_single_queries():
    engine = open_frame(table(), source="rows")
    assert check(engine) == SURVEYS + CELLS + DAYS + VALUES
    engine.close()


def test_folded_answers_are_those_of_the_single_queries_on_postgresql(postgres):
    postgres.load("folded", table())
    engine = open_table("lake", "folded", source="rows", environ={"PITPROP_LAKE_URL": postgres.url()})
    assert check(engine) == SURVEYS + CELLS + DAYS + VALUES
    engine.close()


def test_folded_answers_are_those_of_the_single_queries_on_spark(spark):
    spark.load("folded", table())
    engine = open_table("lake", "folded", source="rows", environ=spark.environ)
    assert check(engine) == SURVEYS + CELLS + DAYS + VALUES
    engine.close()


OUTCOME = {"outcome": {"metric": "lone", "lag": 1}, "guardrails": [{"metric": "by_pit", "margin": "5%"}]}
RESTING = [{**METRICS[0], "targets": [ROW], **OUTCOME}, {**METRICS[1], "targets": None}, METRICS[9], METRICS[3]]


@pytest.fixture
def audited_table(postgres):
    """A source of RESTING on a server, and the register; with the table as it was loaded."""
    postgres.load("resting", table())
    declared = register(RESTING, connection="lake", table="resting")
    with digest.open(declared, folder=Path(), environ={"PITPROP_LAKE_URL": postgres.url()}) as source:
        yield source, declared


def test_a_metric_with_outcome_and_guardrail_is_surveyed_once_summed_by_day_once_and_tallied_once(audited_table):
    source, declared = audited_table
    metric = declared.metrics[0]
    source.expect([metric])
    panel, profile = source.digest(metric, Panel), source.digest(metric, Profile)
    tallied = [source.digest(metric, Distribution, target) for target in (None, *metric.targets)]
    whole = [sql for sql in source.statements if "LIMIT" not in sql]
    # the guardrail has another entity: cells of its own
    assert len(whole) == 1 + 2 + 1 + 1
    assert not any('("late") IS NOT NULL THEN 1' in sql for sql in whole), "what is not asked for is not reckoned"
    frame = register(RESTING)
    with digest.open(frame, folder=Path(), tables={"rows": table()}) as local:
        own = frame.metrics[0]
        mine = local.digest(own, Panel)
        np.testing.assert_array_equal(panel.metric.n, mine.metric.n)
        np.testing.assert_allclose(panel.metric.x, mine.metric.x, rtol=1e-12, atol=1e-9)
        np.testing.assert_array_equal(panel.others["lone"].n, mine.others["lone"].n)
        assert panel.missing.keys() == mine.missing.keys()
        daily = local.digest(own, Profile)
        assert profile.placebo.keys() == daily.placebo.keys() == {"lone", "by_pit"}
        np.testing.assert_array_equal(profile.placebo["by_pit"].n, daily.placebo["by_pit"].n)
        for target, found in zip((None, *own.targets), tallied, strict=True):
            single = local.digest(own, Distribution, target)
            np.testing.assert_array_equal(found.k, single.k)
            np.testing.assert_array_equal(found.without, single.without)


def test_where_a_folded_query_fails_the_single_ones_say_which_metric_is_at_fault(postgres):
    postgres.load("broken", table())
    broken = {**BY, "name": "broken", "expr": "cast(who as double)"}
    declared = register([METRICS[0], METRICS[1], broken], connection="lake", table="broken")
    with digest.open(declared, folder=Path(), environ={"PITPROP_LAKE_URL": postgres.url()}) as source:
        source.expect(declared.metrics)
        assert source.digest(declared.metrics[0], Panel).metric.n.sum() > 0
        assert source.digest(declared.metrics[1], Panel).metric.n.sum() > 0
        with pytest.raises(PitpropError, match="refused the query"):
            source.digest(declared.metrics[2], Panel)


def test_queries_of_different_tables_or_groups_are_not_folded():
    one = ('SELECT k, CAST(SUM(v) AS DOUBLE) AS s FROM (SELECT "a" AS k, "b" AS v FROM "t") AS g GROUP BY k', {})
    assert fold([one, (one[0].replace('"t"', '"u"'), {})]) is None
    assert fold([one, (one[0].replace('"a" AS k', '"c" AS k'), {})]) is None
    assert fold([one, ('SELECT "a" AS k FROM "t"', {})]) is None


def test_a_demand_that_not_all_have_goes_into_the_sums_and_lines_without_rows_are_dropped():
    frame = pa.table({"a": ["u", "u", "v"], "b": [1.0, 2.0, 4.0], "c": [None, 8.0, None]})
    engine = open_frame(frame, source="rows")
    schema = {"k": "text", "s": "number"}
    whole = (
        'SELECT k, CAST(SUM(v) AS DOUBLE) AS s FROM (SELECT * FROM (SELECT "a" AS k, "{}" AS v '
        "FROM {}) AS r WHERE v IS NOT NULL AND k <> 'w') AS kept GROUP BY k"
    )
    queries = [(whole.format(column, engine.table), schema) for column in "bc"]
    folded = fold(queries)
    found = engine.ask(folded.sql, folded.schema)
    sums = [dict(zip(*folded.part(i, found).values(), strict=True)) for i in range(2)]
    assert sums == [{"u": 3.0, "v": 4.0}, {"u": 8.0}]
    engine.close()
