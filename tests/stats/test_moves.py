"""Lasting moves and agreement at them, by hand and against Wilson's interval."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from pitprop.stats.moves import agreement, expected_agreement, moves, shifts


def test_a_shift_is_the_difference_of_two_medians():
    table = np.array([[1.0, 2.0, 9.0, 5.0, 4.0, 7.0, 7.0]])
    out = shifts(table)
    assert out[0, 3] == 5.0 - 2.0
    assert out[0, 4] == 7.0 - 5.0
    assert np.isnan(out[0, [0, 1, 2, 5, 6]]).all()


def test_a_lasting_step_is_one_move_and_a_single_mistyped_value_is_none():
    rng = np.random.default_rng(0)
    table = rng.standard_normal((2, 40)) * 0.5
    table[0, 20:] += 8
    table[1, 20] += 500
    _, marked = moves(table)
    assert marked[0].sum() == 1
    assert 19 <= np.flatnonzero(marked[0])[0] <= 21
    assert not marked[1].any()


def test_moves_of_a_unit_are_at_least_three_periods_apart():
    rng = np.random.default_rng(1)
    table = np.cumsum((rng.random((50, 200)) < 0.2) * rng.choice([-5.0, 5.0], (50, 200)), axis=1)
    _, marked = moves(table + 0.2 * rng.standard_normal(table.shape))
    assert marked.sum() > 100
    gaps = [np.diff(np.flatnonzero(row)) for row in marked if row.sum() > 1]
    assert min(g.min() for g in gaps) >= 3


def test_a_constant_series_never_moves():
    assert not moves(np.ones((3, 20)))[1].any()
    assert np.isnan(shifts(np.ones((3, 5)))).all()


def test_independent_moves_have_wilsons_interval():
    rng = np.random.default_rng(2)
    n = 5000
    same = (rng.random(n) < 0.6).astype(float)
    found = agreement(same, np.arange(n), np.arange(n))
    assert found.interval == pytest.approx(proportion_confint(same.sum(), n, method="wilson"), abs=1e-4)
    assert found.effective == pytest.approx(n, rel=1e-3)


def test_moves_of_one_period_that_go_all_one_way_count_about_once():
    same = np.repeat(np.random.default_rng(3).integers(0, 2, 30), 40).astype(float)
    found = agreement(same, np.tile(np.arange(40), 30), np.repeat(np.arange(30), 40))
    assert 20 < found.effective < 40
    assert found.df == pytest.approx(29.0)


def test_one_move_tells_nothing():
    assert agreement(np.ones(1), np.zeros(1, int), np.zeros(1, int)) is None


def test_pure_noise_agrees_by_chance_and_pure_signal_always():
    assert expected_agreement(np.full(5, 3.0), 0.0) == pytest.approx(0.5)
    assert expected_agreement(np.full(5, 3.0), 1.0) == 1.0
    assert expected_agreement(np.array([2.0]), 0.5) == pytest.approx(0.977250, abs=1e-6)
