from dataclasses import replace

import numpy as np
import pytest

from pitprop.examine.distorted_work.guardrail import _world, run
from pitprop.examine.figure import Series
from pitprop.examine.finding import State
from pitprop.examine.panel_specimen import panel_specimen


def answers(draw, draws, seed=1):
    return [run(*draw(np.random.default_rng([s, seed]))) for s in range(draws)]


def share(findings, state):
    return np.mean([f.state is state for f in findings])


def several(rng, harms, margins=None, units=20):
    """One guardrail for each harm, margin 1 each."""
    after = np.arange(48) >= 24
    names = [f"rail{i}" for i in range(len(harms))]
    return panel_specimen(
        metric=100 + 3.0 * after + rng.normal(size=(units, 48)),
        others={n: 20 + rng.normal(size=(units, 48)) + h * after for n, h in zip(names, harms, strict=True)},
        since=24,
        guardrails=dict(zip(names, margins or [1.0] * len(harms), strict=True)),
        directions=dict.fromkeys(names, "decrease"),
        smallest_effect=1.0,
    )


def test_the_worsening_of_a_balanced_comparison_is_the_difference_of_differences():
    panel, brief = _world(np.random.default_rng(1), harm=2.0, units=20, exempt=8, margin=1.0)
    values = panel.others["injuries"].value.reshape(20, 48)
    moved = values[:, 24:].mean(1) - values[:, :24].mean(1)
    finding = run(panel, brief)
    assert finding.effect == pytest.approx(moved[:12].mean() - moved[12:].mean(), rel=1e-9)


def test_a_worsening_at_the_margin_is_neither_cleared_nor_accused_more_often_than_stated():
    findings = answers(lambda r: _world(r, harm=1.0, margin=1.0, units=8, rho=0.6, common=1.0, periods=36), 200)
    assert share(findings, State.SUSPECT) <= 0.05
    assert share(findings, State.CLEAR) <= 0.05
    assert np.mean([f.interval[0] <= 1.0 <= f.interval[1] for f in findings]) >= 0.92


def test_no_significant_worsening_is_no_all_clear():
    findings = answers(lambda r: _world(r, units=5, periods=24, rho=0.5, margin=0.1), 60)
    insignificant = [f for f in findings if f.interval[0] <= 0 <= f.interval[1]]
    assert len(insignificant) >= 50
    assert share(insignificant, State.INCONCLUSIVE) >= 0.95


def test_a_small_worsening_that_is_certain_and_accepted_is_clear():
    findings = answers(lambda r: several(r, [0.4]), 20)
    assert all(f.interval[0] > 0 for f in findings)
    assert share(findings, State.CLEAR) == 1.0


def test_a_straight_course_continued_is_not_laid_to_the_target():
    findings = answers(lambda r: _world(r, trend=0.15, units=20, rho=0.3, margin=0.5), 40)
    assert all(f.effect > 2 for f in findings)
    assert share(findings, State.SUSPECT) <= 0.07


def test_what_was_already_getting_worse_is_said_to():
    rng = np.random.default_rng(2)
    panel, brief = panel_specimen(
        metric=rng.normal(size=(20, 60)),
        others={"rail": 0.2 * np.arange(60) + rng.normal(size=(20, 60))},
        since=30,
        exempt=10,
        guardrails={"rail": 1.0},
        directions={"rail": "decrease"},
        smallest_effect=1.0,
    )
    rising = np.where(panel.exempt, 0.0, 0.2 * panel.period)
    other = panel.others["rail"]
    rail = replace(other, x=other.x - np.where(panel.exempt, 0.2 * panel.period, 0.0))
    finding = run(replace(panel, others={"rail": rail}), brief)
    assert rising.max() > 10
    assert finding.interval[0] > 1
    assert finding.state is State.INCONCLUSIVE
    assert "older trend" in finding.says


@pytest.mark.parametrize(("months", "state"), [(8, State.INCONCLUSIVE), (30, State.SUSPECT)])
def test_less_than_a_year_before_cannot_be_told_from_the_season(months, state):
    rng = np.random.default_rng(3)
    after = np.arange(2 * months) >= months
    finding = run(
        *panel_specimen(
            metric=rng.normal(size=(20, 2 * months)),
            others={"rail": 20 + 5 * after + rng.normal(size=(20, 2 * months))},
            since=months,
            guardrails={"rail": 1.0},
            directions={"rail": "decrease"},
            smallest_effect=1.0,
        )
    )
    assert finding.state is state
    assert ("time of year" in finding.says) == (state is State.INCONCLUSIVE)


@pytest.mark.parametrize(
    ("harms", "state", "decides"),
    [
        ([0.0, 0.4, 0.0], State.CLEAR, "rail1"),
        ([0.0, 1.0, 0.0], State.INCONCLUSIVE, "rail1"),
        ([0.0, 1.0, 3.0], State.SUSPECT, "rail2"),
    ],
)
def test_several_guardrails_must_all_be_clear_and_one_is_enough_to_accuse(harms, state, decides):
    finding = run(*several(np.random.default_rng(4), harms))
    assert finding.state is state
    assert finding.data["decided_by"] == decides
    assert [g["metric"] for g in finding.data["guardrails"]] == ["rail0", "rail1", "rail2"]
    assert {"worsening", "interval", "margin", "state"} <= set(finding.data["guardrails"][0])


