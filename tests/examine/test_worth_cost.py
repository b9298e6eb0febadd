"""Cost: the arithmetic of a year, what is never held against a number, and what changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pitprop.define.metric import Cost, Information
from pitprop.examine.check import Brief
from pitprop.examine.finding import State
from pitprop.examine.specimen import declared
from pitprop.examine.worth.cost import CHECK
from pitprop.stats.information import sample


def specimen(index=0, kind="clear", seed=1):
    return getattr(CHECK, kind)[index](np.random.default_rng(seed))


def changed(brief: Brief, **changes) -> Brief:
    return replace(brief, metric=brief.metric.model_copy(update=changes))


def run(panel, brief):
    return CHECK.run(panel, brief)


@pytest.mark.parametrize(
    ("granularity", "periods"), [("day", 365), ("week", 52), ("month", 12), ("quarter", 4), ("year", 1)]
)
def test_the_declared_cost_a_year_is_hours_times_rate_plus_amount(granularity, periods):
    cost = Cost(hours_per_period=(2, 3), hourly_rate=(10, 20), amount=(5, 6))
    metric = declared(cost=cost, time_granularity=granularity)
    assert metric.cost_per_year() == (periods * 25.0, periods * 66.0)
    assert declared().cost_per_year() is None


def test_a_number_that_pays_for_itself_is_clear():
    found = run(*specimen())
    assert found.state is State.CLEAR
    assert found.interval[0] > 0
    assert "it is worth what it costs" in found.says
    assert found.beyond == 0.0


@pytest.mark.parametrize("index", [0, 1])
def test_a_number_that_costs_more_than_it_tells_is_suspect(index):
    found = run(*specimen(index, "suspect"))
    assert found.state is State.SUSPECT
    assert found.interval[1] < 0
    assert "it costs more than it is worth" in found.says


def test_an_open_case_names_the_input_to_find_out():
    found = run(*specimen(1))
    assert found.state is State.INCONCLUSIVE
    assert found.data["most_influential"] in found.data["influence"]
    most = found.data["influence"][found.data["most_influential"]]["evppi"]
    assert most == max(i["evppi"] for i in found.data["influence"].values()) > 0
    assert found.needed.startswith("Find out ")


def test_the_net_value_follows_from_the_inputs_that_it_prints():
    found = run(*specimen())
    inputs = found.data["inputs"]
    noise = np.mean(inputs["noise"]["range"])
    evsi = sample(
        mean=200 * found.data["distance_from_break_even"],
        sd=200 * np.sqrt(inputs["variation"]["variance"] - noise),
        noise=200 * np.sqrt(noise),
    )
    plain = 144 * 0.45 * float(evsi) - 12 * 2 * 30
    assert found.effect == pytest.approx(plain, rel=1e-12)
    assert found.interval[0] < found.effect < found.interval[1]
    assert found.data["evpi_per_decision"] > found.data["evsi_per_decision"] > 0
    assert inputs["used"] == {"range": [0.3, 0.6], "from": "declared"}
    assert inputs["gaming_loss"] == {"range": [0.0, 0.0], "from": "not declared, default"}
    assert found.data["cost_per_year"] == [300.0, 1260.0]
    json.dumps(found.data, allow_nan=False)


@pytest.mark.parametrize(
    ("changes", "says", "needed"),
    [
        ({"decision": ""}, "changes no decision has no information value", "Declare `decision`"),
        ({"decisions_per_year": 0.0}, "changes no decision has no information value", "Declare `decision`"),
        ({"decisions_per_year": None}, "whether that is worth it is open", "Declare `decisions_per_year`"),
        ({"information": None}, "whether that is worth it is open", "`information.benefit_per_unit`"),
    ],
)
def test_what_is_not_declared_is_never_held_against_it(changes, says, needed):
    panel, brief = specimen(kind="suspect")
    found = run(panel, changed(brief, **changes))
    assert found.state is State.NOT_APPLICABLE
    assert found.says.startswith("It costs EUR 600 to EUR 1,680 a year.")
    assert says in found.says
    assert needed in found.needed
    assert found.data == {"cost_per_year": [600.0, 1680.0], "currency": "EUR"}


def test_without_a_cost_it_is_not_applicable():
    panel, brief = specimen()
    found = run(panel, changed(brief, cost=None))
    assert found.state is State.NOT_APPLICABLE
    assert "Declare `cost`" in found.needed


def test_one_unit_alone_decides_nothing():
    panel, brief = specimen(kind="suspect")
    first = np.flatnonzero(panel.entity == 0)
    single = replace(
        panel, entities=panel.entities[:1], entity=panel.entity[first], period=panel.period[first],
        metric=panel.metric.take(first), exempt=panel.exempt[first], target=panel.target[first],
    )  # fmt: skip
    found = run(single, brief)
    assert found.state is State.INCONCLUSIVE
    assert found.interval[1] < 0
    assert "one alone decides nothing" in found.needed


@pytest.mark.parametrize("keep", [0, 1, 2])
def test_one_or_two_periods_are_not_applicable(keep):
    panel, brief = specimen(kind="suspect")
    n = np.where(panel.period < keep, panel.metric.n, 0)
    found = run(replace(panel, metric=replace(panel.metric, n=n)), brief)
    assert found.state is State.NOT_APPLICABLE
    assert "3 periods" in found.says


def test_a_number_that_never_varied_is_not_applicable():
    panel, brief = specimen(1, "suspect")
    flat = replace(panel.metric, x=np.full_like(panel.metric.x, 7.0))
    found = run(replace(panel, metric=flat), brief)
    assert found.state is State.NOT_APPLICABLE
    assert "has never varied" in found.says


def test_other_units_of_the_number_or_of_money_change_nothing():
    panel, brief = specimen(1)
    before = run(panel, brief)
    m = panel.metric
    kilos = replace(panel, metric=replace(m, x=m.x * 1000, xx=m.xx * 1e6, xw=m.xw * 1000))
    known = Information(benefit_per_unit=(0.15, 0.25), break_even=7000.0, used=(0.3, 0.6))
    after = run(kilos, changed(brief, information=known))
    assert after.state is before.state
    assert [after.effect, *after.interval] == pytest.approx([before.effect, *before.interval], rel=1e-9)


def test_names_of_units_change_nothing():
    panel, brief = specimen()
    place = np.random.default_rng(2).permutation(len(panel.entities))
    order = np.lexsort((panel.period, place[panel.entity]))
    other = replace(
        panel, entity=place[panel.entity][order], period=panel.period[order], metric=panel.metric.take(order)
    )
    before, after = run(panel, brief), run(other, brief)
    assert after.state is before.state
    assert [after.effect, *after.interval] == pytest.approx([before.effect, *before.interval], rel=1e-9)


def test_the_same_seed_gives_the_same_bytes():
    assert run(*specimen()) == run(*specimen())
