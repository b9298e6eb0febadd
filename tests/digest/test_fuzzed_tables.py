from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitprop import digest
from pitprop.define.metric import Register
from pitprop.digest import Distribution, Panel, Profile
from pitprop.errors import PitpropError

floats = st.floats(width=64) | st.sampled_from([0.0, -0.0, 1e-300, 1e99, 1e100, 9e15, 2.0**63, 0.1 + 0.2])
values = st.one_of(
    st.lists(st.none() | floats, max_size=8).map(lambda v: pa.array(v, pa.float64())),
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=8).map(lambda v: pa.array(v, pa.int64())),
    st.lists(st.none() | st.text(max_size=5), max_size=8).map(lambda v: pa.array(v, pa.string())),
    st.lists(st.none() | st.booleans(), max_size=8).map(lambda v: pa.array(v, pa.bool_())),
    st.lists(st.none() | st.dates(), max_size=8).map(lambda v: pa.array(v, pa.date32())),
    st.lists(st.none() | st.datetimes(), max_size=8).map(lambda v: pa.array(v, pa.timestamp("us", "UTC"))),
    st.lists(st.none() | st.decimals(-999, 999, places=3), max_size=8).map(lambda v: pa.array(v, pa.decimal128(9, 3))),
    st.lists(st.none() | st.binary(max_size=3), max_size=8).map(lambda v: pa.array(v, pa.binary())),
)
TARGETS = [
    {"op": "gte", "value": 1.5, "on": "row", "since": "2000-01-01"},
    {"op": "lt", "value": "t", "on": "row"},
    {"op": "lte", "value": 1 / 3},
    {"op": "gt", "value": "t"},
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    st.tuples(values, values, values, values),
    st.sampled_from(["sum", "average", "count", "count_distinct", "min", "max", "median", "share", "ratio"]),
    st.sampled_from(["day", "week", "month", "year"]),
    st.booleans(),
)
def test_any_table_gives_grains_that_agree_or_a_sentence(columns, agg, granularity, timed):
    n = min(len(c) for c in columns)
    table = pa.table(dict(zip("xtwd", (c.slice(0, n) for c in columns), strict=True)))
    parts = (
        {"type": "ratio", "numerator": {"expr": "x"}, "denominator": {"expr": "t"}}
        if agg == "ratio"
        else {"type": "simple", "agg": agg, "expr": "x"}
    )
    when = {"agg_time_dimension": "d", "time_granularity": granularity} if timed else {}
    fields = {"name": "m", "source": "s", "improvement_direction": "increase", "entity": "w", **parts, **when}
    declared = Register.model_validate(
        {"version": 1, "sources": {"s": {"path": "x"}}, "metrics": [{**fields, "targets": TARGETS}]}
    )
    metric = declared.metrics[0]
    with digest.open(declared, folder=".", tables={"s": table}) as source:
        asked = [(Panel, None), (Profile, None), *((Distribution, t) for t in (None, *metric.targets))]
        found = {}
        for i, (grain, target) in enumerate(asked):
            try:
                found[i] = source.digest(metric, grain, target)
            except PitpropError as error:
                assert str(error)
        for grain in found.values():
            assert grain.rows.total == n
        if 0 in found and agg != "share":
            assert found[0].metric.n.sum() == found[0].rows.kept
            assert not np.isinf(found[0].metric.value).any()
        if 1 in found and agg != "share":
            assert found[1].n.sum() == found[1].rows.kept
        if 2 in found and agg != "ratio":
            assert found[2].all.sum() == found[2].rows.kept
        assert len(digest.fingerprint(*found.values())) == 64


@pytest.mark.parametrize("label", ["a\0", "a", " ", "", "=1+1", "<script>", "'; DROP TABLE x; --", "\u202e", "💥" * 50])
def test_any_text_is_an_entity_of_its_own(audited, label):
    source, metric = audited(pa.table({"x": [1.0, 2.0], "who": [label, label + "\0"]}), entity="who")
    panel = source.digest(metric, Panel)
    assert panel.entities == (label, label + "\0")
    assert panel.metric.value.tolist() == [1.0, 2.0]


def test_a_column_may_have_any_name(audited):
    name = 'a "b"; DROP TABLE x --'
    table = pa.table({name: [1.0, 3.0], "d": [date(2024, 1, 1)] * 2})
    source, metric = audited(table, expr='"a ""b""; DROP TABLE x --"', agg_time_dimension="d")
    assert source.digest(metric, Panel).metric.value.tolist() == [2.0]
