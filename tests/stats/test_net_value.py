"""Net value of a number: closed forms, and how often its interval is right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pitprop.stats.history import History, history
from pitprop.stats.information import sample
from pitprop.stats.net_value import Inputs, net_value

KNOWN = History(
    mean=6.0,
    error=0.0,
    variance=5.0,
    freedom=1e9,
    noise=(1.0, 1.0),
    noise_known=True,
    n=100,
    units=10,
    periods=10,
    clusters=10,
)
INPUTS = Inputs(
    history=KNOWN,
    break_even=7.0,
    benefit_per_unit=(10.0, 10.0),
    decisions_per_year=12.0,
    used=(0.5, 0.5),
    periods_per_year=12,
    hours_per_period=(2.0, 2.0),
    hourly_rate=(3.0, 3.0),
    amount=(1.0, 1.0),
    gaming_loss=(4.0, 4.0),
)


def cells(rng, units=15, periods=24, noise=0.0):
    level = 10 + 2 * rng.standard_normal((units, 1)) + rng.standard_normal((units, periods))
    value = level + np.sqrt(noise) * rng.standard_normal((units, periods))
    unit = np.repeat(np.arange(units), periods)
    return value.ravel(), unit, np.tile(np.arange(periods), units)


def test_with_everything_known_the_net_value_is_the_formula():
    found = net_value(INPUTS, rng=np.random.default_rng(1))
    worth = 12 * 0.5 * float(sample(mean=-10.0, sd=20.0, noise=10.0))
    assert found.gross == pytest.approx(worth, rel=1e-12)
    assert found.gross_interval == pytest.approx((worth, worth), rel=2e-4)
    assert found.net == pytest.approx(worth - 12 * (2 * 3 + 1) - 4, rel=1e-12)
    assert found.spent_interval == (88.0, 88.0)


def test_a_range_of_costs_is_drawn_evenly():
    found = net_value(replace(INPUTS, amount=(0.0, 2.0)), rng=np.random.default_rng(1))
    assert found.spent == pytest.approx(88.0, rel=1e-12)
    assert found.spent_interval == pytest.approx((76 + 0.025 * 24, 76 + 0.975 * 24), abs=0.01)


def test_the_decisive_input_is_the_one_whose_range_spans_the_choice():
    wide = replace(INPUTS, used=(0.0, 1.0), amount=(0.9, 1.1), gaming_loss=(3.9, 4.1), decisions_per_year=30.0)
    found = net_value(wide, rng=np.random.default_rng(2))
    assert found.decisive == "used"
    assert found.influence["used"][0] > 10 * found.influence["amount"][0]


def test_the_same_seed_gives_the_same_result_and_money_scales():
    a = net_value(replace(INPUTS, used=(0.1, 0.9)), rng=np.random.default_rng(3))
    again = net_value(replace(INPUTS, used=(0.1, 0.9)), rng=np.random.default_rng(3))
    cents = replace(
        INPUTS, used=(0.1, 0.9), benefit_per_unit=(1e3,) * 2, hourly_rate=(3e2,) * 2, amount=(1e2,) * 2,
        gaming_loss=(4e2,) * 2,
    )  # fmt: skip
    scaled = net_value(cents, rng=np.random.default_rng(3))
    assert a.influence == again.influence
    assert a.interval == again.interval
    assert scaled.interval == pytest.approx(tuple(100 * e for e in a.interval), rel=1e-9)


def test_a_history_knows_its_mean_and_variance():
    value, unit, time = cells(np.random.default_rng(4))
    found = history(value, np.full(len(value), 0.3), unit, time)
    assert found.mean == pytest.approx(value.mean(), rel=1e-12)
    assert found.variance == pytest.approx(value.var(ddof=1), rel=1e-12)
    assert found.noise == (pytest.approx(0.3), pytest.approx(0.3))
    units = value.reshape(15, 24).mean(axis=1)
    assert found.error == pytest.approx(units.std(ddof=1) / np.sqrt(15), rel=1e-9)


def test_unknown_noise_lies_between_none_and_the_short_term_change():
    value, unit, time = cells(np.random.default_rng(5), units=200)
    found = history(value, np.full(len(value), np.nan), unit, time)
    assert found.noise[0] == 0.0
    assert found.noise[1] == pytest.approx(1.0, abs=0.05)
    assert found.noise_known is False


def test_too_short_a_history_gives_none():
    value, unit, time = cells(np.random.default_rng(6), units=3, periods=12)
    assert history(value, np.full(len(value), np.nan), unit, time) is None


def test_a_number_worth_exactly_its_cost_is_hardly_ever_called_too_dear():
    rng, alarms, praise = np.random.default_rng(7), 0, 0
    worth = float(sample(mean=20.0, sd=10 * np.sqrt(5), noise=10.0)) * 12
    for _ in range(300):
        value, unit, time = cells(rng, noise=1.0)
        past = history(value, np.full(len(value), 1.0), unit, time)
        inputs = replace(
            INPUTS, history=past, break_even=8.0, used=(1.0, 1.0), gaming_loss=(worth, worth),
            hours_per_period=(0.0, 0.0), amount=(0.0, 0.0),
        )  # fmt: skip
        low, high = net_value(inputs, rng=rng, draws=1000).interval
        alarms += high < 0
        praise += low > 0
    assert alarms <= 15
    assert praise <= 15
