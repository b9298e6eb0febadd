"""Rows that were taken out, rows that came late, and the series beside a target."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from pitprop.digest import Distribution, GrainError, Panel, Profile, Scorecard, Strata, Versions

JAN, FEB = date(2024, 1, 10), date(2024, 2, 10)
BY = {"entity": "who", "agg_time_dimension": "d"}
CASES = pa.table(
    {
        "x": [1.0, 0.0, 1.0, 0.0, 1.0, 5.0],
        "who": ["a", "a", "a", "b", "b", None],
        "d": [JAN, JAN, FEB, JAN, JAN, JAN],
        "risk": ["low", "high", "low", "high", None, "low"],
        "exempted": [False, True, False, None, False, True],
    }
)


def test_excluded_rows_leave_the_number_and_are_counted_as_such(audited):
    source, metric = audited(CASES, **BY, exclusion="exempted", case_mix="risk")
    panel = source.digest(metric, Panel)
    assert panel.metric.n.tolist() == [1, 1, 2]
    assert panel.metric.value == pytest.approx([1.0, 1.0, 0.5])
    assert (panel.rows.kept, panel.rows.excluded, panel.rows.no_entity) == (4, 1, 1)
    assert panel.rows.dropped == 1
    assert source.digest(metric, Distribution).all.tolist() == [1, 3]


def test_strata_keep_the_excluded_rows_apart_by_risk_group(audited):
    source, metric = audited(CASES, **BY, exclusion="exempted", case_mix="risk")
    s = source.digest(metric, Strata)
    lines = [
        (s.strata[g], s.entities[e], str(p)[:7], bool(z), int(n), float(v))
        for g, e, p, z, n, v in zip(s.stratum, s.entity, s.start, s.excluded, s.metric.n, s.metric.value, strict=True)
    ]
    assert lines == [
        ("(none)", "b", "2024-01", False, 1, 1.0),
        ("high", "a", "2024-01", True, 1, 0.0),
        ("high", "b", "2024-01", False, 1, 0.0),
        ("low", "a", "2024-01", False, 1, 1.0),
        ("low", "a", "2024-02", False, 1, 1.0),
    ]
    assert s.mixed
    assert int(s.distribution.all.sum()) == 4


def test_without_a_case_mix_the_entities_are_the_strata(audited):
    source, metric = audited(CASES, **BY)
    strata = source.digest(metric, Strata)
    assert strata.strata == strata.entities == ("a", "b")
    assert not strata.mixed
    assert not strata.excluded.any()


LOADS = pa.table(
    {
        "x": [10.0, 12.0, -1.0, 7.0, 8.0],
        "who": ["a", "a", "a", "b", "b"],
        "d": [JAN, JAN, JAN, JAN, FEB],
        "loaded": [date(2024, 1, 31), date(2024, 2, 3), date(2024, 2, 20), date(2024, 2, 1), date(2024, 2, 28)],
    }
)


def test_appended_rows_add_up_to_each_version(audited):
    source, metric = audited(LOADS, agg="sum", **BY, revisions={"loaded": "loaded", "due": 5})
    versions = source.digest(metric, Versions)
    assert versions.value.tolist() == [10.0, 22.0, 21.0, 7.0, 8.0]
    assert versions.n.tolist() == [1, 1, 1, 1, 1]
    assert [str(d) for d in versions.loaded[:3]] == ["2024-01-31", "2024-02-03", "2024-02-20"]
    panel = source.digest(metric, Panel)
    assert panel.metric.value.tolist() == [21.0, 7.0, 8.0]
    assert panel.late.tolist() == [1, 0, 0]


def test_of_snapshots_only_the_last_load_counts(audited):
    source, metric = audited(LOADS, agg="sum", **BY, revisions={"loaded": "loaded", "mode": "snapshot"})
    panel = source.digest(metric, Panel)
    assert panel.metric.value.tolist() == [-1.0, 7.0, 8.0]
    assert (panel.rows.kept, panel.rows.superseded) == (3, 2)
    assert panel.late.tolist() == [0, 1, 0]
    versions = source.digest(metric, Versions)
    assert versions.value.tolist() == [10.0, 12.0, -1.0, 7.0, 8.0]


def test_a_snapshot_that_is_excluded_does_not_bring_back_the_one_before(audited):
    rows = LOADS.append_column("exempted", pa.array([False, False, True, False, False]))
    source, metric = audited(
        rows, agg="sum", **BY, exclusion="exempted", revisions={"loaded": "loaded", "mode": "snapshot"}
    )
    panel = source.digest(metric, Panel)
    assert panel.metric.value.tolist() == [7.0, 8.0]
    assert (panel.rows.excluded, panel.rows.superseded) == (1, 2)


def test_versions_need_a_declaration_and_an_aggregation_that_adds(audited):
    source, metric = audited(LOADS, **BY)
    with pytest.raises(GrainError, match="declares no `revisions`"):
        source.digest(metric, Versions)
    source, metric = audited(LOADS, agg="median", **BY, revisions={"loaded": "loaded"})
    with pytest.raises(GrainError, match="cannot be had by adding"):
        source.digest(metric, Versions)


def test_the_series_beside_a_target_are_those_without_one(audited):
    rows = pa.table(
        {
            "x": [1.0, 2.0, 3.0, 4.0],
            "y": [5.0, 6.0, 7.0, 8.0],
            "who": ["a", "a", "b", "b"],
            "d": [JAN, FEB, JAN, FEB],
            "quota": [1.0, 1.0, None, None],
        }
    )
    source, metric = audited(
        rows,
        agg="sum",
        **BY,
        targets=[{"op": "gte", "value": "quota"}],
        guardrails=[{"metric": "aimed_at", "margin": 1}],
        competing=["unwatched"],
        others={
            "aimed_at": {"expr": "y", **BY, "targets": [{"op": "gte", "value": 1.0}]},
            "unwatched": {"expr": "y", "agg": "sum", **BY},
        },
    )
    profile = source.digest(metric, Profile)
    assert (profile.x + profile.n * profile.pivot).tolist() == [1.0, 2.0]
    assert set(profile.placebo) == {"exempt", "unwatched"}
    exempt = profile.placebo["exempt"]
    assert (exempt.x + exempt.n * exempt.pivot).tolist() == [3.0, 4.0]
    panel = source.digest(metric, Panel)
    assert panel.others["unwatched"].value.tolist() == [5.0, 6.0, 7.0, 8.0]


def test_a_scorecard_holds_every_metric_of_the_same_entities(audited):
    source, metric = audited(
        LOADS,
        agg="sum",
        **BY,
        outcome={"metric": "success"},
        others={
            "success": {"agg": "count", **BY},
            "twin": {"expr": "2 * x", "agg": "sum", **BY, "cost": {"amount": 5}},
            "elsewhere": {"expr": "x", "entity": "d", "agg_time_dimension": "d"},
            "retired": {"expr": "x", **BY, "status": "retired"},
        },
    )
    card = source.digest(metric, Scorecard)
    assert [p.name for p in card.peers] == ["twin"]
    assert card.peers[0].cost_per_year == (60.0, 60.0)
    assert card.panel.others["twin"].value == pytest.approx(2 * card.panel.metric.value)
    assert np.isfinite(card.panel.others["success"].value).all()


def test_the_same_number_under_another_target_is_no_peer(audited):
    by = {"agg": "sum", "expr": "x", **BY}
    target = {"targets": [{"op": "gte", "value": 9}]}
    source, metric = audited(LOADS, **by, **target, others={"control": by, "copy": {**by, **target}})
    assert [p.name for p in source.digest(metric, Scorecard).peers] == ["copy"]
