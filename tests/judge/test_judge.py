"""Judging a whole register: multiplicity, waivers, hashes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from pitprop.define.metric import Cost, Person, Waiver
from pitprop.examine.examination import Examination
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared
from pitprop.judge.definition import definition_hash
from pitprop.judge.judge import judge, with_q_values
from pitprop.judge.policy import Policy
from pitprop.judge.verdict import Ruling
from pitprop.stats.multiplicity import benjamini_hochberg

TODAY = date(2027, 1, 1)


def bunching(p: float, alpha: float = 0.05) -> Finding:
    state = State.SUSPECT if p <= alpha else State.CLEAR
    return Finding(state=state, says="s", p_value=p, check="bunching", code="PP101", family="distorted_data", grade="C")


def heaping(p: float) -> Finding:
    return Finding(state=State.SUSPECT, says="s", p_value=p, check="heaping", code="PP102", family="distorted_data")


def examined(*findings: Finding, **changes) -> Examination:
    return Examination(metric=declared(**changes), findings=findings)


def test_a_register_of_one_check_each_gets_benjamini_hochberg_q_values():
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278]
    stamped = with_q_values([(bunching(value),) for value in p])
    assert [f.q_value for (f,) in stamped] == pytest.approx(list(benjamini_hochberg(p)))


def test_the_number_of_checks_in_a_metrics_family_is_paid_for():
    alone = with_q_values([(bunching(0.02),), (bunching(0.9),)])
    pair = with_q_values([(bunching(0.02), heaping(0.8)), (bunching(0.9),)])
    assert alone[0][0].q_value == pytest.approx(0.04)
    assert pair[0][0].q_value == pytest.approx(0.08)


def test_families_do_not_pay_for_each_other():
    other = Finding(state=State.CLEAR, says="s", p_value=0.9, check="predictive", family="worth")
    stamped = with_q_values([(bunching(0.02), other)])
    assert [f.q_value for f in stamped[0]] == pytest.approx([0.02, 0.9])


def test_findings_without_a_p_value_stay_as_they_are():
    plain = Finding(state=State.SUSPECT, says="s", check="purpose", family="governance")
    away = Finding(state=State.NOT_APPLICABLE, says="s", p_value=0.5, check="heaping", family="distorted_data")
    stamped = with_q_values([(bunching(0.02), away, plain)])
    assert [f.q_value for f in stamped[0]] == [pytest.approx(0.02), None, None]


def test_forty_honest_metrics_are_challenged_in_at_most_a_tenth_of_registers():
    rng = np.random.default_rng(11)
    registers, accused, metrics_accused = 400, 0, 0
    for _ in range(registers):
        verdicts = judge([examined(bunching(float(p))) for p in rng.uniform(size=40)], Policy(), TODAY)
        challenged = sum(v.ruling is not Ruling.UNDECIDED for v in verdicts)
        metrics_accused += challenged
        accused += challenged > 0
        assert not any(v.ruling is Ruling.DISCARD for v in verdicts)
    assert accused <= 60  # 99.9% upper quantile of Binomial(400, 0.10)
    assert metrics_accused / (40 * registers) <= 0.01


def test_a_strong_suspicion_among_forty_honest_metrics_still_counts():
    rng = np.random.default_rng(12)
    honest = [examined(bunching(float(p))) for p in rng.uniform(0.05, 1, size=39)]
    verdicts = judge([examined(bunching(1e-6)), *honest], Policy(), TODAY)
    assert [v.ruling for v in verdicts].count(Ruling.CHALLENGE) == 1
    assert verdicts[0].ruling is Ruling.CHALLENGE
    assert verdicts[0].findings[0].q_value == pytest.approx(4e-5)


def test_a_waiver_holds_through_its_last_day_and_is_reported_when_it_has_run_out():
    waiver = Waiver(check="bunching", reason="quota runs out", owner="office@example.org", expires=TODAY)
    examination = examined(bunching(1e-6), waivers=(waiver,))
    (held,) = judge([examination], Policy(), TODAY)
    (over,) = judge([examination], Policy(), date(2027, 1, 2))
    assert held.ruling is Ruling.UNDECIDED
    assert held.findings[0].waived == "quota runs out (office@example.org, until 2027-01-01)"
    assert over.ruling is Ruling.CHALLENGE
    assert over.findings[0].waived == ""
    assert over.would_change[-1] == (
        "The waiver of bunching (office@example.org) expired on 2027-01-01: renew it or mend the cause."
    )


def test_a_waiver_may_name_the_code():
    waiver = Waiver(check="PP101", reason="r", owner="o", expires=date(2028, 1, 1))
    (verdict,) = judge([examined(bunching(1e-6), waivers=(waiver,))], Policy(), TODAY)
    assert verdict.findings[0].waived == "r (o, until 2028-01-01)"


def test_the_hash_changes_with_the_number_and_not_with_words_about_it():
    plain = definition_hash(declared())
    same = declared(label="Coal", description="d", owner=Person(name="Someone"), name="coal", purpose="p")
    assert definition_hash(same) == plain
    assert definition_hash(declared(waivers=())) == plain
    for changed in (
        declared(expr="tons"),
        declared(targets=()),
        declared(outcome=None),
        declared(guardrails=()),
        declared(entity="pit"),
        declared(improvement_direction="neutral"),
        declared(resolution=0.5),
    ):
        assert definition_hash(changed) != plain
    assert len(plain) == 64


def test_the_hash_does_not_depend_on_how_a_number_is_written():
    from pitprop.define.metric import Target

    assert definition_hash(declared(targets=(Target(op="gte", value=7),))) == definition_hash(
        declared(targets=(Target(op="gte", value=7.0),))
    )


def test_the_hash_is_the_same_in_every_release():
    assert definition_hash(declared()) == "9044e501c7967c9c16a78b481a5e4896c00bd76cd9e3cc030a1d9560b298b659"


def test_the_declared_cost_of_a_year_is_shown_with_its_currency():
    cost = Cost(hours_per_period=(3, 4), hourly_rate=30, amount=10, currency="GBP")
    (verdict,) = judge([examined(bunching(0.5), cost=cost)], Policy(), TODAY)
    assert verdict.cost_per_year == (12 * (3 * 30 + 10), 12 * (4 * 30 + 10))
    assert verdict.currency == "GBP"
