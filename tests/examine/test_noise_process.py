from dataclasses import replace

import numpy as np
import pytest

from pitprop.define.metric import Target
from pitprop.examine.finding import State
from pitprop.examine.noise.process import _lottery, _staked, _world, run
from pitprop.examine.specimen import declared
from pitprop.stats.process_chart import process_chart


def test_a_share_of_exactly_what_is_accepted_is_rarely_called_suspect():
    # 2 p (1 - p) = 0.25 at 1.0518 standard deviations from the target
    level = 1.0518 * np.where(np.arange(30) % 2, 1, -1)[:, None]
    states = [
        run(*_staked(100 + level + np.random.default_rng(s).standard_normal((30, 12)), 100.0)).state for s in range(200)
    ]
    assert states.count(State.SUSPECT) / 200 <= 0.06
    assert states.count(State.CLEAR) / 200 <= 0.08


def test_without_stakes_the_question_does_not_arise_and_the_chart_is_shown():
    panel, brief = _lottery(np.random.default_rng(1))
    plain = replace(brief, metric=declared(targets=(Target(op="gte", value=100.0),)))
    finding = run(panel, plain)
    assert finding.state is State.NOT_APPLICABLE
    assert finding.figure is not None
    assert "Nothing is declared to hang" in finding.says


def test_a_season_that_all_share_turns_no_verdict():
    finding = run(*_world(np.random.default_rng(2), apart=0.2, wave=8.0))
    assert finding.effect < 0.12
    assert finding.state is State.CLEAR


def test_only_verdicts_under_the_target_count():
    panel, brief = _lottery(np.random.default_rng(3))
    half = replace(panel, exempt=panel.entity >= 20)
    assert run(half, brief).n == 20 * 24
    later = declared(targets=(Target(op="gte", value=100.0, stakes="bonus", since=panel.periods[12].item()),))
    assert run(half, replace(brief, metric=later)).n == 20 * 12


def test_the_chart_of_the_whole_is_the_chart_of_the_sums():
    panel, brief = _world(np.random.default_rng(4))
    chart = process_chart(panel.metric.value.reshape(40, 24).sum(axis=0))
    whole = run(panel, brief).data["whole"]
    assert whole["mean"] == pytest.approx(chart.mean, rel=1e-12)
    assert whole["upper"] == pytest.approx(chart.upper, rel=1e-12)
    assert whole["signal_ratio"] == pytest.approx(chart.signals.mean())


def test_the_answer_depends_neither_on_the_unit_nor_on_order():
    rng = np.random.default_rng(5)
    values = 100 + rng.standard_normal((30, 24)) + rng.standard_normal((30, 1))
    first = run(*_staked(values, 100.0))
    for other in (_staked(values * 1000, 100_000.0), _staked(values[::-1], 100.0)):
        assert run(*other).effect == pytest.approx(first.effect, rel=1e-9)
        assert run(*other).state is first.state


def test_one_entity_is_shown_and_not_judged():
    finding = run(*_staked(100 + np.random.default_rng(6).standard_normal((1, 96)), 100.0))
    assert finding.state is State.INCONCLUSIVE
    assert finding.effect == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize("values", [np.full((3, 12), np.nan), np.ones((5, 12)), np.ones((1, 1)), np.eye(2)])
def test_nothing_constant_or_tiny_is_judged(values):
    assert run(*_staked(values, 1.0)).state is State.NOT_APPLICABLE
