"""The four later questions about worth: when they stay silent, and what changes nothing in their answers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from pitprop.define.metric import Event
from pitprop.examine.check import Brief
from pitprop.examine.finding import State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.examine.scorecard_specimen import scorecard_specimen
from pitprop.examine.worth import extremal, redundancy, sensitivity, surrogate

PANELS = (extremal, sensitivity, surrogate)
panels = pytest.mark.parametrize("module", PANELS, ids=[m.__name__.rsplit(".")[-1] for m in PANELS])
specimens = pytest.mark.parametrize("kind", ["clear", "suspect"])


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape)


EMPTY = {
    "constant number": (np.ones((20, 24)), normal(20, 24)),
    "constant outcome": (normal(20, 24), np.ones((20, 24))),
    "nothing in the number": (np.full((20, 24), np.nan), normal(20, 24)),
    "nothing in the outcome": (normal(20, 24), np.full((20, 24), np.nan)),
    "one unit": (normal(1, 48), normal(1, 48)),
    "one cell": (normal(1, 1), normal(1, 1)),
    "only levels": (np.repeat(normal(30, 1), 24, axis=1), normal(30, 24)),
    "only common shocks": (np.repeat(normal(1, 24), 30, axis=0), normal(30, 24)),
}
empties = pytest.mark.parametrize("values", EMPTY.values(), ids=EMPTY)


@empties
@panels
def test_data_that_can_say_nothing_get_no_answer(module, values):
    metric, outcome = values
    panel, brief = panel_specimen(
        metric=metric,
        others={"coal": outcome},
        since=metric.shape[1] // 2,
        outcome="coal",
        directions={"coal": "increase"},
        smallest_effect=module.CHECK.smallest_effect,
    )
    finding = module.CHECK.run(panel, brief)
    assert finding.state in (State.NOT_APPLICABLE, State.INCONCLUSIVE)
    assert finding.effect is None
    assert finding.needed


@empties
def test_a_scorecard_that_can_say_nothing_gets_no_answer(values):
    metric, other = values
    scorecard, brief = scorecard_specimen(metric=metric, peers={"other": other}, smallest_effect=0.9)
    finding = redundancy.CHECK.run(scorecard, brief)
    assert finding.state is State.NOT_APPLICABLE
    assert finding.effect is None


@specimens
@panels
def test_mirrored_and_rescaled_data_get_the_same_answer(module, kind):
    """Less is better of the negative number, in another unit, about entities of other names."""
    panel, brief = getattr(module.CHECK, kind)[0](np.random.default_rng(3))
    metric = panel.metric
    mirrored = replace(
        panel,
        metric=replace(metric, x=-1000 * metric.x, xx=1e6 * metric.xx, xw=-1000 * metric.xw),
        entities=tuple(f"mine {i}" for i in range(len(panel.entities))),
    )
    turned = Brief(
        metric=brief.metric.model_copy(update={"improvement_direction": "decrease"}),
        smallest_effect=brief.smallest_effect,
    )
    one, two = module.CHECK.run(panel, brief), module.CHECK.run(mirrored, turned)
    assert two.state is one.state
    assert two.effect == pytest.approx(one.effect, rel=1e-9)
    assert two.interval == pytest.approx(one.interval, rel=1e-7)


@specimens
def test_a_mirrored_scorecard_gets_the_same_answer(kind):
    scorecard, brief = getattr(redundancy.CHECK, kind)[0](np.random.default_rng(3))
    metric = scorecard.panel.metric
    turned = replace(metric, x=-1000 * metric.x, xx=1e6 * metric.xx, xw=-1000 * metric.xw)
    mirrored = replace(scorecard, panel=replace(scorecard.panel, metric=turned))
    one, two = redundancy.CHECK.run(scorecard, brief), redundancy.CHECK.run(mirrored, brief)
    assert two.state is one.state
    assert two.effect == pytest.approx(one.effect, rel=1e-9)
    assert two.data["effective_metrics"] == pytest.approx(one.data["effective_metrics"], rel=1e-9)


@pytest.mark.parametrize("module", [*PANELS, redundancy], ids=lambda m: m.__name__.rsplit(".")[-1])
def test_findings_hold_json_and_a_picture(module):
    finding = module.CHECK.run(*module.CHECK.suspect[0](np.random.default_rng(5)))
    assert json.loads(json.dumps(dict(finding.data), allow_nan=False))
    assert finding.figure is not None
    assert finding.interval[0] <= finding.effect <= finding.interval[1]
    assert len(finding.innocent) >= 1
    assert "consistent with" in finding.says or module is redundancy


def pair(cost: float | None, other: float | None, earlier: int) -> State:
    rng = np.random.default_rng(1)
    same = 2 * rng.standard_normal((60, 1)) + autoregressive(rng, 60, 24, 0.5)
    scorecard, brief = scorecard_specimen(
        metric=same + 0.05 * rng.standard_normal((60, 24)),
        peers={"other": 3 * same + 0.1 * rng.standard_normal((60, 24))},
        cost=cost,
        costs=None if other is None else {"other": other},
        earlier=earlier,
        smallest_effect=0.9,
    )
    return redundancy.CHECK.run(scorecard, brief).state


@pytest.mark.parametrize(
    ("cost", "other", "earlier", "goes"),
    [
        (100.0, 50.0, 0, True),
        (50.0, 100.0, 1, False),
        (None, 50.0, 1, True),
        (None, 50.0, 0, False),
        (50.0, 50.0, 1, True),
        (50.0, 50.0, 0, False),
        (None, None, 0, False),
    ],
)
def test_of_two_that_say_the_same_the_costlier_goes_or_else_the_later(cost, other, earlier, goes):
    assert pair(cost, other, earlier) is (State.SUSPECT if goes else State.NOT_APPLICABLE)


def test_a_number_that_adds_to_the_outcome_is_never_redundant_however_alike():
    findings = [redundancy.CHECK.run(*redundancy._alike_but_says_more(np.random.default_rng(s))) for s in range(5)]
    assert State.SUSPECT not in [f.state for f in findings]
    assert min(f.effect for f in findings) > 0.8


def test_gains_are_not_held_against_a_number_whose_worth_was_never_known():
    """Number and outcome never had anything to do with each other: that is for another question."""
    rng = np.random.default_rng(2)
    after = np.arange(24) >= 12
    gain, own = (rng.standard_normal((80, 1)) * after for _ in range(2))
    panel, brief = panel_specimen(
        metric=2 * gain + autoregressive(rng, 80, 24),
        others={"coal": 2 * own + autoregressive(rng, 80, 24)},
        since=12,
        outcome="coal",
        directions={"coal": "increase"},
        smallest_effect=0.5,
    )
    finding = surrogate.CHECK.run(panel, brief)
    assert finding.state is State.INCONCLUSIVE
    assert finding.interval[1] < 0.5


def events(rng: np.random.Generator, follows: float, number: int):
    steps = np.zeros(60)
    days, ways = [], rng.choice([-1.0, 1.0], number)
    for k, way in enumerate(ways):
        at = 5 + k * (50 // number)
        steps[at:] += way
        first: date = (np.datetime64("2018-01", "M") + at).astype("datetime64[D]").item()
        days.append(Event(date=first, kind="work", direction="better" if way > 0 else "worse"))
    metric = follows * 3 * steps + autoregressive(rng, 12, 60, 0.6) + rng.standard_normal((12, 1))
    panel, brief = panel_specimen(metric=metric, others={}, since=30, smallest_effect=0.65)
    declared = brief.metric.model_copy(update={"events": tuple(days), "outcome": None})
    return sensitivity.CHECK.run(panel, replace(brief, metric=declared))


def test_a_number_that_follows_declared_events_is_clear_and_few_events_decide_nothing():
    rng = np.random.default_rng(7)
    assert [events(rng, 1.0, 10).state for _ in range(5)].count(State.CLEAR) >= 4
    assert State.SUSPECT not in [events(rng, 0.0, 2).state for _ in range(10)]


def test_without_outcome_or_events_nothing_real_is_known():
    panel, brief = panel_specimen(metric=normal(20, 24), others={}, since=12, smallest_effect=0.65)
    finding = sensitivity.CHECK.run(panel, replace(brief, metric=brief.metric.model_copy(update={"outcome": None})))
    assert finding.state is State.NOT_APPLICABLE
    assert "events" in finding.needed
