"""What decoupling and guardrail have in common: they do not depend on what does not matter, and fall silent well."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from pitprop.digest.panel import Measure
from pitprop.examine.distorted_work import decoupling, guardrail
from pitprop.examine.finding import State
from pitprop.examine.panel_specimen import measure

BOTH = pytest.mark.parametrize("check", [decoupling, guardrail], ids=["decoupling", "guardrail"])
WORLDS = pytest.mark.parametrize(
    "world",
    [
        {"units": 12},
        {"units": 12, "exempt": 5, "rho": 0.3},
        {"units": 1, "rho": 0.3, "periods": 144},
        {"units": 3, "rho": 0.3},
        {"units": 12, "gamed": True},
    ],
    ids=["before and after", "compared", "one unit", "three units", "gamed"],
)


def draw(check, world, seed=1):
    world = dict(world)
    gamed = world.pop("gamed", False)
    if check is decoupling:
        world["slope_after"] = 0.0 if gamed else 1.0
    else:
        world["harm"] = 5.0 if gamed else 0.0
    return check._world(np.random.default_rng(seed), **world)


def numbers(finding):
    return [finding.effect, *(finding.interval or ()), finding.p_value, finding.beyond, finding.n]


def same(one, two):
    assert one.state is two.state
    assert one.grade == two.grade
    assert None not in numbers(one)
    assert numbers(two) == pytest.approx(numbers(one), rel=1e-9, abs=1e-12)


def scaled(cells: Measure, factor: float) -> Measure:
    return replace(cells, x=cells.x * factor, xx=cells.xx * factor**2, xw=cells.xw * factor, pivot=cells.pivot * factor)


@BOTH
@WORLDS
def test_the_order_of_cells_does_not_matter(check, world):
    panel, brief = draw(check, world)
    order = np.random.default_rng(2).permutation(len(panel.entity))
    shuffled = replace(
        panel,
        entity=panel.entity[order],
        period=panel.period[order],
        exempt=panel.exempt[order],
        target=panel.target[order],
        metric=panel.metric.take(order),
        others={name: m.take(order) for name, m in panel.others.items()},
    )
    same(check.run(panel, brief), check.run(shuffled, brief))


@BOTH
@WORLDS
def test_the_names_of_entities_do_not_matter(check, world):
    panel, brief = draw(check, world)
    renamed = replace(
        panel,
        entities=tuple(f"crew {i}" for i in range(len(panel.entities))),
        entity=len(panel.entities) - 1 - panel.entity,
    )
    same(check.run(panel, brief), check.run(renamed, brief))


@BOTH
@WORLDS
@pytest.mark.parametrize("which", ["metric", "others"])
@pytest.mark.parametrize("factor", [1000.0, 1e-9])
def test_units_of_measurement_do_not_matter(check, world, which, factor):
    panel, brief = draw(check, world)
    if which == "metric":
        other = replace(panel, metric=scaled(panel.metric, factor))
    else:
        other = replace(panel, others={name: scaled(m, factor) for name, m in panel.others.items()})
    same(check.run(panel, brief), check.run(other, brief))


@BOTH
@WORLDS
def test_a_metric_for_which_less_is_better_gets_the_same_answer(check, world):
    panel, brief = draw(check, world)
    turn = {"increase": "decrease", "decrease": "increase"}
    mirrored = replace(
        panel,
        metric=scaled(panel.metric, -1.0),
        others={name: scaled(m, -1.0) for name, m in panel.others.items()},
        directions={name: turn[d] for name, d in panel.directions.items()},
    )
    metric = brief.metric.model_copy(update={"improvement_direction": "decrease"})
    one, two = check.run(panel, brief), check.run(mirrored, replace(brief, metric=metric))
    same(one, two)


@BOTH
@WORLDS
def test_an_answer_is_json_without_nan_or_infinity(check, world):
    for seed in range(3):
        panel, brief = draw(check, world, seed)
        finding = check.run(panel, brief)
        json.dumps(finding.data, allow_nan=False)
        assert type(finding.data) is dict
        for number in numbers(finding):
            assert number is None or (type(number) in (float, int) and math.isfinite(number))
        assert finding.says.endswith(".")
        assert "nan" not in finding.says.split()
        if finding.state is State.INCONCLUSIVE:
            assert finding.needed


def broken(panel, kind):
    n = len(panel.entity)
    random = np.random.default_rng(3)
    if kind == "constant":
        flat = measure(np.full((1, n), 7.0))
        return replace(panel, metric=flat, others=dict.fromkeys(panel.others, flat))
    if kind == "constant others":
        return replace(panel, others={name: measure(np.full((1, n), 0.1)) for name in panel.others})
    if kind == "all null":
        empty = measure(np.full((1, n), np.nan))
        return replace(panel, metric=empty, others=dict.fromkeys(panel.others, empty))
    keep = {
        "one period": panel.period == 0,
        "two periods": np.isin(panel.period, [5, 40]),
        "before only": panel.period < 20,
        "after only": panel.period > 30,
        "one unit, eight periods": (panel.entity == 0) & (panel.period >= 20) & (panel.period < 28),
        "nothing": panel.period < 0,
        "holes": random.random(n) < 0.05,
    }[kind]
    index = np.flatnonzero(keep)
    return replace(
        panel,
        entity=panel.entity[index],
        period=panel.period[index],
        exempt=panel.exempt[index],
        target=panel.target[index],
        metric=panel.metric.take(index),
        others={name: m.take(index) for name, m in panel.others.items()},
    )


@BOTH
@pytest.mark.parametrize("gamed", [False, True])
@pytest.mark.parametrize(
    "kind",
    [
        "constant",
        "constant others",
        "all null",
        "one period",
        "two periods",
        "before only",
        "after only",
        "one unit, eight periods",
        "nothing",
        "holes",
    ],
)
def test_what_cannot_be_measured_neither_clears_nor_accuses(check, kind, gamed):
    for seed in range(3):
        panel, brief = draw(check, {"units": 8, "gamed": gamed}, seed)
        finding = check.run(broken(panel, kind), brief)
        assert finding.state in (State.INCONCLUSIVE, State.NOT_APPLICABLE)
        assert finding.says
        assert finding.needed
        json.dumps(finding.data, allow_nan=False)


@BOTH
def test_cells_without_a_value_are_left_out(check):
    panel, brief = draw(check, {"units": 12})
    holes = np.random.default_rng(4).random((1, len(panel.entity))) < 0.1
    name = next(iter(panel.others))
    values = np.where(holes, np.nan, panel.others[name].value)
    finding = check.run(replace(panel, others={name: measure(values)}), brief)
    assert finding.n == int((~holes).sum())
    assert finding.state is State.CLEAR


@BOTH
def test_a_companion_that_could_not_be_had_is_named_with_the_reason(check):
    panel, brief = draw(check, {"units": 12})
    name = next(iter(panel.others))
    finding = check.run(replace(panel, others={}, missing={name: "it has no time"}), brief)
    assert finding.state is State.NOT_APPLICABLE
    assert name in finding.says
    assert "it has no time" in finding.says


@BOTH
def test_without_a_first_day_the_answer_names_what_to_declare(check):
    panel, brief = draw(check, {"units": 12})
    undated = brief.metric.targets[0].model_copy(update={"since": None})
    metric = brief.metric.model_copy(update={"targets": (undated,)})
    finding = check.run(panel, replace(brief, metric=metric))
    assert finding.state is State.NOT_APPLICABLE
    assert "since" in finding.needed


@BOTH
@pytest.mark.parametrize(
    ("world", "grade"),
    [
        ({"units": 1}, "D"),
        ({"units": 12}, "D"),
        ({"units": 24}, "C"),
        ({"units": 12, "exempt": 5}, "C"),
        ({"units": 24, "exempt": 10}, "B"),
    ],
)
def test_the_grade_is_that_of_the_design_less_a_step_for_thin_data(check, world, grade):
    assert check.run(*draw(check, world)).grade == grade
