"""Rank sets: published sets, exactness of the short cuts, joint coverage."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri

from pitprop.stats import ranks as module
from pitprop.stats.ranks import ranks_of_intervals, separate_intervals, stepdown_ranks
from pitprop.stats.spread import moment_spread

TABLE = Path(__file__).parents[1] / "data" / "reference" / "acs2011_travel_time.csv"
PUBLISHED = {
    "SD": (1, 6),
    "IA": (3, 9),
    "OK": (10, 14),
    "VT": (10, 21),
    "RI": (15, 33),
    "DE": (25, 42),
    "CA": (42, 44),
    "NH": (37, 46),
    "MD": (50, 51),
}


def travel_time():
    with TABLE.open() as file:
        rows = list(csv.DictReader(file))
    return (
        [r["Abbreviation"] for r in rows],
        np.array([float(r["Estimate.1dec"]) for r in rows]),
        np.array([float(r["MOE.1dec"]) for r in rows]) / ndtri(0.95),
    )


def test_rank_sets_of_travel_times_are_the_published_ones():
    state, minutes, se = travel_time()
    each = ndtri(1 - (1 - 0.9 ** (1 / 51)) / 2)
    assert each == pytest.approx(3.0809, abs=5e-5)
    # The published figure compares ends rounded to a tenth of a minute; rank 1 is the shortest.
    low, high = np.round(minutes - each * se, 1), np.round(minutes + each * se, 1)
    found = ranks_of_intervals(-high, -low)
    sets = {s: (int(a), int(b)) for s, a, b in zip(state, found.lower, found.upper, strict=True)}
    assert {s: sets[s] for s in PUBLISHED} == PUBLISHED
    assert float(np.mean(found.upper - found.lower + 1)) == pytest.approx(9.8, abs=0.05)


def test_unrounded_only_new_hampshire_and_illinois_are_no_longer_told_apart_among_those_published():
    state, minutes, se = travel_time()
    found = separate_intervals(-minutes, se)
    sets = {s: (int(a), int(b)) for s, a, b in zip(state, found.lower, found.upper, strict=True)}
    assert {s: sets[s] for s in PUBLISHED} == {**PUBLISHED, "NH": (37, 47)}


def test_rankability_of_travel_times_is_near_one_although_most_ranks_are_open():
    _, minutes, se = travel_time()
    found = moment_spread(minutes, se)
    assert found.tau2 == pytest.approx(8.905604, abs=5e-7)
    assert found.rankability == pytest.approx(0.996279, abs=5e-7)
    stepdown = stepdown_ranks(-minutes, se, rng=np.random.default_rng(0))
    assert np.mean(stepdown.upper - stepdown.lower) > 6
    assert np.mean(stepdown.upper - stepdown.lower) < np.mean(
        separate_intervals(-minutes, se).upper - separate_intervals(-minutes, se).lower
    )


@pytest.mark.parametrize(
    ("stepdown", "lower", "upper"),
    [
        (True, [7, 6, 5, 4, 3, 2, 1, 1, 1, 1], [10, 10, 10, 10, 9, 8, 7, 6, 5, 4]),
        (False, [6, 5, 4, 3, 2, 1, 1, 1, 1, 1], [10, 10, 10, 10, 10, 9, 8, 7, 6, 5]),
    ],
)
def test_stepdown_sets_of_ten_evenly_spaced_units_are_the_documented_ones(stepdown, lower, upper):
    found = stepdown_ranks(
        np.linspace(1, 3, 10),
        np.full(10, 0.2),
        rng=np.random.default_rng(0),
        level=0.95,
        stepdown=stepdown,
        draws=100_000,
    )
    assert found.lower.tolist() == lower
    assert found.upper.tolist() == upper


def test_without_stepdown_the_critical_value_is_that_of_the_studentised_range():
    found = stepdown_ranks(
        np.zeros(10), np.ones(10), rng=np.random.default_rng(1), level=0.95, stepdown=False, draws=100_000
    )
    assert found.critical == pytest.approx(4.4745 / 2**0.5, abs=0.015)


@pytest.mark.parametrize("df", [np.inf, 6.0, "mixed"])
def test_pairing_only_the_most_deviating_units_gives_what_all_pairs_give(df, monkeypatch):
    rng = np.random.default_rng(2)
    y, se = 4 * rng.standard_normal(90), rng.uniform(0.3, 1, 90)
    freedom = rng.choice([3.0, 20.0, np.inf], 90) if df == "mixed" else df
    quick = stepdown_ranks(y, se, rng=np.random.default_rng(0), df=freedom, draws=300)
    monkeypatch.setattr(module, "ALL_PAIRED", 1000)
    full = stepdown_ranks(y, se, rng=np.random.default_rng(0), df=freedom, draws=300)
    assert quick.critical == full.critical
    assert quick.lower.tolist() == full.lower.tolist()


def test_order_and_units_do_not_matter():
    rng = np.random.default_rng(3)
    y, se = rng.standard_normal(60), rng.uniform(0.1, 0.5, 60)
    order = rng.permutation(60)
    a = stepdown_ranks(y, se, rng=np.random.default_rng(0))
    b = stepdown_ranks(1000 * y[order], 1000 * se[order], rng=np.random.default_rng(0))
    assert b.lower.tolist() == a.lower[order].tolist()
    assert b.critical == pytest.approx(a.critical, rel=1e-9)


@pytest.mark.parametrize("spaced", [0.0, 0.5])
def test_all_sets_together_hold_the_true_ranks_as_often_as_stated(spaced):
    rng = np.random.default_rng(4)
    true = spaced * np.arange(12)
    best = 1 + (true[None, :] > true[:, None]).sum(axis=1)
    worst = (true[None, :] >= true[:, None]).sum(axis=1)
    se, df = rng.uniform(0.5, 1.0, 12), 8
    missed = 0
    for _ in range(300):
        own = se * np.sqrt(rng.chisquare(df, 12) / df)
        found = stepdown_ranks(true + se * rng.standard_normal(12), own, rng=rng, df=float(df), draws=500)
        missed += bool(np.any((found.lower > best) | (found.upper < worst)))
    assert missed / 300 < 0.10 + 3 * (0.09 / 300) ** 0.5
    if spaced == 0:
        assert missed / 300 > 0.03


def test_the_share_of_open_pairs_is_the_mean_width_of_the_sets():
    far = separate_intervals(np.arange(5.0), np.full(5, 1e-6))
    same = separate_intervals(np.zeros(5), np.ones(5))
    assert (far.open_pairs, same.open_pairs) == (0.0, 1.0)
    assert far.lower.tolist() == far.upper.tolist() == [5, 4, 3, 2, 1]
