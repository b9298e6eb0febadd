from dataclasses import replace

import numpy as np
import pytest

from pitprop.examine.finding import State
from pitprop.examine.noise.stability import _panel, _redefined, _told, _world, run
from pitprop.examine.panel_specimen import autoregressive


def states(draw, draws=60):
    return [run(*draw(np.random.default_rng([s, 3]))).state for s in range(draws)]


def test_the_first_period_of_the_new_definition_is_named():
    panel, brief = _redefined(np.random.default_rng(1))
    finding = run(panel, brief)
    assert finding.state is State.SUSPECT
    assert finding.data["first_period_after"] == str(panel.periods[18])
    # short-term variance: noise 1 - rho, half the mean squared steps of the season (0.067) and of the jump (0.089)
    short = (1 - 0.3 + 0.067 + 0.089) ** 0.5
    assert finding.effect == pytest.approx(2.5 / short, abs=3 * finding.data["se"])
    assert "defined or measured differently" in finding.says


def test_the_same_jump_is_innocent_once_it_is_declared():
    panel, brief = _told(np.random.default_rng(2))
    assert run(panel, brief).state is not State.SUSPECT
    silent = replace(brief, metric=brief.metric.model_copy(update={"events": ()}))
    assert run(panel, silent).state is State.SUSPECT
    assert any("a new form" in line for line in run(panel, brief).ruled_out)


@pytest.mark.parametrize(
    "draw",
    [
        lambda r: _panel(100 + np.cumsum(0.3 * r.standard_normal((1, 40)), axis=1) + r.standard_normal((30, 40))),
        lambda r: _panel(100 - 6.0 * (np.arange(36) == 20) + r.standard_normal((40, 36))),
        lambda r: _panel(100 - 4.0 * np.isin(np.arange(24) % 12, (6, 7)) + r.standard_normal((40, 24))),
        lambda r: _panel(100 + 4 / (1 + np.exp(-(np.arange(48) - 24) / 4)) + r.standard_normal((60, 48))),
        lambda r: _panel(np.exp(autoregressive(r, 1, 40, 0.4))),
        lambda r: _world(r, units=8, periods=18, rho=0.6, common=1.0),
    ],
    ids=["random walk", "one bad month", "school terms", "learning", "one skewed series", "small"],
)
def test_other_kinds_of_change_are_no_new_definition(draw):
    assert states(draw).count(State.SUSPECT) <= 4


def test_entities_that_open_do_not_make_the_number_jump():
    def draw(r):
        opened = r.integers(0, 10, (60, 1))
        values = 5 * r.standard_normal((60, 1)) + r.poisson(9, (60, 24))
        return _panel(np.where(np.arange(24) >= opened, values, np.nan))

    assert states(draw).count(State.SUSPECT) <= 4


def test_rows_that_change_with_the_jump_are_told():
    panel, brief = _redefined(np.random.default_rng(4))
    panel.metric.n[panel.period >= 18] //= 2
    finding = run(panel, brief)
    assert finding.data["rows_ratio"] == pytest.approx(0.5)
    assert "rows per entity changed by -50%" in finding.says


def test_the_answer_depends_neither_on_the_unit_nor_on_the_direction_nor_on_order():
    rng = np.random.default_rng(5)
    values = 100 + rng.standard_normal((30, 36)) + 2.5 * (np.arange(36) >= 20)
    first = run(*_panel(values))
    for other in (values * 1000, -values, values[::-1]):
        finding = run(*_panel(other))
        assert finding.state is first.state
        assert finding.effect == pytest.approx(first.effect, rel=1e-9)
        assert finding.p_value == pytest.approx(first.p_value, rel=1e-6)


@pytest.mark.parametrize("values", [np.full((3, 20), np.nan), np.ones((5, 24)), np.ones((1, 1)), np.eye(12)])
def test_nothing_constant_or_tiny_is_judged(values):
    assert run(*_panel(values)).state is State.NOT_APPLICABLE
