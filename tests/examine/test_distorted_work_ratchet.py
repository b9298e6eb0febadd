from dataclasses import replace

import numpy as np
import pytest

from pitprop.define.metric import Target
from pitprop.examine.distorted_work.ratchet import _world, run
from pitprop.examine.figure import Series
from pitprop.examine.finding import State
from pitprop.examine.panel_specimen import measure, panel_specimen


def seed(n):
    return np.random.default_rng(n)


def told(finding):
    return (finding.effect, *finding.interval, finding.p_value)


def against(output, target, **declarations):
    panel, brief = panel_specimen(metric=output, others={}, since=0, smallest_effect=0.1)
    metric = brief.metric.model_copy(update=declarations)
    level = np.broadcast_to(np.asarray(target, dtype=float), output.shape).ravel()
    return replace(panel, target=level), replace(brief, metric=metric)


def test_the_finding_holds_the_numbers_that_it_tells():
    finding = run(*_world(seed(1), give=0.6, take_up=0.5))
    assert finding.state is State.SUSPECT
    assert finding.effect == pytest.approx(0.6, abs=0.2)
    assert finding.data["given_back"]["estimate"] == finding.effect
    assert f"{finding.effect:.0%}" in finding.says
    assert isinstance(finding.figure, Series)
    assert finding.grade == "C"


def test_a_target_that_goes_up_more_readily_than_down_is_noted_and_no_suspicion():
    finding = run(*_world(seed(2), take_up=0.5, differ=0.05, years=4))
    assert finding.state is not State.SUSPECT
    assert "The target is a ratchet" in finding.says
    follows = finding.data["target_follows_result"]
    assert follows["above"]["estimate"] == pytest.approx(0.5, abs=0.1)
    assert follows["below"]["estimate"] == pytest.approx(0.0, abs=0.1)


def test_a_constant_target_says_nothing_about_how_it_is_set():
    output = 100 * (1 + 0.1 * seed(3).standard_normal((40, 36)))
    finding = run(*against(output, 100.0))
    assert finding.state in (State.CLEAR, State.INCONCLUSIVE)
    assert finding.data["target_follows_result"] is None


def test_good_halves_that_are_followed_by_ordinary_ones_are_no_restraint():
    states = [run(*_world(seed(s), rho=0.8, differ=0.05, own_noise=0.5)).state for s in range(25)]
    assert State.SUSPECT not in states


def test_the_unit_the_order_the_names_and_the_side_do_not_matter():
    panel, brief = _world(seed(4), give=0.3, rho=0.3)
    first = run(panel, brief)
    value = panel.metric.value.reshape(40, -1)
    order = seed(5).permutation(40)
    target = panel.target.reshape(40, -1)
    mirrored = brief.metric.model_copy(
        update={"improvement_direction": "decrease", "targets": (Target(op="lte", value="quota"),)}
    )
    for other, declared in (
        (replace(panel, metric=measure(1000 * value), target=1000 * panel.target), brief),
        (replace(panel, metric=measure(value[order]), target=target[order].ravel()), brief),
        (replace(panel, entities=tuple(f"z{e}" for e in panel.entities)), brief),
        (replace(panel, metric=measure(-value), target=-panel.target), replace(brief, metric=mirrored)),
    ):
        again = run(other, declared)
        assert again.state is first.state
        assert told(again) == pytest.approx(told(first), abs=1e-9)


def test_a_falling_number_is_held_back_above():
    """Minutes at most 100: units that are below take longer in what is left of the year."""
    panel, _ = _world(seed(6), give=0.8, years=4)
    value, target = panel.metric.value.reshape(40, -1), panel.target.reshape(40, -1)
    size = target.mean(axis=1, keepdims=True)
    minutes = (3 * size - value, 3 * size - target)
    finding = run(*against(*minutes, improvement_direction="decrease", targets=(Target(op="lte", value="quota"),)))
    assert finding.state is State.SUSPECT


def test_what_it_cannot_judge_it_says():
    output = 100 * (1 + 0.1 * seed(7).standard_normal((40, 36)))
    each_row = run(*against(output, 100.0, targets=(Target(op="gte", value=100.0, on="row"),)))
    assert each_row.state is State.NOT_APPLICABLE
    assert "each row" in each_row.says
    none = run(*against(output, np.nan))
    assert none.state is State.NOT_APPLICABLE
    assert "No cell" in none.says
    zero = run(*against(output, 0.0))
    assert zero.state is State.NOT_APPLICABLE
    assert "is 0" in zero.says
    easy = run(*against(output, 50.0))
    assert easy.state is State.INCONCLUSIVE
    assert easy.effect is None
    panel, brief = against(output, 100.0)
    yearly = replace(panel, granularity="year")
    assert run(yearly, brief).state is State.NOT_APPLICABLE


def test_constant_single_and_tiny_data_are_no_answer_and_no_exception():
    constant = run(*against(np.full((20, 24), 100.0), 100.0))
    assert constant.state is State.INCONCLUSIVE
    assert constant.effect is None
    assert run(*against(seed(8).normal(100, 5, (1, 48)), 100.0)).state is State.NOT_APPLICABLE
    assert run(*against(seed(8).normal(100, 5, (12, 2)), 100.0)).state is State.NOT_APPLICABLE
    assert run(*against(np.full((12, 24), np.nan), 100.0)).state is State.NOT_APPLICABLE


def test_gaps_take_a_grade():
    panel, brief = _world(seed(9), give=0.6)
    value = panel.metric.value.reshape(40, -1).copy()
    value[seed(10).random(value.shape) < 0.15] = np.nan
    finding = run(replace(panel, metric=measure(value)), brief)
    assert finding.grade == "D"
