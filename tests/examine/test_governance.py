"""Governance checks: what is declared is clear, what is missing is named with what to declare."""

from __future__ import annotations

from datetime import date

import pytest

from pitprop.define.metric import Cost, Purpose, Register, Source, Target
from pitprop.examine.check import Brief
from pitprop.examine.finding import State
from pitprop.examine.governance import (
    blind_spots,
    burden,
    concentration,
    counter_metric,
    decision,
    outcome,
    owner,
    per_decision,
    purpose,
    review,
)
from pitprop.examine.specimen import declared

TODAY = date(2027, 1, 1)


def told(module, metric):
    return module.run(metric, Brief(metric=metric, smallest_effect=0.0, today=TODAY))


@pytest.mark.parametrize(
    ("module", "without", "field"),
    [
        (purpose, {"purpose": "  "}, "`purpose`"),
        (decision, {"decision": ""}, "`decision`"),
        (owner, {"owner": None}, "`owner`"),
        (outcome, {"outcome": None}, "`outcome`"),
        (counter_metric, {"guardrails": ()}, "`guardrails`"),
        (review, {"review_by": None}, "`review_by`"),
    ],
)
def test_what_is_missing_is_suspect_and_says_what_to_declare(module, without, field):
    assert told(module, declared()).state is State.CLEAR
    finding = told(module, declared(**without))
    assert finding.state is State.SUSPECT
    assert field in finding.needed
    assert finding.p_value is None


def test_a_review_is_due_the_day_after_its_date():
    assert told(review, declared(review_by=TODAY)).state is State.CLEAR
    late = told(review, declared(review_by=date(2026, 12, 31)))
    assert (late.state, late.effect) == (State.SUSPECT, 1.0)
    assert late.says == "Its review was due on 2026-12-31, 1 day ago."


def test_without_stakes_nobody_has_to_name_a_counter_metric():
    free = declared(guardrails=(), targets=(Target(op="gte", value=7.0),))
    assert told(counter_metric, free).state is State.NOT_APPLICABLE


def test_without_a_target_nobody_has_to_name_an_outcome():
    assert told(outcome, declared(outcome=None, targets=())).state is State.NOT_APPLICABLE


def test_stakes_are_concentrated_where_an_entity_is_judged_by_one_number_alone():
    def concentrated(*metrics):
        register = Register(version=1, sources={"shifts": Source(path="s.csv")}, metrics=metrics)
        return concentration.run(register, Brief(metric=metrics[0], smallest_effect=0.0))

    alone = concentrated(
        declared(),
        declared(name="a", entity="pit"),
        declared(name="b", entity="pit"),
        declared(name="c", targets=()),
    )
    assert (alone.state, alone.effect, alone.n) == (State.SUSPECT, 0.5, 2)
    assert alone.says == "Judged with stakes by one number alone: crew by tonnes_per_shift."
    paired = concentrated(declared(), declared(name="timber"))
    assert (paired.state, paired.effect) == (State.CLEAR, 0.0)
    assert concentrated(declared(targets=())).state is State.NOT_APPLICABLE
    assert concentrated(declared(), declared(name="b", status="retired")).effect == 1.0


def whole(module, *metrics, **fields):
    register = Register(version=1, sources={"shifts": Source(path="shifts.csv")}, metrics=metrics, **fields)
    return module.run(register, Brief(metric=metrics[0], smallest_effect=module.CHECK.smallest_effect, today=TODAY))


def test_a_purpose_is_seen_only_by_an_active_metric_and_weighs_what_is_declared():
    purposes = (Purpose(name="coal", weight=3), Purpose(name="safety", weight=1))
    found = whole(blind_spots, declared(serves=("coal",)), purposes=purposes)
    assert (found.state, found.effect) == (State.SUSPECT, 0.25)
    assert "safety" in found.says
    retired = declared(name="props", serves=("safety",), status="retired")
    assert whole(blind_spots, declared(serves=("coal",)), retired, purposes=purposes).effect == 0.25
    assert whole(blind_spots, declared(serves=("coal", "safety")), purposes=purposes).state is State.CLEAR
    assert whole(blind_spots, declared()).state is State.NOT_APPLICABLE


def test_costs_add_up_by_currency_and_the_share_without_a_decision_is_told():
    yearly = Cost(amount=(100, 100))
    metrics = (
        declared(cost=yearly),
        declared(name="idle", decision=" ", cost=Cost(amount=(50, 150))),
        declared(name="old", decision="", status="retired", cost=yearly),
        declared(name="yen", cost=Cost(amount=(1, 1), currency="JPY")),
        declared(name="free"),
    )
    found = whole(burden, *metrics)
    assert found.data["cost_per_year"] == {"EUR": 2400.0, "JPY": 12.0}
    assert (found.state, found.effect) == (State.SUSPECT, 0.5)
    assert "EUR 2,400 and JPY 12 a year" in found.says
    assert "1 of 4 metrics declare no cost" in found.says
    assert whole(burden, declared()).state is State.NOT_APPLICABLE


def test_decisions_are_the_same_whatever_their_case_and_spaces():
    metrics = [declared(name=f"m{i}", decision="Post  crews" if i % 2 else "post crews ") for i in range(8)]
    found = whole(per_decision, *metrics, declared(name="silent", decision=""))
    assert (found.state, found.effect, found.data["decisions"]) == (State.SUSPECT, 8.0, 1)
    assert "1 more inform no declared decision" in found.says
