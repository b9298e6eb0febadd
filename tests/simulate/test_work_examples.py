"""The examples that come with pitprop: what they say of themselves is what comes out, and no unit gets lost."""

from __future__ import annotations

from math import log, prod

import numpy as np
import pytest

from pitprop.define.assembly import assembled
from pitprop.define.examples import examples
from pitprop.define.scenario import read_scenario
from pitprop.define.work import Work
from pitprop.simulate.work.network import network
from pitprop.simulate.work.results import WorkStudy
from pitprop.simulate.work.study import study
from pitprop.simulate.work.totals import Ending, Totals
from pitprop.simulate.work.trials import Trials

FILES = examples()
SCENARIOS = {name: read_scenario(file) for name, file in FILES.items()}
ARMS = [(name, arm.name) for name, scenario in SCENARIOS.items() for arm in scenario.arms]


def totals(name: str, arm: str, replications: int) -> tuple[Work, Totals]:
    scenario = SCENARIOS[name]
    work = scenario.arm(arm).work
    return work, Trials(seed=scenario.seed).totals(work, replications)


def of(work: Work, found: Totals, task: str) -> float:
    """Mean number of runs of a task in a replication."""
    return float(found.done[:, list(work.tasks).index(task)].mean())


@pytest.fixture(scope="module")
def mine() -> WorkStudy:
    return study(SCENARIOS["mine/shift"], what=["gain", "capacity", "roles", "sensitivity"])


@pytest.fixture(scope="module")
def hospital() -> WorkStudy:
    return study(SCENARIOS["hospital/triage"], what=["bottleneck"])


@pytest.fixture(scope="module")
def review() -> WorkStudy:
    return study(SCENARIOS["review/pipeline"], what=[])


@pytest.fixture(scope="module")
def brigade() -> WorkStudy:
    return study(SCENARIOS["brigade/line"], what=[])


def test_these_examples_come_with_pitprop() -> None:
    assert sorted(FILES) == ["brigade/line", "hospital/triage", "mine/shift", "review/pipeline"]


@pytest.mark.parametrize("name", FILES)
def test_an_example_asks_a_question_answers_it_and_says_what_nobody_measured(name: str) -> None:
    scenario = SCENARIOS[name]
    assert scenario.title.endswith("?")
    assert len(scenario.description) > 200
    assert len(scenario.assumed) >= 4
    assert all(assumption.why for assumption in scenario.assumed)
    assert all(arm.label for arm in scenario.arms)


@pytest.mark.parametrize(("name", "arm"), ARMS)
def test_no_unit_gets_lost_and_the_work_never_comes_to_a_stand(name: str, arm: str) -> None:
    work, found = totals(name, arm, 40)
    slots = len(network(work).slots)
    assert (found.ending == Ending.HORIZON).all()
    np.testing.assert_array_equal(found.start + found.put - found.taken, found.end)
    for b, buffer in enumerate(work.buffers):
        took = {task: said.takes[buffer] for task, said in work.tasks.items() if buffer in said.takes}
        ended = sum(q * found.done[:, list(work.tasks).index(task)] for task, q in took.items())
        in_hand = found.taken[:, b] - ended
        assert (abs(in_hand) <= slots * max(took.values(), default=0)).all(), buffer
        if took and work.warm_up == 0:
            assert (in_hand >= 0).all(), buffer


@pytest.mark.parametrize(("name", "arm"), ARMS)
def test_what_is_put_down_is_what_the_runs_yield(name: str, arm: str) -> None:
    work, found = totals(name, arm, 40)
    for b, buffer in enumerate(work.buffers):
        surely, at_most = np.zeros(40), np.zeros(40)
        for a, task in enumerate(work.tasks.values()):
            each = [way.to.get(buffer, 0) for way in task.ways] or [0]
            surely += min(each) * found.done[:, a]
            at_most += max(each) * found.done[:, a]
        assert (found.put[:, b] >= surely).all(), buffer
        assert (found.put[:, b] <= at_most).all(), buffer


# the mine


def test_the_record_is_that_of_the_story_and_that_of_the_historians(mine: WorkStudy) -> None:
    """102 t within 3 % in both; the ordinary shift comes to its norm of 7 t within 3 %."""
    assert mine["ordinary"].output.mean == pytest.approx(7, rel=0.03)
    assert mine["ordinary"].headline is not None
    assert mine["ordinary"].headline.mean == pytest.approx(1, rel=0.03)
    assert (mine["four_roles"].heads, mine["historic"].heads) == (4, 3)
    assert mine["four_roles"].output.mean == pytest.approx(102, rel=0.03)
    assert mine["historic"].output.mean == pytest.approx(102, rel=0.03)
    assert SCENARIOS["mine/shift"].arm("four_roles").work.shift.length == 360
    assert SCENARIOS["mine/shift"].arm("historic").work.shift.length == 345


