from dataclasses import replace

import numpy as np
import pytest

from pitprop.examine.distorted_work.decoupling import _world, run
from pitprop.examine.figure import Intervals
from pitprop.examine.finding import State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen


def world(metric, outcome, *, since=24, noise=None, **changes):
    return panel_specimen(
        metric=metric,
        others={"coal": outcome},
        since=since,
        outcome="coal",
        directions={"coal": "increase"},
        smallest_effect=0.5,
        noise=noise,
        **changes,
    )


def states(draw, draws, seed=1):
    return [run(*draw(np.random.default_rng([s, seed]))) for s in range(draws)]


def test_slopes_are_those_of_least_squares_with_every_dummy_written_out():
    panel, brief = _world(np.random.default_rng(1), slope_after=0.4, units=9, periods=20)
    x, y = panel.metric.value, panel.others["coal"].value
    after = panel.period >= 10
    regime = panel.entity * 2 + after
    columns = np.column_stack([x * ~after, x * after, np.eye(18)[regime], np.eye(20)[panel.period][:, 1:]])
    oracle = np.linalg.lstsq(columns, y, rcond=None)[0][:2]
    finding = run(panel, brief)
    assert finding.data["slope_before"]["estimate"] == pytest.approx(oracle[0], rel=1e-9)
    assert finding.data["slope_after"]["estimate"] == pytest.approx(oracle[1], rel=1e-9)
    assert finding.effect == pytest.approx(oracle[1] / oracle[0], rel=1e-9)


def test_with_comparison_units_the_slope_is_measured_against_what_theirs_has_done():
    # a new way of measuring the outcome halves every slope: nothing is peculiar to the units under the target
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40, 48))
    y = np.where(np.arange(48) >= 24, 0.5, 1.0) * x + 0.3 * rng.normal(size=x.shape)
    compared = run(*world(x, y, exempt=20))
    alone = run(*world(x, y))
    assert alone.effect == pytest.approx(0.5, abs=0.05)
    assert compared.effect == pytest.approx(1.0, abs=0.12)
    assert compared.state is State.CLEAR


def test_interval_and_p_value_decide_alike():
    decided = 0
    for finding in states(lambda r: _world(r, slope_after=0.35, units=10), 40):
        if finding.interval is not None:
            decided += finding.interval[1] < 0.5
            assert (finding.interval[1] < 0.5) == (finding.p_value < 0.025)
    assert 3 <= decided <= 37


def test_a_slope_at_the_border_is_called_suspect_at_most_as_often_as_stated():
    answers = states(lambda r: _world(r, slope_after=0.5, units=8, rho=0.6, periods=36), 200)
    assert sum(f.state is State.SUSPECT for f in answers) <= 10  # 5% of 200, and 2.5% are expected at most
    covered = [f.interval[0] <= 0.5 <= f.interval[1] for f in answers if f.interval]
    assert np.mean(covered) >= 0.92


def test_a_step_in_the_metric_alone_is_no_change_of_slope():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(30, 48))
    y = x + rng.normal(size=x.shape)
    padded = x + rng.uniform(2, 9, (30, 1)) * (np.arange(48) >= 24)
    assert run(*world(padded, y)).effect == pytest.approx(run(*world(x, y)).effect, rel=1e-9)


def test_what_was_never_coupled_cannot_be_uncoupled():
    answers = states(lambda r: world(r.normal(size=(20, 48)), r.normal(size=(20, 48))), 40)
    assert not any(f.state in (State.SUSPECT, State.CLEAR) for f in answers)
    assert sum("not clearly coupled" in f.says for f in answers) >= 32


def test_what_moved_against_the_metric_is_said_to():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(20, 48))
    finding = run(*world(x, -x + rng.normal(size=x.shape)))
    assert finding.state is State.INCONCLUSIVE
    assert "moved against" in finding.says


def test_without_declared_directions_a_negative_coupling_counts_as_one():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(20, 48))
    panel, brief = world(x, -x + 0.5 * rng.normal(size=x.shape))
    finding = run(replace(panel, directions={}), brief)
    assert finding.state is State.CLEAR
    assert finding.effect == pytest.approx(1.0, abs=0.1)


