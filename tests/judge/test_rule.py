"""The rule: its truth table, and that more suspicion never gives a better ruling."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitprop.define.metric import Cost, Metric, Target
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared
from pitprop.judge.evidence import Evidence
from pitprop.judge.policy import Policy
from pitprop.judge.rule import rule
from pitprop.judge.verdict import Ruling

FAMILY = {
    "bunching": "distorted_data",
    "heaping": "distorted_data",
    "storming": "distorted_data",
    "decoupling": "distorted_work",
    "guardrail": "distorted_work",
    "reliability": "noise",
    "rankability": "noise",
    "stability": "noise",
    "coverage": "noise",
    "predictive": "worth",
    "cost": "worth",
    "redundancy": "worth",
    "purpose": "governance",
    "decision": "governance",
    "owner": "governance",
    "outcome": "governance",
    "counter_metric": "governance",
    "review": "governance",
}
CODE = {name: f"PP{i:03d}" for i, name in enumerate(FAMILY)}
SEVERITY = [Ruling.KEEP, Ruling.UNDECIDED, Ruling.CHALLENGE, Ruling.DISCARD]
MODEST = declared(targets=(Target(op="gte", value=7.0, stakes="budget"),))


def finding(check: str, state: State, **more) -> Finding:
    return Finding(
        state=state,
        says=f"{check} says {state.value}.",
        check=check,
        family=FAMILY[check],
        code=CODE[check],
        **more,
    )


def case(metric: Metric = MODEST, **states: Finding | State) -> Evidence:
    """Evidence for `keep`, with these checks answering otherwise."""
    answers: dict[str, Finding] = {name: finding(name, State.CLEAR, grade="B") for name in FAMILY}
    answers["reliability"] = finding("reliability", State.CLEAR, interval=(0.92, 0.97))
    for name, state in states.items():
        answers[name] = state if isinstance(state, Finding) else finding(name, state, grade="B")
    return Evidence(metric=metric, findings=tuple(answers.values()), policy=Policy())


def noisy(upper: float, pooled: float) -> Finding:
    return finding("reliability", State.SUSPECT, interval=(0.05, upper), data={"pooled_upper": pooled})


def suspect(check: str, grade: str | None = "B", **more) -> Finding:
    return finding(check, State.SUSPECT, grade=grade, **more)


def test_distortion_on_the_shape_of_the_data_alone_counts_only_where_another_check_agrees():
    alone = rule(case(storming=suspect("storming", "D")))
    assert alone.ruling is Ruling.KEEP
    assert any("by itself that does not count. storming says suspect." in line for line in alone.would_change)
    both = rule(case(storming=suspect("storming", "D"), heaping=suspect("heaping", "D")))
    assert both.ruling is Ruling.CHALLENGE
    waived = rule(case(storming=suspect("storming", "D"), heaping=suspect("heaping", "C", waived="looked at")))
    assert waived.ruling is Ruling.KEEP
    assert rule(case(storming=suspect("storming", "C"))).ruling is Ruling.CHALLENGE


@pytest.mark.parametrize("check", ["stability", "coverage"])
def test_nothing_is_kept_whose_definition_moved_or_whose_rows_are_missing(check):
    metric = declared(targets=())
    decision = rule(case(metric, **{check: suspect(check)}))
    assert decision.ruling is Ruling.UNDECIDED
    assert decision.because[0] == f"{check} says suspect."
    staked = rule(case(**{check: suspect(check)}))
    assert staked.ruling is Ruling.CHALLENGE


def test_nothing_is_kept_many_of_whose_rows_have_no_usable_value():
    unusable = replace(finding("coverage", State.INCONCLUSIVE), data={"rows_unusable": True})
    decision = rule(case(coverage=unusable))
    assert decision.ruling is Ruling.UNDECIDED
    assert unusable.says in decision.because[0]
    assert rule(case(coverage=replace(unusable, data={"rows_unusable": False}))).ruling is Ruling.KEEP
    assert rule(case(coverage=replace(unusable, waived="known"))).ruling is Ruling.KEEP


def test_a_metric_with_everything_shown_is_kept():
    decision = rule(case())
    assert decision.ruling is Ruling.KEEP
    assert decision.because[0] == "predictive says clear."
    assert decision.remedy == "Keep it. Review it by 2030-01-01."


@pytest.mark.parametrize(
    ("evidence", "ruling"),
    [
        # D1: worth nothing and costs
        (case(predictive=suspect("predictive", "C"), cost=State.SUSPECT), Ruling.DISCARD),
        (case(predictive=suspect("predictive", "D"), cost=State.SUSPECT), Ruling.CHALLENGE),
        (case(predictive=suspect("predictive", None), cost=State.SUSPECT), Ruling.CHALLENGE),
        (case(predictive=State.SUSPECT), Ruling.CHALLENGE),
        (case(cost=State.SUSPECT), Ruling.CHALLENGE),
        (case(predictive=State.INCONCLUSIVE, cost=State.SUSPECT), Ruling.CHALLENGE),
        # D2 and D3: by the strength of the design
        (case(decoupling=suspect("decoupling", "A")), Ruling.DISCARD),
        (case(decoupling=suspect("decoupling", "B")), Ruling.DISCARD),
        (case(decoupling=suspect("decoupling", "C")), Ruling.CHALLENGE),
        (case(guardrail=suspect("guardrail", "B")), Ruling.DISCARD),
        (case(guardrail=suspect("guardrail", "C")), Ruling.CHALLENGE),
        (case(guardrail=suspect("guardrail", None)), Ruling.CHALLENGE),
        # D4: noise that nothing cures, and that predicts nothing
        (case(reliability=noisy(0.3, 0.6), predictive=suspect("predictive", "D")), Ruling.DISCARD),
        (case(reliability=noisy(0.3, 0.6), predictive=State.INCONCLUSIVE), Ruling.CHALLENGE),
        (case(reliability=noisy(0.3, 0.6), predictive=State.NOT_APPLICABLE), Ruling.CHALLENGE),
        (case(reliability=noisy(0.3, 0.6)), Ruling.CHALLENGE),
        (case(reliability=noisy(0.45, 0.76), predictive=State.SUSPECT), Ruling.CHALLENGE),
        (case(reliability=noisy(0.55, 0.6), predictive=State.SUSPECT), Ruling.CHALLENGE),
        (case(reliability=replace(noisy(0.3, 0.6), data={}), predictive=State.SUSPECT), Ruling.CHALLENGE),
        # distorted data never discard
        (case(bunching=suspect("bunching", "A")), Ruling.CHALLENGE),
        (case(bunching=suspect("bunching", "A"), heaping=suspect("heaping", "A")), Ruling.CHALLENGE),
        # what keep asks for
        (case(predictive=State.INCONCLUSIVE), Ruling.UNDECIDED),
        (case(predictive=State.NOT_APPLICABLE), Ruling.UNDECIDED),
        (case(guardrail=State.INCONCLUSIVE), Ruling.UNDECIDED),
        (case(guardrail=State.NOT_APPLICABLE), Ruling.UNDECIDED),
        (case(reliability=State.NOT_APPLICABLE), Ruling.UNDECIDED),
        (case(bunching=State.INCONCLUSIVE, heaping=State.NOT_APPLICABLE), Ruling.KEEP),
        (case(cost=State.INCONCLUSIVE), Ruling.KEEP),
        # governance gaps alone never challenge
        *((case(**{gap: State.SUSPECT}), Ruling.UNDECIDED) for gap in ("purpose", "decision", "owner", "review")),
        (case(counter_metric=State.SUSPECT), Ruling.UNDECIDED),
        # league tables
        (case(rankability=State.SUSPECT), Ruling.KEEP),
        (
            case(declared(targets=(Target(op="gte", value=7, stakes="publicity"),)), rankability=State.SUSPECT),
            Ruling.CHALLENGE,
        ),
    ],
)
def test_the_truth_table(evidence, ruling):
    assert rule(evidence).ruling is ruling


def test_pay_asks_for_more_reliability_than_budgets_do():
    between = finding("reliability", State.CLEAR, interval=(0.75, 0.95))
    low = finding("reliability", State.CLEAR, interval=(0.75, 0.85))
    assert rule(case(reliability=between)).ruling is Ruling.KEEP
    assert rule(case(declared(), reliability=between)).ruling is Ruling.UNDECIDED
    told = rule(case(declared(), reliability=low))
    assert told.ruling is Ruling.CHALLENGE
    assert "asks for a signal share of 0.90" in told.because[0]


@pytest.mark.parametrize("targets", [(), (Target(op="gte", value=7.0),)])
def test_noise_between_entities_is_no_reproach_where_nothing_hangs_on_the_number(targets):
    free = declared(targets=targets)
    told = rule(case(free, reliability=noisy(0.3, 0.6), predictive=State.INCONCLUSIVE))
    assert told.ruling is Ruling.UNDECIDED


def test_a_suspicion_that_chance_explains_does_not_count_and_says_so():
    by_chance = suspect("bunching", "C", p_value=0.04, q_value=0.31)
    decision = rule(case(bunching=by_chance))
    assert decision.ruling is Ruling.KEEP
    assert "bunching is suspect by itself" in decision.would_change[0]
    assert "q = 0.31, counted from 0.1 down" in decision.would_change[0]
    assert rule(case(bunching=replace(by_chance, q_value=0.10))).ruling is Ruling.CHALLENGE


def test_a_waived_suspicion_is_shown_and_does_not_count():
    decision = rule(case(heaping=suspect("heaping", waived="scale reads in 0.5 t (office, until 2027-01-31)")))
    assert decision.ruling is Ruling.KEEP
    (told,) = decision.would_change
    assert told.startswith("heaping is suspect and does not count while it is waived: scale reads in 0.5 t")
    assert told.endswith("(office, until 2027-01-31).")


def test_gaming_indicts_the_target_and_not_the_metric():
    decision = rule(case(bunching=State.SUSPECT))
    assert decision.remedy == (
        "Keep it as a diagnostic and drop the target: gaming indicts the target, not the metric."
    )
    shares = {"share_meeting_reported": 0.913, "share_meeting_corrected": 0.8456}
    corrected = rule(case(bunching=suspect("bunching", data=shares)))
    assert corrected.remedy.endswith("Without what was moved about 84.6% would meet it, not 91.3%.")


def test_two_checks_of_one_family_are_one_reason_told_by_the_stronger():
    decision = rule(case(bunching=suspect("bunching", q_value=0.01), heaping=suspect("heaping", q_value=0.001)))
    assert decision.because == ("heaping says suspect. Also suspect, and counted together with it as one: bunching.",)


def test_families_are_told_the_gravest_first():
    decision = rule(case(bunching=State.SUSPECT, guardrail=suspect("guardrail", "C"), cost=State.SUSPECT))
    assert decision.because == (
        "guardrail says suspect. Its design (grade C) is too weak to discard on.",
        "bunching says suspect.",
        "cost says suspect.",
    )


def test_a_discard_tells_its_grounds_first_and_then_what_else_is_suspect():
    decision = rule(case(decoupling=State.SUSPECT, bunching=State.SUSPECT))
    assert decision.because == ("decoupling says suspect.", "bunching says suspect.")
    assert decision.remedy == "Stop using it."


def test_a_cost_without_a_decision_is_challenged_for_lack_of_purpose():
    spent = declared(cost=Cost(hours_per_period=3, hourly_rate=30), targets=MODEST.targets)
    decision = rule(case(spent, decision=State.SUSPECT))
    assert decision.ruling is Ruling.CHALLENGE
    assert "what changes no decision has no information value" in decision.because[0]
    free = declared(cost=Cost(), targets=MODEST.targets)
    assert rule(case(free, decision=State.SUSPECT)).ruling is Ruling.UNDECIDED


def test_real_success_itself_is_kept_by_the_worth_of_its_decisions():
    success = declared(outcome=None, targets=(), guardrails=())
    shown = case(success, predictive=State.NOT_APPLICABLE, outcome=State.NOT_APPLICABLE)
    assert rule(shown).ruling is Ruling.KEEP
    assert rule(case(success, predictive=State.NOT_APPLICABLE, cost=State.INCONCLUSIVE)).ruling is Ruling.UNDECIDED
    assert rule(case(predictive=State.NOT_APPLICABLE)).ruling is Ruling.UNDECIDED


def test_what_is_missing_is_told_with_the_cheapest_step_as_remedy():
    unknown = finding("predictive", State.INCONCLUSIVE, needed="Two more years of data.")
    gap = finding("purpose", State.SUSPECT, needed="Declare `purpose`.")
    decision = rule(case(predictive=unknown, purpose=gap))
    assert decision.because[0].startswith("Nothing counts against its declared use, but its value is not shown.")
    assert decision.remedy == "Declare `purpose`."
    assert decision.would_change == ("Two more years of data.", "Declare `purpose`.")


def test_what_cannot_be_read_is_undecided_whatever_else_is_known():
    gamed = case(decoupling=State.SUSPECT, bunching=State.SUSPECT)
    decision = rule(gamed, problem="There is no file shifts.parquet.")
    assert decision.ruling is Ruling.UNDECIDED
    assert decision.because == ("There is no file shifts.parquet.",)


@pytest.mark.parametrize("silent", [State.NOT_APPLICABLE, State.INCONCLUSIVE])
@pytest.mark.parametrize("cost", list(State))
def test_what_cannot_be_measured_is_never_kept_challenged_or_discarded(silent, cost):
    data = {name: silent for name, family in FAMILY.items() if family != "governance" and name != "cost"}
    spent = declared(cost=Cost(amount=100))
    assert rule(case(spent, **data, cost=cost, decision=State.SUSPECT)).ruling is Ruling.UNDECIDED


def test_a_retired_metric_is_not_ruled_on():
    assert rule(case(declared(status="retired"), decoupling=State.SUSPECT)).ruling is Ruling.UNDECIDED


def test_a_check_that_broke_down_bars_keep():
    broken = finding("bunching", State.NOT_APPLICABLE, data={"crashed": "ZeroDivisionError: division by zero"})
    decision = rule(case(bunching=broken))
    assert decision.ruling is Ruling.UNDECIDED
    assert decision.because == ("bunching could not be run: ZeroDivisionError: division by zero.",)


grades = st.sampled_from(["A", "B", "C", "D", None])
states = st.sampled_from([State.CLEAR, State.INCONCLUSIVE, State.NOT_APPLICABLE, State.SUSPECT])
shares = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda pair: (min(pair), max(pair)))


@st.composite
def evidences(draw) -> Evidence:
    stakes = draw(st.sampled_from(["none", "bonus", "publicity", "ranking", "budget"]))
    on = draw(st.sampled_from(["row", "entity_period"]))
    metric = declared(
        targets=draw(st.sampled_from([(), (Target(op="gte", value=7.0, stakes=stakes, on=on),)])),
        outcome=draw(st.sampled_from([None, declared().outcome])),
        guardrails=draw(st.sampled_from([(), declared().guardrails])),
        cost=draw(st.sampled_from([None, Cost(amount=100)])),
    )
    answers = {}
    for name in FAMILY:
        q_value = draw(st.sampled_from([None, 0.001, 0.5]))
        answers[name] = finding(name, draw(states), grade=draw(grades), q_value=q_value)
    data = draw(st.sampled_from([{}, {"pooled_upper": 0.4}, {"pooled_upper": 0.9}]))
    answers["reliability"] = replace(answers["reliability"], interval=draw(shares), data=data)
    return case(metric, **answers)


@settings(deadline=None)
@given(evidences(), st.sampled_from(sorted(FAMILY)), grades)
def test_one_more_suspicion_never_improves_the_ruling(evidence, check, grade):
    def worse(f: Finding) -> Finding:
        counted = replace(f, state=State.SUSPECT, q_value=0.0)
        return replace(counted, grade=grade if f.state is not State.SUSPECT else f.grade)

    before = rule(evidence).ruling
    changed = tuple(worse(f) if f.check == check else f for f in evidence.findings)
    after = rule(replace(evidence, findings=changed)).ruling
    assert SEVERITY.index(after) >= SEVERITY.index(before)


@settings(deadline=None)
@given(evidences())
def test_a_discard_always_rests_on_positive_evidence(evidence):
    decision = rule(evidence)
    counted = {f.check for f in evidence.findings if evidence.counts(f)}
    if decision.ruling is Ruling.DISCARD:
        useless = "predictive" in counted and counted & {"cost", "reliability"}
        assert useless or counted & {"decoupling", "guardrail"}
    if not counted - {f for f, family in FAMILY.items() if family == "governance"}:
        assert decision.ruling is not Ruling.DISCARD


@settings(deadline=None)
@given(evidences())
def test_a_keep_always_has_value_shown_and_nothing_distorted(evidence):
    if rule(evidence).ruling is Ruling.KEEP:
        assert evidence.clear("predictive") or (evidence.metric.outcome is None and evidence.clear("cost"))
        assert not evidence.suspects("distorted_data", "distorted_work", "worth")
        assert evidence.of("reliability").interval[0] >= evidence.reliability_asked
        assert not any(evidence.of(gap).state is State.SUSPECT for gap in ("purpose", "decision", "owner", "review"))


@settings(deadline=None)
@given(evidences())
def test_every_ruling_says_why_and_what_to_do(evidence):
    decision = rule(evidence)
    assert all(line.strip() for line in decision.because)
    assert len(decision.because) >= 1
    assert decision.remedy.strip()
