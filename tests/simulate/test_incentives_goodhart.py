"""Goodhart in closed form: selection, wild errors, pressure and refitting, against draws and quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import integrate, special, stats

from pitprop.simulate.incentives.theory.best_of_n import best_of_n, kl_of_best, normal_maximum
from pitprop.simulate.incentives.theory.goodhart import correlation_at_the_top, shrinkage
from pitprop.simulate.incentives.theory.performative import contraction, retraining
from pitprop.simulate.incentives.theory.pressure import Way, peak, pressed

EXACT = pytest.approx
FOURS = 4 ** np.arange(1, 7)


def drawn(n: int, degrees: float, *, times: int, seed: int) -> tuple[float, float]:
    """Mean truth of the best of n and its standard error, by drawing."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(times, n))
    error = rng.normal(size=(times, n)) if math.isinf(degrees) else rng.standard_t(degrees, size=(times, n))
    picked = truth[np.arange(times), (truth + error).argmax(axis=1)]
    return float(picked.mean()), float(picked.std() / math.sqrt(times))


def test_a_lead_shrinks_by_the_share_of_it_that_is_luck() -> None:
    half = shrinkage(metric=[12, 8], mean=10, truth=1, error=1)
    assert half.expected == EXACT([11, 9], abs=1e-12)
    assert half.spread == EXACT(np.full(2, math.sqrt(0.5)), abs=1e-12)
    rng = np.random.default_rng(1)
    truth = rng.normal(0, 2, 400_000)
    metric = truth + rng.normal(0, 1, 400_000)
    slope = np.polyfit(metric, truth, 1)[0]
    assert shrinkage(metric=0, truth=2, error=1).reliability == EXACT(slope, abs=0.003)
    assert shrinkage(metric=5, truth=2, error=0).expected == EXACT(5)


def test_the_correlation_at_the_top_is_as_published_and_as_drawn() -> None:
    top = correlation_at_the_top(correlation=0.8, top=[1, 0.5, 0.1, 0.01, 0.001])
    assert top == EXACT([0.8, 0.6265, 0.4808, 0.3833, 0.3280], abs=5e-5)
    rng = np.random.default_rng(2)
    metric = rng.normal(size=1_000_000)
    truth = 0.8 * metric + 0.6 * rng.normal(size=1_000_000)
    for share, tolerance in ((0.5, 0.003), (0.1, 0.008), (0.01, 0.03)):
        high = metric >= np.quantile(metric, 1 - share)
        measured = np.corrcoef(metric[high], truth[high])[0, 1]
        assert correlation_at_the_top(correlation=0.8, top=share) == EXACT(measured, abs=tolerance)


@settings(max_examples=60, deadline=None)
@given(rho=st.floats(-0.99, 0.99), top=st.floats(1e-6, 0.999))
def test_the_correlation_at_the_top_is_that_of_a_truncated_normal(rho: float, top: float) -> None:
    variance = stats.truncnorm(stats.norm.isf(top), math.inf).var()
    oracle = rho * math.sqrt(variance / (rho**2 * variance + 1 - rho**2))
    found = float(correlation_at_the_top(correlation=rho, top=top))
    assert found == EXACT(oracle, rel=1e-4, abs=1e-12)
    assert abs(found) <= abs(rho) + 1e-12


def test_the_largest_of_n_normals_has_the_mean_of_the_tables() -> None:
    found = normal_maximum([1, 2, 3, 10, 100, 1000])
    exact = [0, 1 / math.sqrt(math.pi), 1.5 / math.sqrt(math.pi), 1.538753, 2.507594, 3.241436]
    assert found == EXACT(exact, abs=5e-7)
    many = 10**6  # by substitution u = F(z) instead
    other = integrate.quad(lambda x: special.ndtri(math.exp(-x / many)) * math.exp(-x), 0, 60, limit=400)[0]
    assert normal_maximum(many) == EXACT(other, abs=1e-6)


