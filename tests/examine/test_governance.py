"""Governance checks: what is declared is clear, what is missing is named with what to declare."""

from __future__ import annotations

from datetime import date

import pytest

from pitprop.define.metric import Register, Source, Target
from pitprop.examine.check import Brief
from pitprop.examine.finding import State
from pitprop.examine.governance import (
    concentration,
    counter_metric,
    decision,
    outcome,
    owner,
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
