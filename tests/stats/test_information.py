"""Value of information against published numbers, closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from pitprop.stats.information import partial, perfect, perfect_of_draws, sample, unit_loss


@pytest.mark.parametrize(
    ("u", "expected"),
    [(0.0, 0.398942), (0.5, 0.197797), (1.0, 0.083315), (1.5, 0.029307), (2.0, 0.008491), (3.0, 0.000382)],
)
def test_the_unit_normal_loss_has_its_tabled_values(u, expected):
    assert float(unit_loss(u)) == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize("u", [-3.0, -0.4, 0.0, 0.7, 2.5])
def test_the_unit_normal_loss_is_the_expected_shortfall_below_u(u):
    integral = quad(lambda z: (z - u) * norm.pdf(z), u, 40)[0]
    assert float(unit_loss(u)) == pytest.approx(integral, rel=1e-9)


def test_the_unit_normal_loss_is_never_negative_nor_undefined():
    values = unit_loss([10.0, 40.0, 1e6, np.inf])
    assert (values >= 0).all()
    assert (values < 1e-20).all()


def test_the_published_example_is_met():
    assert float(sample(mean=-1.0, sd=2.0, noise=5.0, n=20)) == pytest.approx(0.307687, abs=5e-7)
    assert float(perfect(mean=-1.0, sd=2.0)) == pytest.approx(0.395593, abs=5e-7)


def test_simulated_decisions_gain_what_the_formula_says():
    rng = np.random.default_rng(4)
    theta = -1 + 2 * rng.standard_normal(1_000_000)
    seen = theta + 5 / np.sqrt(20) * rng.standard_normal(1_000_000)
    posterior = (-1 / 4 + seen / (25 / 20)) / (1 / 4 + 20 / 25)
    gain = np.where(posterior > 0, theta, 0.0)
    error = gain.std() / 1000
    assert float(sample(mean=-1.0, sd=2.0, noise=5.0, n=20)) == pytest.approx(gain.mean(), abs=4 * error)
    assert perfect_of_draws(np.column_stack([theta, np.zeros_like(theta)])) == pytest.approx(0.395593, abs=0.01)


def test_a_measurement_without_noise_is_perfect_information():
    m, s = np.array([-3.0, 0.0, 2.0]), np.array([1.0, 2.0, 0.5])
    assert sample(mean=m, sd=s, noise=0.0) == pytest.approx(perfect(mean=m, sd=s), rel=1e-12)


def test_nothing_is_gained_where_nothing_is_uncertain():
    assert float(perfect(mean=3.0, sd=0.0)) == 0.0
    assert float(sample(mean=0.0, sd=0.0, noise=0.0)) == 0.0


def test_the_value_does_not_depend_on_which_action_is_the_better_one():
    assert float(sample(mean=1.3, sd=2.0, noise=1.0)) == float(sample(mean=-1.3, sd=2.0, noise=1.0))


def test_the_partial_value_of_an_input_has_its_closed_form():
    rng = np.random.default_rng(5)
    a, b = rng.uniform(-1, 3, 200_000), rng.standard_normal(200_000)
    found = partial(a - 2 + 0.5 * b, {"a": a, "b": b})
    # E[net | a] = a - 2 > 0 on (2, 3): integral of (a - 2) / 4 = 1 / 8; E[net | b] = b / 2 - 1.
    assert found["a"][0] == pytest.approx(1 / 8, abs=0.004)
    assert found["b"][0] == pytest.approx(0.5 * float(unit_loss(2.0)), abs=0.002)
    assert found["a"][1] == pytest.approx((16 / 12) / (16 / 12 + 0.25), abs=0.01)


def test_knowing_an_input_that_cannot_change_the_choice_is_worth_nothing():
    rng = np.random.default_rng(6)
    a, fixed = rng.uniform(0, 1, 1000), np.full(1000, 7.0)
    found = partial(a + 5, {"a": a, "fixed": fixed})
    assert found["a"][0] == pytest.approx(0.0, abs=1e-12)
    assert found["fixed"] == pytest.approx((0.0, 0.0), abs=1e-12)