def test_102_t_are_26_t_a_head_for_four_and_34_t_for_three(mine: WorkStudy) -> None:
    assert mine["four_roles"].per_head.mean == pytest.approx(25.5, rel=0.03)
    assert mine["historic"].per_head.mean == pytest.approx(34, rel=0.03)
    assert mine.gain is not None
    assert mine.gain.per_head == pytest.approx(25.5, rel=0.03)


def test_the_historians_shift_yields_what_an_independent_model_of_it_yields() -> None:
    """Hewing 3.38 and propping 6.2 minutes (gamma, cv .3), two proppers, six unpropped tonnes, 345 minutes: 101.5 t
    with a standard deviation of 3.0 from shift to shift, 99 t propped. 4,000 shifts: standard error .05 t."""
    work, found = totals("mine/shift", "historic", 4_000)
    assert found.output.mean() == pytest.approx(101.5, abs=0.2)
    assert found.output.std() == pytest.approx(3.0, abs=0.15)
    assert of(work, found, "prop") == pytest.approx(99, abs=0.3)


def test_slow_propping_holds_the_record_up_and_skipping_it_leaves_27_t_without_props() -> None:
    """At 9 minutes a tonne: 82.5 t hewn and 74.5 t propped, but 101.5 and 74.5 where nobody waits for props."""
    held, waiting = totals("mine/shift", "slow_props", 4_000)
    free, skipping = totals("mine/shift", "props_skipped", 4_000)
    assert of(held, waiting, "hew") == pytest.approx(82.5, abs=0.4)
    assert of(held, waiting, "prop") == pytest.approx(74.5, abs=0.2)
    assert of(free, skipping, "hew") == pytest.approx(101.6, abs=0.2)
    assert of(free, skipping, "prop") == pytest.approx(74.5, abs=0.2)
    assert of(free, skipping, "hew") - of(free, skipping, "prop") == pytest.approx(27, abs=0.5)
    debt = list(free.buffers).index("unpropped")
    assert skipping.end[:, debt].mean() == pytest.approx(25, abs=0.5)  # and two that are being propped


def test_where_proppers_keep_up_the_rule_about_props_costs_nothing() -> None:
    scenario = SCENARIOS["mine/shift"]
    historic = scenario.arm("historic")
    trials = Trials(seed=scenario.seed)
    without = assembled(scenario.document, (*historic.factors, "no_rule"))
    gained = trials.output(without, 1_000) - trials.output(historic.work, 1_000)
    assert (gained >= 0).all()
    assert gained.mean() < 0.1


def test_the_gain_is_about_fourteen_fold_and_its_factors_multiply_to_it(mine: WorkStudy) -> None:
    gain = mine.gain
    assert gain is not None
    assert gain.headline
    assert gain.ratio.mean == pytest.approx(102 / 7, rel=0.05)
    assert prod(factor.times.mean for factor in gain.factors) == pytest.approx(gain.ratio.mean, rel=1e-9)
    assert sum(factor.share.mean for factor in gain.factors) == pytest.approx(1, abs=1e-9)
    whole = mine["four_roles"].headline, mine["ordinary"].headline
    assert whole[0] is not None
    assert whole[1] is not None
    assert log(gain.ratio.mean) == pytest.approx(log(whole[0].mean / whole[1].mean), abs=0.02)


def test_every_combination_of_factors_is_a_way_of_working(mine: WorkStudy) -> None:
    assert mine.gain is not None
    assert mine.gain.combinations == 128
    assert mine.gain.notes == ()
    assert mine.notes == ()
    assert all(factor.times.low > 1 for factor in mine.gain.factors)


def test_helpers_are_the_largest_factor_and_divided_work_pays_only_with_the_others(mine: WorkStudy) -> None:
    assert mine.gain is not None
    factors = {factor.name: factor for factor in mine.gain.factors}
    assert [f.name for f in sorted(factors.values(), key=lambda f: -f.times.mean)][:3] == ["crew", "face", "drill"]
    assert 2.5 < factors["crew"].times.mean < 4
    assert factors["roles"].alone == pytest.approx(1, abs=0.02)
    assert factors["roles"].last > 1.5
    assert factors["training"].alone == pytest.approx(1, abs=1e-9)


def test_division_of_labour_alone_yields_no_more_than_freeing_the_hewer_can(mine: WorkStudy) -> None:
    """Amdahl's bound: one over the share of the ordinary shift that is spent at the pick."""
    at_the_pick = mine["ordinary"].workers[0].tasks["hew"].mean
    assert at_the_pick == pytest.approx(0.41, abs=0.02)
    gained = mine["roles_alone"].output.mean / mine["ordinary"].output.mean
    assert 2 < gained < 1 / at_the_pick
    assert mine["roles_alone"].output.mean == pytest.approx(mine["four_men"].output.mean, rel=0.03)
    assert mine["roles_alone"].per_head.mean < mine["ordinary"].per_head.mean


