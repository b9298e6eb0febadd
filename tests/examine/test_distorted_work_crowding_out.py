from dataclasses import replace

import numpy as np
import pytest

from pitprop.examine.distorted_work.crowding_out import _displaced, _trading_off_all_along, _world, run
from pitprop.examine.finding import State
from pitprop.examine.specimen import declared


def test_the_fall_of_a_balanced_comparison_is_the_difference_of_differences():
    panel, brief = _world(np.random.default_rng(1), fall=2.0, units=20, exempt=8)
    finding = run(panel, brief)
    values = panel.others["maintenance"].value.reshape(20, 48)
    halves = (values[:, :24], values[:, 24:])
    spread = np.sqrt(sum(((h - h.mean(axis=1, keepdims=True)) ** 2).sum() for h in halves) / (20 * 48 - 40))
    moved = halves[1].mean(axis=1) - halves[0].mean(axis=1)
    assert finding.effect == pytest.approx((moved[12:].mean() - moved[:12].mean()) / spread, rel=1e-9)


def test_a_trade_off_that_was_there_before_is_no_suspicion():
    findings = [run(*_trading_off_all_along(np.random.default_rng(s))) for s in range(30)]
    assert sum(f.state is State.SUSPECT for f in findings) <= 3
    first = findings[0].data["competing"][0]
    assert first["trade_off_before"]["estimate"] == pytest.approx(0.5, abs=0.1)


def test_work_that_fell_while_the_number_did_not_rise_was_not_displaced_by_it():
    finding = run(*_world(np.random.default_rng(2), fall=3.0, rise=0.0))
    assert finding.state is State.INCONCLUSIVE
    assert "has not clearly risen" in finding.says


def test_the_exchange_rate_is_what_was_lost_for_a_unit_gained():
    finding = run(*_world(np.random.default_rng(3), fall=2.0, rise=4.0, units=40))
    rate = finding.data["competing"][0]["exchange_rate"]
    assert rate["kind"] == "interval"
    assert rate["lower"] < 0.5 < rate["upper"]
    assert rate["estimate"] == pytest.approx(0.5, abs=0.15)


def test_without_a_date_the_trade_off_is_shown_and_nothing_is_judged():
    panel, brief = _displaced(np.random.default_rng(4))
    undated = replace(brief, metric=declared(competing=("maintenance",)))
    finding = run(panel, undated)
    assert finding.state is State.NOT_APPLICABLE
    assert "trade_off" in finding.data["competing"][0]


def test_the_answer_depends_neither_on_units_nor_on_mirrors_nor_on_order():
    panel, brief = _displaced(np.random.default_rng(5))
    first = run(panel, brief)
    assert first.state is State.SUSPECT
    other = panel.others["maintenance"]
    scaled = replace(other, x=1000 * other.x, xw=1000 * other.xw)
    mirrored = replace(other, x=-other.x, xw=-other.xw)
    order = np.random.default_rng(0).permutation(len(panel.entity))
    for changed in (
        replace(panel, others={"maintenance": scaled}),
        replace(panel, others={"maintenance": mirrored}, directions={"maintenance": "decrease"}),
        replace(
            panel,
            entity=panel.entity[order],
            period=panel.period[order],
            exempt=panel.exempt[order],
            target=panel.target[order],
            metric=panel.metric.take(order),
            others={"maintenance": other.take(order)},
        ),
    ):
        finding = run(changed, brief)
        assert finding.state is first.state
        assert finding.effect == pytest.approx(first.effect, rel=1e-9)
        assert finding.p_value == pytest.approx(first.p_value, rel=1e-6)


def test_what_is_missing_or_undeclared_is_named():
    panel, brief = _displaced(np.random.default_rng(6))
    assert run(panel, replace(brief, metric=declared())).state is State.NOT_APPLICABLE
    assert "could not be had" in run(replace(panel, others={}), brief).says
    assert "direction" in run(replace(panel, directions={}), brief).says
    constant = replace(panel.others["maintenance"], x=np.ones(len(panel.entity)))
    assert run(replace(panel, others={"maintenance": constant}), brief).state is State.INCONCLUSIVE
