"""The calibration measures what it says, and gives the same figures however it is run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.calibration import doses, organisation, page, store
from benchmarks.calibration.cases import cases
from benchmarks.calibration.grains import MAKERS, Grains
from benchmarks.calibration.ledger import FIRST, GROUPS, LOADS
from benchmarks.calibration.measure import Tally, entries, measure, wilson
from benchmarks.calibration.registers import LedgerSource, drawn
from benchmarks.calibration.worlds import SIZES, WORLDS

from pitprop.define.metric import Register, Source
from pitprop.digest.distribution import Distribution
from pitprop.digest.panel import Panel
from pitprop.digest.profile import Profile
from pitprop.digest.source import open_source
from pitprop.digest.strata import Strata
from pitprop.digest.versions import Versions

ROOT = Path(__file__).parents[1]


def world(name: str) -> organisation.Organisation:
    return next(w for w in WORLDS if w.name == name)


def told(results) -> list[tuple[str, str, int, dict[str, int], list[int]]]:
    return [(t.check, t.data, t.draws, dict(t.states), t.alarms) for tallies in results for t in tallies]


def test_figures_do_not_depend_on_the_number_of_workers_or_on_what_else_is_drawn():
    alone = told(measure(3, checks=["guardrail"], data="gaps"))
    assert alone == told(measure(3, checks=["guardrail"], data="gaps", workers=2))
    together = told(measure(3, checks=["guardrail", "coverage"], data="gaps"))
    assert alone == [t for t in together if t[0] == "guardrail"]
    assert [t[1:3] for t in alone] == [("gaps, small", 3), ("gaps, usual", 3)]


def test_a_settled_case_stops_early_and_an_unsettled_one_is_drawn_to_the_end():
    quiet = told(measure(6, checks=["coverage"], data="normal, usual", settle=2))
    assert [t[2] for t in quiet] == [2]
    gamed = told(measure(6, checks=["reliability"], data="reliability: luck", settle=2))
    assert [(t[2], t[3]) for t in gamed] == [(6, {"suspect": 6})]


def test_an_honest_case_with_early_alarms_is_drawn_to_the_end(monkeypatch):
    """With no alarm allowed to settle on, the second stage adds to the first: nothing is drawn twice."""
    from benchmarks.calibration import measure as module

    whole = told(measure(6, checks=["coverage"], data="gaps, usual"))
    monkeypatch.setattr(module, "SETTLED", -1.0)
    assert told(measure(6, checks=["coverage"], data="gaps, usual", settle=2)) == whole


def test_every_check_of_data_is_measured_on_honest_and_on_gamed_data():
    found = list(cases(entries()))
    for entry in entries():
        if entry.family != "governance" and entry.asks in MAKERS:
            kinds = {c.kind for c in found if entry.name in c.checks}
            assert {"honest", "gamed"} <= kinds, entry.name
    assert len({c.name for c in found}) == len(found)


@pytest.mark.parametrize("name", ["normal", "share", "ratio", "counts", "improvement with comparison"])
def test_grains_of_one_ledger_agree_on_how_many_rows_count(name):
    ledger = organisation.draw(np.random.default_rng(1), world(name), *SIZES["small"])
    grains = Grains(ledger)
    kept = int((~ledger.excluded).sum())
    panel, strata, versions = grains.get(Panel), grains.get(Strata), grains.get(Versions)
    assert panel.metric.n.sum() == grains.get(Distribution).all.sum() == versions.n.sum() == kept
    assert strata.metric.n[~strata.excluded].sum() == kept
    assert strata.metric.n.sum() == len(ledger.value)
    assert grains.get(Profile).n.sum() == int((~ledger.excluded & ~ledger.exempt[ledger.unit]).sum())
    last = versions.loaded == np.array(
        [versions.loaded[(versions.entity == e) & (versions.period == p)].max() for e, p in
         zip(versions.entity, versions.period, strict=True)]
    )  # fmt: skip
    assert np.allclose(versions.value[last], panel.metric.value, rtol=1e-12)


def test_late_rows_are_those_loaded_after_the_number_was_due():
    ledger = organisation.draw(np.random.default_rng(2), world("normal"), *SIZES["small"])
    due = ledger.metric.revisions.due
    late = int(((np.array(LOADS)[ledger.load] > due) & ~ledger.excluded).sum())
    assert Grains(ledger).panel.late.sum() == late


@pytest.mark.parametrize("ladder", doses.LADDERS, ids=lambda ladder: ladder.name)
def test_a_dose_of_nothing_leaves_the_checked_data_as_they_were(ladder):
    ledger = organisation.draw(np.random.default_rng(3), ladder.world, *SIZES["small"])
    gamed = ladder.gamed(np.random.default_rng(4), ledger, 0.0)
    before, after = (Grains(x).panel for x in (ledger, gamed))
    if ladder.name == "invented, too smooth":  # rows are picked anew: the counts stay
        assert np.array_equal(np.bincount(ledger.unit), np.bincount(gamed.unit))
    else:
        assert np.allclose(before.metric.value, after.metric.value, rtol=1e-9)
    ladder.gamed(np.random.default_rng(4), replace(ledger, peers=()), ladder.doses[-1])


def test_pushing_over_moves_near_misses_only():
    ladder = next(x for x in doses.LADDERS if x.name == "pushed over the target")
    ledger = organisation.draw(np.random.default_rng(5), ladder.world, *SIZES["usual"])
    gamed = ladder.gamed(np.random.default_rng(6), ledger, 1.0)
    target = float(ledger.metric.targets[0].value)
    moved = gamed.value != ledger.value
    assert (ledger.value[moved] >= target - 2).all() and (ledger.value[moved] < target).all()
    assert (gamed.value[moved] >= target).all()
    assert 0.01 < moved.mean() < 0.2


def test_a_register_has_forty_metrics_and_answers_like_a_source():
    register, source, origins = drawn(0)
    assert len(register.metrics) == len(origins) == 40
    assert isinstance(source, LedgerSource)
    metric = register.metrics[0]
    assert source.digest(metric, Distribution, metric.targets[0]).under.sum() > 0
    assert len(source.digest(metric, Panel).entities) == 40


def test_the_interval_of_a_share_is_wilsons():
    """statsmodels proportion_confint(126, 2000, method='wilson') = 0.0531669, 0.0745086."""
    assert wilson(126, 2000) == pytest.approx((0.0531669, 0.0745086), abs=1e-7)
    assert Tally(check="x", data="y", kind="honest").interval == (0.0, 1.0)


def test_the_page_is_made_of_what_is_stored_and_says_what_is_over_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    found = [t for tallies in measure(2, checks=["coverage"], data="coverage:") for t in tallies]
    loud = Tally(check="coverage", data="made up", kind="honest", draws=100, states=Counter(suspect=10, clear=90))
    store.keep_checks([*found, loud])
    written = page.page()
    assert "`coverage` on made up: 10.0% (5.5% to 17.4%)" in written.split("Over 6.3%: ")[1].splitlines()[0]
    assert "| made up | honest | 10.00% | 5.52% to 17.44% | 100 | 90% | 0% | 0% |" in written
    assert written.count("- `coverage`: ") == 1


def test_the_command_tells_of_one_check_and_refuses_an_unknown_one():
    def ran(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "benchmarks.calibration", *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ}, check=False)

    fine = ran("--check", "coverage", "--draws", "2", "--data", "gaps, small")
    assert fine.returncode == 0
    assert "of 2" in fine.stdout and "coverage: largest size" in fine.stdout
    assert ran("--check", "nonsense").returncode == 2


@pytest.mark.parametrize("name", ["normal", "poisson", "improvement with comparison", "ratio", "share"])
def test_grains_are_those_that_the_engine_reads_from_the_same_rows(name, tmp_path):
    pandas = pytest.importorskip("pandas")
    ledger = organisation.draw(np.random.default_rng(7), world(name), *SIZES["small"])
    months = (FIRST + ledger.period).astype("datetime64[D]")
    ends = (FIRST + ledger.period + 1).astype("datetime64[D]")
    rows = pandas.DataFrame(
        {
            "crew": [f"unit {i:04d}" for i in ledger.unit],
            "shift_date": months + ledger.day,
            "tonnes": ledger.value,
            "done": ledger.value,
            "due": np.ones(len(ledger.value)) if ledger.weight is None else ledger.weight,
            "severity": np.array(GROUPS)[ledger.group],
            "exempted": ledger.excluded,
            "loaded_on": ends + np.array(LOADS)[ledger.load],
            "quota": ledger.quota[ledger.unit, ledger.period],
        }
    )
    metric = ledger.metric.model_copy(update={"outcome": None, "guardrails": (), "competing": (), "events": ()})
    register = Register(version=1, sources={"shifts": Source(path="shifts.csv")}, metrics=(metric,))
    made = Grains(replace(ledger, metric=metric))
    with open_source(register, folder=tmp_path, tables={"shifts": rows}) as source:
        panel, read = made.panel, source.digest(metric, Panel)
        assert np.array_equal(panel.metric.n, read.metric.n)
        assert np.allclose(panel.metric.value, read.metric.value, rtol=1e-9)
        assert np.allclose(panel.metric.noise, read.metric.noise, rtol=1e-6, equal_nan=True)
        assert np.allclose(panel.target, read.target, equal_nan=True)
        assert np.array_equal(panel.exempt, read.exempt)
        assert np.array_equal(panel.late, read.late)
        for target in metric.targets:
            ours = made.get(tuple[Distribution, ...])[metric.targets.index(target)]
            theirs = source.digest(metric, Distribution, target)
            assert (ours.under.sum(), ours.without.sum(), ours.exempt.sum()) == (
                theirs.under.sum(),
                theirs.without.sum(),
                theirs.exempt.sum(),
            )
            if ours.exact:
                assert ours.step == theirs.step and np.array_equal(ours.k, theirs.k)
                assert np.array_equal(ours.under, theirs.under)
        ours, theirs = made.get(Versions), source.digest(metric, Versions)
        assert np.array_equal(ours.loaded, theirs.loaded.astype("datetime64[D]"))
        assert np.array_equal(ours.n, theirs.n)
        assert np.allclose(ours.value, theirs.value, rtol=1e-9)
        ours, theirs = made.get(Strata), source.digest(metric, Strata)
        assert sorted(ours.metric.n) == sorted(theirs.metric.n)
        assert ours.metric.n[ours.excluded].sum() == theirs.metric.n[theirs.excluded].sum()
        ours, theirs = made.get(Profile), source.digest(metric, Profile)
        if not ledger.exempt.any() and ledger.weight is None:
            assert np.array_equal(ours.n, theirs.n)
            assert np.allclose(ours.x + ours.n * ours.pivot, theirs.x + theirs.n * theirs.pivot, rtol=1e-9)