def test_with_normal_errors_the_best_of_ever_more_is_ever_better() -> None:
    assert best_of_n(n=[2, 10, 100, 1000]) == EXACT(normal_maximum([2, 10, 100, 1000]) * 0.7071068, rel=1e-6)
    found = best_of_n(n=FOURS)
    # drawn by the source: .73 1.25 1.66 1.99 2.29 2.53, the larger n from few draws
    assert found == EXACT([0.7279, 1.2487, 1.6573, 1.9989, 2.2969, 2.5640], abs=5e-5)
    assert np.all(np.diff(found) > 0)
    mean, error = drawn(64, math.inf, times=20_000, seed=3)
    assert abs(found[2] - mean) < 4 * error


@pytest.mark.parametrize(
    ("degrees", "published", "exact"),
    [
        (3, [0.62, 0.88, 0.78, 0.55, 0.35, 0.22], [0.6122, 0.8710, 0.7908, 0.5501, 0.3467, 0.2171]),
        (2, [0.56, 0.68, 0.47, 0.24, 0.12, 0.06], [0.5555, 0.6876, 0.4671, 0.2378, 0.1179, 0.0588]),
        (1, [0.42, 0.33, 0.09, 0, 0, 0], [0.4178, 0.3297, 0.0982, 0.0245, 0.0061, 0.0015]),
    ],
)
def test_with_wild_errors_more_choice_ends_in_worse_choice(
    degrees: float, published: list[float], exact: list[float]
) -> None:
    found = best_of_n(n=FOURS, degrees=degrees)
    assert found == EXACT(published, abs=0.025)  # drawn, two digits
    assert found == EXACT(exact, abs=5e-5)
    assert 0 <= found.argmax() < 2
    for i, n in enumerate((4, 16, 64)):
        mean, error = drawn(n, degrees, times=20_000, seed=n)
        assert abs(found[i] - mean) < 4 * error


def test_with_three_degrees_of_freedom_the_best_choice_is_among_twenty_two() -> None:
    n = np.arange(1, 60)
    found = best_of_n(n=n, degrees=3)
    assert n[found.argmax()] == 22
    assert found.max() == EXACT(0.87856, abs=5e-6)


@pytest.mark.parametrize("n", [2, 4, 16])
def test_the_best_of_n_agrees_with_another_formula_for_cauchy_errors(n: int) -> None:
    # by Stein's lemma E[V] = n (n - 1) integral of f^2 F^(n-2), where f is the Voigt profile
    x = np.linspace(0, 1, 400_001)[1:-1]
    m = np.tan(math.pi * (x - 0.5))
    dx = math.pi * (1 + m**2) * (x[1] - x[0])
    f = special.voigt_profile(m, 1, 1)
    F = np.cumsum(f * dx) - f * dx / 2
    oracle = n * (n - 1) * float((f**2 * F ** (n - 2) * dx).sum())
    assert best_of_n(n=n, degrees=1) == EXACT(oracle, rel=1e-4)


def test_many_degrees_of_freedom_are_normal_and_units_do_not_matter() -> None:
    assert best_of_n(n=FOURS, degrees=1e7) == EXACT(best_of_n(n=FOURS), rel=1e-5)
    assert best_of_n(n=FOURS, truth=3, error=6, degrees=3) == EXACT(
        3 * best_of_n(n=FOURS, error=2, degrees=3), rel=1e-12
    )
    assert best_of_n(n=1, degrees=3) == EXACT(0, abs=1e-12)


def test_picking_the_best_of_ten_is_1_4_nats_from_picking_any() -> None:
    assert kl_of_best([1, 10]) == EXACT([0, 1.402585], abs=5e-7)
    # density of the best against that of any: n u^(n-1)
    oracle = integrate.quad(lambda u: 10 * u**9 * math.log(10 * u**9), 0, 1)[0]
    assert kl_of_best(10) == EXACT(oracle, abs=1e-9)


