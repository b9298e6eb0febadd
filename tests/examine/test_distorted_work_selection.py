from dataclasses import replace

import numpy as np
import pytest

from pitprop.examine.distorted_work.selection import _taken_out, _turned_away, _world, run
from pitprop.examine.finding import State
from pitprop.examine.specimen import declared
from pitprop.examine.strata_specimen import strata_specimen


def rows(rng, *, gone_before=0.1, gone_after=0.1, units=12, periods=24, each=30):
    n = units * periods * each
    entity, period = np.repeat(np.arange(units), periods * each), np.tile(np.repeat(np.arange(periods), each), units)
    value = rng.standard_normal(n) + 5
    return {
        "value": value,
        "group": rng.integers(0, 3, n),
        "entity": entity,
        "period": period,
        "excluded": rng.random(n) < np.where(period >= periods // 2, gone_after, gone_before),
        "since": periods // 2,
        "smallest_effect": 0.25,
    }


def test_the_gain_from_exclusion_is_the_change_of_counted_less_all():
    given = rows(np.random.default_rng(1), gone_after=0.2)
    finding = run(*strata_specimen(**given))
    way = next(w for w in finding.data["ways"] if w["way"] == "exclusion")
    cell = given["entity"] * 24 + given["period"]
    kept = ~given["excluded"]

    def mean(mine):
        return np.bincount(cell[mine], weights=given["value"][mine]) / np.bincount(cell[mine])

    gap = (mean(kept) - mean(np.ones(len(cell), bool))).reshape(12, 24)
    counted = mean(kept).reshape(12, 24)
    within = np.sqrt(
        sum(((half - half.mean(axis=1, keepdims=True)) ** 2).sum() for half in (counted[:, :12], counted[:, 12:]))
        / (12 * 24 - 24)
    )
    # a season is taken out of twelve months before the target, so the plain difference is met up to noise
    assert finding.data["standard_deviation"] == pytest.approx(within, rel=1e-9)
    assert way["gain"] == pytest.approx((gap[:, 12:].mean() - gap[:, :12].mean()) / within, abs=0.15)


def test_more_exclusions_at_random_are_no_selection():
    states = [run(*strata_specimen(**rows(np.random.default_rng(s), gone_after=0.3))).state for s in range(40)]
    assert states.count(State.SUSPECT) <= 4
    given = rows(np.random.default_rng(3), gone_after=0.3)
    share = float(given["excluded"][given["period"] >= 12].mean())
    assert run(*strata_specimen(**given)).data["excluded_after"] == pytest.approx(share, rel=1e-12)


def test_rows_taken_out_by_result_are_told_with_bounds_that_allow_no_improvement():
    finding = run(*_taken_out(np.random.default_rng(2)))
    assert finding.state is State.SUSPECT
    assert finding.data["decided_by"] == "exclusion"
    bounds = finding.data["lee_bounds"]
    assert bounds["lower"] < 0 < bounds["upper"]
    assert finding.data["excluded_after"] > finding.data["excluded_before"]


def test_a_change_of_mix_at_the_target_is_told_with_its_share():
    finding = run(*_turned_away(np.random.default_rng(2)))
    assert finding.state is State.SUSPECT
    assert finding.data["decided_by"] == "mix"
    parts = finding.data["kitagawa"]
    assert parts["mix"] / parts["change"] > 0.8
    assert parts["mix"] + parts["rate"] == pytest.approx(parts["change"], rel=1e-9)


def test_a_change_of_mix_beside_as_large_a_gain_of_everyone_is_not_suspect():
    finding = run(*_world(np.random.default_rng(4), shift=0.3, better=0.6))
    assert finding.state is State.INCONCLUSIVE


def test_the_mirrored_number_gives_the_same_answer():
    given = rows(np.random.default_rng(5))
    given["excluded"] |= (given["value"] < 4.3) & (given["period"] >= 12)
    first = run(*strata_specimen(**given))
    mirrored = run(*strata_specimen(**given | {"value": -given["value"]}, direction="decrease"))
    scaled = run(*strata_specimen(**given | {"value": 1000 * given["value"]}, step="10"))
    assert first.state is State.SUSPECT
    for other in (mirrored, scaled):
        assert other.state is first.state
        assert other.effect == pytest.approx(first.effect, rel=1e-9)


def test_without_groups_exclusions_or_a_date_the_question_does_not_arise():
    given = rows(np.random.default_rng(6))
    nobody = given | {"excluded": np.zeros(len(given["value"]), dtype=bool)}
    assert run(*strata_specimen(**nobody, mixed=False)).state is State.NOT_APPLICABLE
    strata, brief = strata_specimen(**given)
    undated = replace(brief, metric=declared(agg="average"))
    assert run(strata, undated).state is State.NOT_APPLICABLE
    total = replace(strata, metric=replace(strata.metric, agg="sum"))
    assert "no mix" in run(total, brief).says


def test_constant_and_empty_tables_are_not_judged():
    given = rows(np.random.default_rng(7))
    assert run(*strata_specimen(**given | {"value": np.ones(len(given["value"]))})).state is State.NOT_APPLICABLE
    everyone = given | {"excluded": np.ones(len(given["value"]), dtype=bool)}
    assert run(*strata_specimen(**everyone)).state is State.NOT_APPLICABLE