def test_the_roles_of_the_record_are_the_best_and_the_pick_bounds_them(mine: WorkStudy) -> None:
    """All 24 divisions of four tasks among four equal people are the same one; the bound is 360 minutes at 3.38."""
    record = mine["four_roles"]
    assert record.capacity is not None
    assert record.capacity.output == pytest.approx(360 / 3.38, rel=1e-3)
    assert "pick" in record.capacity.limited_by
    assert record.output.mean < record.capacity.output
    assert record.roles is not None
    assert record.roles.exact
    assert record.roles.output.mean == pytest.approx(record.output.mean, rel=1e-9)


def test_who_is_credited_and_by_which_norm_moves_the_headline_most(mine: WorkStudy) -> None:
    assert {swing.at for swing in mine.swings[:2]} == {"norm", "factors.crew.credited"}
    norm = next(swing for swing in mine.swings if swing.at == "norm")
    record = mine["four_roles"].output.mean
    assert norm.headline["four_roles"] == (pytest.approx(record / 5, rel=0.01), pytest.approx(record / 14, rel=0.01))


def test_carts_and_ponies_come_back_and_none_is_added() -> None:
    for arm in ("ordinary", "four_men", "four_roles"):
        work, found = totals("mine/shift", arm, 200)
        at = {name: b for b, name in enumerate(work.buffers)}
        for name in ("empty_carts", "ponies"):
            assert (found.peak[:, at[name]] <= work.buffers[name].start).all()
        ponies = found.end[:, at["ponies"]] + found.end[:, at["going_back"]]
        assert (ponies <= work.buffers["ponies"].start).all()
        trips = found.done[:, list(work.tasks).index("haul")]
        np.testing.assert_array_equal(found.output, 2 * trips)


# the others


def waits(found: WorkStudy, arm: str) -> dict[str, float]:
    return {buffer.name: buffer.wait.mean for buffer in found[arm].buffers if buffer.wait is not None}


def test_a_fast_track_helps_minor_cases_at_the_cost_of_serious_ones_unless_its_doctor_helps(
    hospital: WorkStudy,
) -> None:
    """The words of the description, in minutes; the mean wait of 400 days is good to some 10 per cent."""
    before, closed, opened = (waits(hospital, arm) for arm in ("serious_first", "fast_track", "open_fast_track"))
    assert (before["minor"], before["major"]) == (pytest.approx(62, rel=0.15), pytest.approx(9.5, rel=0.15))
    assert (closed["minor"], closed["major"]) == (pytest.approx(13, rel=0.15), pytest.approx(58, rel=0.15))
    assert max(opened["minor"], opened["major"]) < 30
    minor_only = next(worker for worker in hospital["fast_track"].workers if worker.name == "minor_only")
    assert minor_only.waits["starved"].mean == pytest.approx(1 / 3, abs=0.03)
    stay = {arm.name: arm.cycle_time.mean for arm in hospital.arms if arm.cycle_time is not None}
    assert stay["fast_track"] - stay["open_fast_track"] == pytest.approx(10, abs=2)


def test_a_fourth_doctor_would_help_the_emergency_department_and_a_second_x_ray_room_would_not(
    hospital: WorkStudy,
) -> None:
    found = hospital["serious_first"].bottleneck
    assert found is not None
    assert found.name == "worker doctor"
    others = [one.gain.mean for one in found.one_more if one.of != "worker doctor"]
    assert max(others) < 0.005 * hospital["serious_first"].output.mean


def test_specialists_who_help_out_merge_more_than_specialists_and_generalists(review: WorkStudy) -> None:
    specialists, helping, generalists, end_to_end = (arm.output for arm in review.arms)
    assert generalists.mean == pytest.approx(specialists.mean, rel=0.05)
    assert helping.mean / max(specialists.mean, generalists.mean) == pytest.approx(1.1, abs=0.03)
    assert end_to_end.high < specialists.low
    stay = {arm.name: arm.cycle_time.mean for arm in review.arms if arm.cycle_time is not None}
    assert max(stay["generalists"], stay["end_to_end"]) < min(stay["specialists"], stay["helping"])
    assert all(worker.waits["tool"].mean > 0.05 for worker in review["end_to_end"].workers)


def test_a_bucket_brigade_yields_all_that_its_people_can_do_and_zones_do_not(brigade: WorkStudy) -> None:
    """Six minutes of work by speeds 1, 2 and 3: one order a minute; zones of a third: one in two minutes."""
    assert brigade["brigade"].output.mean == pytest.approx(480, rel=0.002)
    assert brigade["thirds"].output.mean == pytest.approx(240, rel=0.002)
    assert brigade["measured"].output.mean / 480 == pytest.approx(0.95, abs=0.01)


def test_a_bucket_brigade_balances_itself_on_a_bad_day_and_measured_zones_do_not(brigade: WorkStudy) -> None:
    """Clara at 2 instead of 3: five sixths of an order a minute for all three, two thirds in her zone."""
    assert brigade["brigade_bad_day"].output.mean == pytest.approx(400, rel=0.002)
    assert brigade["measured_bad_day"].output.mean == pytest.approx(320, rel=0.002)
