from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitprop.define.metric import Metric
from pitprop.digest import Distribution, Panel, calendar, cells, survey, tally
from pitprop.digest.embedded import open_frame
from pitprop.digest.rowset import rowset

TARGET = {"op": "gte", "value": "quota", "on": "row", "since": "2024-01-20"}
AGGREGATIONS = ("sum", "average", "count", "share", "ratio")

rows = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-500, 500).map(lambda k: k / 4), st.sampled_from([float("inf"), 1e9 + 0.5])),
        st.sampled_from(["a", "b", "ü", None]),
        st.integers(0, 80).map(lambda k: date(2024, 1, 1) + timedelta(days=k)),
        st.sampled_from([None, 1.5, 3.0]),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=40,
)


def metric(agg: str) -> Metric:
    parts = (
        {"type": "ratio", "numerator": {"expr": "x"}, "denominator": {"expr": "2 + part"}}
        if agg == "ratio"
        else {"type": "simple", "agg": agg, "expr": "x"}
    )
    return Metric.model_validate(
        {
            "name": "m",
            "source": "s",
            "improvement_direction": "increase",
            "entity": "who",
            "agg_time_dimension": "d",
            "targets": [TARGET],
            **parts,
        }
    )


def table(drawn: list) -> pa.Table:
    x, who, d, quota, part = zip(*drawn, strict=True)
    return pa.table(
        {
            "x": pa.array(x, pa.float64()),
            "who": pa.array(who, pa.string()),
            "d": pa.array(d, pa.date32()),
            "quota": pa.array(quota, pa.float64()),
            "part": pa.array(part, pa.int64()),
        }
    )


def grains(data: pa.Table, agg: str, seen: survey.Survey | None = None, grid=None):
    """All grains of a table, about the pivot and on the grid of another's survey where one is given."""
    described = metric(agg)
    target = described.targets[0]
    engine = open_frame(data, source="s")
    try:
        read = rowset(described, engine)
        own = survey.survey(read, engine)
        first = own if seen is None else replace(seen, rows=own.rows)
        grid = grid or tally.row_grid(read, first, engine, target)
        sql, schema = tally.query(read, first, grid, target, paired=False)
        distribution = tally.read(grid, engine.ask(sql, schema), own.rows, relative=True, paired=False)
        panel = cells.cells(read, first, engine).panel
        profile = calendar.profile(read, first, engine)
    finally:
        engine.close()
    return first, grid, distribution, panel, profile


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows, st.sampled_from(AGGREGATIONS))
def test_the_grains_of_the_parts_add_up_to_the_grain_of_the_whole(drawn, agg):
    whole = table(drawn)
    seen, grid, distribution, panel, profile = grains(whole, agg)
    part = np.array([r[4] for r in drawn], dtype=bool)
    parts = [grains(whole.filter(pa.array(mask)), agg, seen, grid) for mask in (part, ~part)]

    d = parts[0][2] + parts[1][2]
    assert (d.step, d.rows) == (distribution.step, distribution.rows)
    for name in ("k", "under", "without", "exempt"):
        assert getattr(d, name).tolist() == getattr(distribution, name).tolist()

    p = parts[0][3] + parts[1][3]
    assert p.rows == panel.rows
    assert p.entities == panel.entities
    for name in ("periods", "entity", "period", "exempt"):
        assert getattr(p, name).tolist() == getattr(panel, name).tolist()
    assert p.metric.n.tolist() == panel.metric.n.tolist()
    for name in ("x", "xx", "w", "ww", "xw"):
        assert getattr(p.metric, name) == pytest.approx(getattr(panel.metric, name), rel=1e-9, abs=1e-6)

    q = parts[0][4] + parts[1][4]
    assert q.rows == profile.rows
    for name in ("period", "day", "length", "n"):
        assert getattr(q, name).tolist() == getattr(profile, name).tolist()
    assert q.xx == pytest.approx(profile.xx, rel=1e-9, abs=1e-6)


def test_a_merged_target_is_the_mean_over_all_rows_and_exemption_needs_both():
    drawn = [(1.0, "a", date(2024, 1, 1), q, p) for q, p in ((1.5, 0), (1.5, 0), (3.0, 1))]
    drawn += [(1.0, "b", date(2024, 1, 1), q, p) for q, p in ((None, 0), (3.0, 1))]
    drawn += [(1.0, "c", date(2024, 1, 1), None, 0)]
    seen, grid, _, whole, _ = grains(table(drawn), "sum")
    parts = [grains(table([r for r in drawn if r[4] == p]), "sum", seen, grid)[3] for p in (0, 1)]
    merged = parts[0] + parts[1]
    assert merged.target == pytest.approx(whole.target, nan_ok=True)
    assert merged.target == pytest.approx([2.0, 3.0, np.nan], nan_ok=True)
    assert merged.exempt.tolist() == whole.exempt.tolist() == [False, False, True]


def test_medians_merge_only_where_cells_are_apart():
    described = {"name": "m", "type": "simple", "agg": "median", "expr": "x", "source": "s"}
    read = Metric.model_validate({**described, "improvement_direction": "increase", "entity": "who"})

    def panel(x, who) -> Panel:
        engine = open_frame(pa.table({"x": x, "who": who}), source="s")
        over = rowset(read, engine)
        return cells.cells(over, replace(survey.survey(over, engine), pivot=0.0), engine).panel

    merged = panel([1.0, 2.0], ["a", "a"]) + panel([5.0], ["b"])
    assert merged.metric.value.tolist() == [1.5, 5.0]
    with pytest.raises(ValueError, match="median does not add"):
        panel([1.0], ["a"]) + panel([2.0], ["a"])


def test_panels_without_time_merge(audited):
    panels = []
    for who in ("a", "b"):
        source, described = audited(pa.table({"x": [1.0, 1.0], "who": [who, "c"]}), entity="who")
        panels.append(source.digest(described, Panel))
    merged = panels[0] + panels[1]
    assert merged.entities == ("a", "b", "c")
    assert merged.metric.n.tolist() == [1, 1, 2]
    assert np.isnat(merged.periods).tolist() == [True]


def test_panels_about_different_pivots_do_not_add(audited):
    one, two = (
        source.digest(described, Panel)
        for source, described in (audited(pa.table({"x": [v, v + 1]})) for v in (1.0, 1000.0))
    )
    with pytest.raises(ValueError, match="same pivot"):
        one + two


def test_the_distribution_of_no_rows_is_neutral(audited):
    source, described = audited(pa.table({"x": [1.0, 2.0]}))
    d = source.digest(described, Distribution)
    source, described = audited(pa.table({"x": pa.array([], pa.float64())}))
    assert (d + source.digest(described, Distribution)).all.tolist() == d.all.tolist()