def test_p_values_over_guardrails_are_holms():
    finding = run(*several(np.random.default_rng(5), [0.9, 1.1, 0.5]))
    assert finding.p_value == pytest.approx(min(1.0, 3 * min(g["p_value"] for g in finding.data["guardrails"])))


def test_many_harmless_guardrails_raise_no_more_alarms_than_one():
    findings = answers(lambda r: several(r, [1.0] * 5, units=6), 40)
    assert share(findings, State.SUSPECT) <= 0.10  # 2.5% expected at most


def test_a_guardrail_that_cannot_be_had_keeps_the_others_from_clearing_the_metric():
    panel, brief = several(np.random.default_rng(6), [0.0, 0.0])
    others = {"rail0": panel.others["rail0"]}
    finding = run(replace(panel, others=others, missing={"rail1": "no such column"}), brief)
    assert finding.state is State.INCONCLUSIVE
    assert "no such column" in finding.says
    harmed, brief = several(np.random.default_rng(6), [4.0, 0.0])
    found = run(replace(harmed, others={"rail0": harmed.others["rail0"]}), brief)
    assert found.state is State.SUSPECT


def test_a_guardrail_without_a_good_direction_is_asked_for_one():
    panel, brief = several(np.random.default_rng(7), [0.0])
    finding = run(replace(panel, directions={"rail0": "neutral"}), brief)
    assert finding.state is State.NOT_APPLICABLE
    assert "improvement_direction" in finding.needed


@pytest.mark.parametrize(("harm", "state"), [(-2.0, State.CLEAR), (2.0, State.SUSPECT)])
def test_a_margin_of_zero_is_answered_in_the_guardrails_own_unit(harm, state):
    finding = run(*several(np.random.default_rng(8), [harm], [0.0]))
    assert finding.state is state
    assert finding.beyond == 0
    assert finding.effect == pytest.approx(harm, abs=0.3)
    assert "own unit" in finding.effect_is


def test_a_percentage_is_taken_of_the_level_before():
    finding = run(*several(np.random.default_rng(9), [0.5], ["5%"]))
    assert finding.data["guardrails"][0]["margin"] == pytest.approx(1.0, abs=0.02)
    assert finding.effect == pytest.approx(0.5, abs=0.15)


def test_a_large_percentage_of_an_uncertain_level_keeps_its_level():
    """At a true worsening of exactly half the former level, half is exceeded for certain in 2.5% at most."""

    def rare(rng):
        rates = np.where(np.arange(24) >= 12, 6.0, 4.0)
        return panel_specimen(
            metric=rng.normal(size=(6, 24)),
            others={"rail": rng.poisson(rates, (6, 24)) * 1.0},
            since=12,
            guardrails={"rail": "50%"},
            directions={"rail": "decrease"},
            smallest_effect=1.0,
        )

    findings = answers(rare, 200)
    assert np.mean([f.p_value < 0.025 for f in findings]) <= 0.045
    assert np.mean([f.interval[1] < 1 for f in findings]) <= 0.045


def test_the_exchange_rate_says_what_each_unit_of_gain_has_cost():
    finding = run(*_world(np.random.default_rng(10), harm=4.0, units=40, exempt=15))
    rail = finding.data["guardrails"][0]
    assert rail["exchange_rate"]["kind"] == "interval"
    assert rail["exchange_rate"]["estimate"] == pytest.approx(4 / 3, abs=0.35)
    assert rail["exchange_rate"]["lower"] < 4 / 3 < rail["exchange_rate"]["upper"]
    assert rail["metric_gain"]["estimate"] == pytest.approx(3.0, abs=0.7)


def test_without_a_first_day_the_exchange_rate_within_units_is_still_told():
    rng = np.random.default_rng(11)
    output = rng.normal(size=(20, 36))
    panel, brief = panel_specimen(
        metric=output,
        others={"rail": 0.7 * output + rng.normal(size=output.shape)},
        since=18,
        guardrails={"rail": 1.0},
        directions={"rail": "decrease"},
        smallest_effect=1.0,
    )
    undated = brief.metric.targets[0].model_copy(update={"since": None})
    metric = brief.metric.model_copy(update={"targets": (undated,)})
    finding = run(panel, replace(brief, metric=metric))
    assert finding.state is State.NOT_APPLICABLE
    rate = finding.data["guardrails"][0]["exchange_rate"]
    assert rate["lower"] < 0.7 < rate["upper"]
    assert rate["upper"] - rate["lower"] < 0.4


def test_the_picture_shows_both_groups_and_the_day_of_the_target():
    panel, brief = _world(np.random.default_rng(12), harm=4.0, exempt=12)
    figure = run(panel, brief).figure
    assert isinstance(figure, Series)
    assert [line.name for line in figure.lines] == ["units under the target", "units without the target"]
    assert figure.events == (("2020-01-01", "target in force"),)
    values = panel.others["injuries"].value.reshape(30, 48)
    assert figure.lines[0].y == pytest.approx(values[:18].mean(0))
    assert figure.lines[1].y == pytest.approx(values[18:].mean(0))


def test_one_named_unit_is_not_shown_where_it_rests_on_few_rows():
    panel, brief = _world(np.random.default_rng(13), units=1)
    shown = run(panel, brief).figure.lines[0].y
    hidden = run(panel, replace(brief, minimum_group=31)).figure.lines[0].y
    assert None not in shown
    assert set(hidden) == {None}
    whole = run(replace(panel, entities=("",)), replace(brief, minimum_group=31)).figure.lines[0].y
    assert whole == shown