@pytest.mark.parametrize("way", ["picking", "learning"])
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.25), (0.5, 0.3), (2.0, 0.7)])
def test_pressure_peaks_where_the_curve_does(way: Way, alpha: float, beta: float) -> None:
    top = peak(alpha=alpha, beta=beta, way=way)
    d = np.linspace(0, 3 * top.distance, 300_001)
    curve = pressed(distance=d, alpha=alpha, beta=beta, way=way)
    assert curve[0] == 0
    assert d[curve.argmax()] == EXACT(top.distance, rel=2e-5)
    assert curve.max() == EXACT(top.value, rel=1e-8)


def test_the_peaks_are_those_of_the_formulas() -> None:
    picking, learning = peak(alpha=1, beta=0.25, way="picking"), peak(alpha=1, beta=0.25, way="learning")
    assert (picking.distance, picking.value) == EXACT((2, 1), rel=1e-12)
    assert (learning.distance, learning.value) == EXACT((math.exp(3), math.exp(3) / 4), rel=1e-12)
    assert peak(alpha=1, beta=0, way="picking").distance == math.inf


def test_a_target_set_to_the_last_result_climbs_to_where_it_stays() -> None:
    found = retraining(base=1, sensitivity=0.5, steps=50)
    assert found.targets[1:4] == EXACT([1, 1.5, 1.75], abs=1e-12)
    assert found.stable == EXACT(2, abs=1e-12)
    assert found.targets[-1] == EXACT(2, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(base=st.floats(-5, 5), sensitivity=st.floats(-1.5, 1.5), start=st.floats(-5, 5))
def test_refitting_is_fitting_the_mean_again_and_again(base: float, sensitivity: float, start: float) -> None:
    found = retraining(base=base, sensitivity=sensitivity, steps=12, start=start)
    target, oracle = start, [start]
    for _ in range(12):
        target = base + sensitivity * target
        oracle.append(target)
    assert found.targets == EXACT(np.array(oracle), rel=1e-6, abs=1e-6)
    assert (found.stable is not None) == (abs(sensitivity) < 1)


def test_a_sensitivity_next_to_one_adds_the_base_each_time_and_growth_without_end_is_refused() -> None:
    assert retraining(base=1, sensitivity=1 - 1e-12, steps=100).targets[-1] == EXACT(100, rel=1e-9)
    assert retraining(base=1, sensitivity=1, steps=3).targets == EXACT([0, 1, 2, 3], abs=1e-12)
    with pytest.raises(ValueError, match="beyond all numbers"):
        retraining(base=1, sensitivity=3, steps=2000)


def test_refitting_contracts_as_fast_as_promised() -> None:
    promised = contraction(sensitivity=0.5, smoothness=1, convexity=1, distance=2, within=0.01)
    assert promised.rate == EXACT(0.5)
    gaps: NDArray[np.float64] = np.abs(retraining(base=1, sensitivity=0.5, steps=40).targets - 2)
    assert gaps[1:] == EXACT(promised.rate * gaps[:-1], abs=1e-12)
    assert promised.steps is not None and gaps[promised.steps] <= 0.01
    assert contraction(sensitivity=1, smoothness=2, convexity=1).steps is None


def test_wrong_arguments_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="from above 0 to 1"):
        correlation_at_the_top(correlation=0.5, top=0)
    with pytest.raises(ValueError, match="from -1 to 1"):
        correlation_at_the_top(correlation=1.5, top=0.5)
    with pytest.raises(ValueError, match="whole numbers of at least 1"):
        best_of_n(n=2.5)
    with pytest.raises(ValueError, match="hundredth of the truth"):
        best_of_n(n=2, error=0.001, degrees=3)
    with pytest.raises(ValueError, match="picking or learning"):
        peak(alpha=1, beta=1, way="wishing")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="alpha: numbers above 0"):
        peak(alpha=0, beta=1, way="picking")