def narrowed(rng, known):
    # real differences shrink to a quarter; the noise of measurement stays
    work = rng.normal(size=(40, 60)) * np.where(np.arange(60) >= 30, 0.25, 1.0)
    noisy = work + 0.45 * rng.normal(size=work.shape)
    return world(noisy, work + 0.15 * rng.normal(size=work.shape), since=30, noise=0.45**2 if known else None)


@pytest.mark.parametrize("known", [True, False])
def test_a_narrower_spread_in_which_noise_weighs_more_is_no_decoupling(known):
    answers = states(lambda r: narrowed(r, known), 12)
    assert all(f.effect < 0.5 for f in answers)
    assert not any(f.state is State.SUSPECT for f in answers)
    assert any("noise alone" in f.says for f in answers)
    assert {f.data["noise_known"] for f in answers if "noise_known" in f.data} == {known}


def test_known_noise_is_used_to_say_how_far_the_slope_must_shrink():
    finding = next(f for f in states(lambda r: narrowed(r, True), 6) if "attenuation" in f.data)
    before, after = 1 - 0.45**2 / (1 + 0.45**2), 1 - 0.45**2 / (0.0625 + 0.45**2)
    assert finding.data["attenuation"] == pytest.approx(after / before, abs=0.05)


def test_returns_that_diminish_are_no_decoupling():
    def concave(rng):
        work = autoregressive(rng, 30, 48, 0.3) + 2.0 * (np.arange(48) >= 24)
        return world(work, -3 * np.exp(-work) + 0.3 * rng.normal(size=work.shape))

    answers = states(concave, 20)
    assert np.mean([f.effect is not None and f.effect < 0.5 for f in answers]) > 0.9
    assert not any(f.state is State.SUSPECT for f in answers)


def test_a_slope_that_was_falling_all_along_is_not_laid_to_the_target():
    def fading(rng):
        x = rng.normal(size=(40, 48))
        return world(x, np.linspace(1.2, 0.0, 48) * x + 0.7 * rng.normal(size=x.shape))

    answers = states(fading, 25)
    assert not any(f.state is State.SUSPECT for f in answers)
    assert sum("already falling" in f.says for f in answers) >= 20


def test_an_outcome_computed_from_the_metric_is_no_witness():
    x = np.random.default_rng(6).normal(size=(12, 48))
    finding = run(*world(x, 3 * x + 2))
    assert finding.state is State.NOT_APPLICABLE
    assert "computed from it" in finding.says


def test_a_collapse_is_told_with_what_was_tried_and_what_was_not():
    finding = run(*_world(np.random.default_rng(7), slope_after=0.0))
    assert finding.state is State.SUSPECT
    assert "pattern consistent with" in finding.says
    assert finding.interval[1] < finding.beyond == 0.5
    assert any("placebo" in why for why in finding.ruled_out)
    assert any("changed at the same time" in why for why in finding.innocent)
    assert isinstance(finding.figure, Intervals)
    assert [row.label for row in finding.figure.rows] == ["before the target", "after"]
    assert finding.figure.rows[1].estimate == pytest.approx(finding.data["slope_after"]["estimate"])


def test_an_outcome_that_shows_later_is_taken_later():
    rng = np.random.default_rng(8)
    x = rng.normal(size=(20, 48))
    y = rng.normal(size=x.shape)
    y[:, 3:] += 2 * x[:, :-3]
    finding = run(*world(x, y, lag=3))
    assert finding.state is State.CLEAR
    assert finding.data["periods_before"] == 21
    assert finding.data["periods_after"] == 21
    assert "not clearly coupled" in run(*world(x, y)).says


def test_more_data_are_asked_for_where_both_answers_are_possible():
    finding = next(
        f
        for f in states(lambda r: _world(r, slope_after=0.6, units=8, periods=24), 20)
        if f.state is State.INCONCLUSIVE and f.interval
    )
    asked = int(finding.needed.split()[1])
    assert asked > finding.n
