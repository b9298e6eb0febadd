"""Linear pay in closed form: published special cases, brute force over weights, and limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize

from pitprop.simulate.incentives.theory.alignment import alignment
from pitprop.simulate.incentives.theory.falsification import falsification, split
from pitprop.simulate.incentives.theory.linear import hidden_task, linear_optimum
from pitprop.simulate.incentives.theory.scorecard import one_more, scorecard

EXACT = pytest.approx
COMPETING = np.array([[1, 0.5], [0.5, 1]])
HEW, PROP, FALSE = [1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]
TONS = [1.0, 0, 1.0]
PURPOSE = [1.0, 1.0, 0.0]


def some_problem(seed: int, tasks: int = 4, metrics: int = 3) -> dict[str, NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    root, spread = rng.normal(size=(tasks, tasks)), rng.normal(size=(metrics, metrics))
    return {
        "value": rng.normal(size=tasks),
        "metrics": rng.normal(size=(metrics, tasks)),
        "cost": root @ root.T + 0.3 * np.eye(tasks),
        "noise": spread @ spread.T,
    }


def surplus_by_hand(b: NDArray[np.float64], p: dict[str, NDArray[np.float64]], r: float) -> float:
    """The agent's best effort by minimisation of his own utility, then what all of them have together."""
    pay = b @ p["metrics"]
    a = minimize(
        lambda a: a @ p["cost"] @ a / 2 - pay @ a, np.zeros(len(pay)), jac=lambda a: p["cost"] @ a - pay, tol=1e-12
    ).x
    return float(p["value"] @ a - a @ p["cost"] @ a / 2 - r / 2 * b @ p["noise"] @ b)


def test_two_competing_tasks_are_paid_as_holmstrom_and_milgrom_say() -> None:
    # models: b = (.470588, .294118), a = (.431373, .078431), S = .254902, given to six digits
    best = linear_optimum(value=[1, 1], metrics=np.eye(2), cost=COMPETING, noise=np.diag([1, 4]), risk_aversion=0.5)
    assert best.weights == EXACT([8 / 17, 5 / 17], abs=1e-12)
    assert best.effort == EXACT([0.431373, 0.078431], abs=5e-7)
    assert best.surplus == EXACT(0.254902, abs=5e-7)
    direct = np.linalg.solve(np.eye(2) + 0.5 * COMPETING @ np.diag([1, 4]), [1, 1])
    assert best.weights == EXACT(direct, abs=1e-12)


@pytest.mark.parametrize(("value", "weight"), [((1, 1), 0.363636), ((1, 3), -0.363636)])
def test_a_task_that_cannot_be_measured_takes_from_the_pay_of_the_other(
    value: tuple[float, float], weight: float
) -> None:
    best = linear_optimum(
        value=value, metrics=np.eye(2), cost=COMPETING, noise=np.diag([1, math.inf]), risk_aversion=0.5
    )
    assert best.weights == EXACT([weight, 0], abs=5e-7)
    assert hidden_task(value=value, cost=COMPETING, variance=1, risk_aversion=0.5) == EXACT(best.weights[0], abs=1e-12)
    nearly = linear_optimum(value=value, metrics=np.eye(2), cost=COMPETING, noise=np.diag([1, 1e9]), risk_aversion=0.5)
    assert nearly.weights[0] == EXACT(weight, abs=1e-6)


def test_nothing_is_paid_where_less_than_nothing_would_be_best_and_is_ruled_out() -> None:
    best = linear_optimum(
        value=[1, 3],
        metrics=np.eye(2),
        cost=COMPETING,
        noise=np.diag([1, math.inf]),
        risk_aversion=0.5,
        at_least_zero=True,
    )
    assert best.weights == EXACT([0, 0], abs=1e-12)
    assert best.surplus == EXACT(0, abs=1e-12)


@pytest.mark.parametrize("closeness", [0.9, 0.99, 0.9999])
def test_perfect_substitutes_leave_nothing_to_be_paid(closeness: float) -> None:
    cost = np.array([[1, closeness], [closeness, 1]])
    weight = hidden_task(value=[1, 1], cost=cost, variance=1, risk_aversion=0.5)
    assert 0 < weight <= 1 - closeness
    best = linear_optimum(value=[1, 1], metrics=[[1, 0]], cost=cost, noise=[[1.0]], risk_aversion=0.5)
    assert best.surplus == EXACT(weight / (2 * (1 + closeness)), rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_no_weights_do_better_by_brute_force(seed: int) -> None:
    p, r = some_problem(seed), 0.7
    best = linear_optimum(**p, risk_aversion=r)
    found = minimize(lambda b: -surplus_by_hand(b, p, r), np.zeros(3), tol=1e-9)
    assert -found.fun <= best.surplus + 1e-9
    assert best.surplus == EXACT(-found.fun, abs=1e-5)
    assert surplus_by_hand(best.weights, p, r) == EXACT(best.surplus, abs=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_no_weights_from_zero_up_do_better_by_brute_force(seed: int) -> None:
    p, r = some_problem(seed), 0.7
    best = linear_optimum(**p, risk_aversion=r, at_least_zero=True)
    found = minimize(lambda b: -surplus_by_hand(b, p, r), np.full(3, 0.1), bounds=[(0, None)] * 3, tol=1e-10)
    assert best.weights.min() >= 0
    assert best.surplus == EXACT(-found.fun, abs=1e-6)


def test_metrics_of_very_unlike_size_all_count_and_one_that_sees_nothing_is_not_paid() -> None:
    unlike = {"value": [1, 1], "metrics": [[1e-8, 0], [0, 1e8]], "cost": np.eye(2), "noise": np.zeros((2, 2))}
    blind = {"value": [1, 1], "metrics": [[0, 0]], "cost": np.eye(2), "noise": [[0.0]]}
    for floor in (False, True):
        best = linear_optimum(**unlike, risk_aversion=0, at_least_zero=floor)  # type: ignore[arg-type]
        assert best.share == EXACT(1, abs=1e-9)
        assert best.weights == EXACT([1e8, 1e-8], rel=1e-9)
        none = linear_optimum(**blind, risk_aversion=0, at_least_zero=floor)  # type: ignore[arg-type]
        assert (none.weights[0], none.surplus) == (0, 0)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), r=st.floats(0, 50), unit=st.sampled_from([1e-3, 1e3]))
def test_a_metric_in_other_units_changes_its_weight_and_nothing_else(seed: int, r: float, unit: float) -> None:
    p = some_problem(seed)
    scale = np.array([unit, 1, 1])
    other = {**p, "metrics": p["metrics"] * scale[:, None], "noise": p["noise"] * np.outer(scale, scale)}
    one, two = linear_optimum(**p, risk_aversion=r), linear_optimum(**other, risk_aversion=r)
    assert two.surplus == EXACT(one.surplus, rel=1e-7, abs=1e-9)
    assert two.weights * scale == EXACT(one.weights, rel=1e-5, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), r=st.floats(0, 20), more=st.floats(0.01, 20))
def test_more_risk_aversion_never_helps_and_the_first_best_is_never_passed(seed: int, r: float, more: float) -> None:
    p = some_problem(seed)
    one, two = linear_optimum(**p, risk_aversion=r), linear_optimum(**p, risk_aversion=r + more)
    assert -1e-9 <= two.surplus <= one.surplus + 1e-9
    assert one.surplus <= one.first_best * (1 + 1e-9)
    assert linear_optimum(**p, risk_aversion=1e12).surplus == EXACT(0, abs=1e-4)


def test_one_metric_serves_the_purpose_by_the_square_of_the_cosine() -> None:
    half = alignment(value=[1, 1], metric=[1, 0])
    assert (half.weight, half.surplus, half.first_best) == EXACT((1, 0.5, 1), abs=1e-12)
    risky = alignment(value=[1, 1], metric=[2, 1], variance=0.5, risk_aversion=2)
    assert (risky.weight, risky.surplus) == EXACT((0.5, 0.75), abs=1e-12)
    assert risky.effort == EXACT([1, 0.5], abs=1e-12)
    assert alignment(value=[1, 1], metric=[2, 1]).share == EXACT(0.9, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), risk=st.floats(0, 10))
def test_one_metric_is_the_general_optimum_with_separate_efforts(seed: int, risk: float) -> None:
    rng = np.random.default_rng(seed)
    f, g = rng.normal(size=3), rng.normal(size=3)
    one = alignment(value=f, metric=g, variance=risk, risk_aversion=1)
    general = linear_optimum(value=f, metrics=[g], cost=np.eye(3), noise=[[risk]], risk_aversion=1)
    assert one.weight == EXACT(general.weights[0], rel=1e-9, abs=1e-12)
    assert one.surplus == EXACT(general.surplus, rel=1e-9, abs=1e-12)
    assert alignment(value=f, metric=g).share == EXACT(one.cosine**2, rel=1e-9)


@pytest.mark.parametrize(
    ("metrics", "share", "weights"),
    [
        ([HEW], 0.5, [1]),
        ([TONS], 0.25, [0.5]),
        ([TONS, PROP], 0.75, [0.5, 1]),
        ([TONS, FALSE], 0.5, [1, -1]),
        ([TONS, FALSE, PROP], 1.0, [1, -1, 1]),
    ],
)
def test_a_scorecard_sees_the_share_of_the_purpose_that_its_metrics_span(
    metrics: list[list[float]], share: float, weights: list[float]
) -> None:
    card = scorecard(value=PURPOSE, metrics=metrics, cost=np.eye(3))
    assert card.share == EXACT(share, abs=1e-12)
    assert card.weights == EXACT(weights, abs=1e-12)
    assert card.surplus == EXACT(share, abs=1e-12)  # the first best is 1


def test_a_counter_metric_is_worth_nothing_alone_and_much_beside_what_it_counters() -> None:
    card = scorecard(value=PURPOSE, metrics=[TONS, FALSE, PROP], cost=np.eye(3))
    assert card.alone == EXACT([0.25, 0, 0.5], abs=1e-12)
    assert card.worth == EXACT([0.5, 0.25, 0.5], abs=1e-12)
    assert card.unseen == EXACT([0, 0, 0], abs=1e-12)


def test_a_second_metric_with_noise_brings_a_half_to_three_quarters() -> None:
    noise = np.diag([0.0, 1.0])
    card = scorecard(value=PURPOSE, metrics=[HEW, PROP], cost=np.eye(3), noise=noise, risk_aversion=1)
    assert card.surplus == EXACT(0.75, abs=1e-12)
    more = one_more(value=PURPOSE, metrics=[HEW], candidate=PROP, cost=np.eye(3), noise=noise, risk_aversion=1)
    assert more == EXACT(0.25, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_share_seen_is_the_r_squared_of_a_weighted_regression(seed: int) -> None:
    p = some_problem(seed, tasks=5)
    card = scorecard(value=p["value"], metrics=p["metrics"], cost=p["cost"])
    root = np.linalg.inv(np.linalg.cholesky(p["cost"]))  # root' root = C^-1
    y, X = root @ p["value"], root @ p["metrics"].T
    coefficients = np.linalg.lstsq(X, y, rcond=None)[0]
    assert card.weights == EXACT(coefficients, rel=1e-7)
    assert card.share == EXACT(1 - ((y - X @ coefficients) ** 2).sum() / (y**2).sum(), rel=1e-8)
    assert p["metrics"] @ np.linalg.solve(p["cost"], card.unseen) == EXACT(np.zeros(3), abs=1e-8)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), r=st.floats(0, 5))
def test_what_one_more_metric_adds_is_the_difference_of_two_optima(seed: int, r: float) -> None:
    p = some_problem(seed, tasks=5, metrics=4)
    with_it = linear_optimum(**p, risk_aversion=r).surplus
    without = linear_optimum(**{**p, "metrics": p["metrics"][:3], "noise": p["noise"][:3, :3]}, risk_aversion=r).surplus
    added = one_more(
        value=p["value"],
        metrics=p["metrics"][:3],
        candidate=p["metrics"][3],
        cost=p["cost"],
        noise=p["noise"],
        risk_aversion=r,
    )
    assert added == EXACT(with_it - without, rel=1e-5, abs=1e-8)
    assert added >= 0
    worth = scorecard(**p, risk_aversion=r).worth
    assert worth[3] == EXACT(added, rel=1e-5, abs=1e-8)


def test_a_metric_that_repeats_another_or_cannot_be_measured_adds_nothing() -> None:
    card = scorecard(value=PURPOSE, metrics=[HEW, [2.0, 0, 0]], cost=np.eye(3))
    assert card.share == EXACT(0.5, abs=1e-12)
    assert card.worth == EXACT([0, 0], abs=1e-12)
    repeats = {"value": PURPOSE, "metrics": [HEW], "cost": np.eye(3)}
    assert one_more(**repeats, candidate=[2.0, 0, 0], noise=np.zeros((2, 2))) == 0
    assert one_more(**repeats, candidate=PROP, noise=np.diag([0, math.inf]), risk_aversion=1) == 0


@pytest.mark.parametrize(("k", "weight"), [(0.5, 0.3333), (1, 0.5), (2, 0.6667), (10, 0.9091)])
def test_a_metric_that_can_be_falsified_is_paid_k_over_one_plus_k(k: float, weight: float) -> None:
    best = falsification(difficulty=k)
    assert best.weight == EXACT(weight, abs=5e-5)
    assert best.inflation == EXACT(best.weight / k, rel=1e-12)
    assert best.surplus == EXACT(k / (2 * (1 + k)), rel=1e-12)
    grid = falsification(difficulty=k, weight=np.linspace(0, 1, 100_001))
    assert grid.weight[grid.surplus.argmax()] == EXACT(best.weight, abs=1e-5)
    general = linear_optimum(value=[1, 0], metrics=[[1, 1]], cost=np.diag([1, k]), noise=[[0.0]], risk_aversion=0)
    assert general.weights[0] == EXACT(best.weight, rel=1e-12)
    assert general.effort == EXACT([float(best.effort), float(best.inflation)], rel=1e-12)


def test_what_cannot_be_falsified_is_paid_in_full_and_is_true() -> None:
    best = falsification(difficulty=[1e9, math.inf])
    assert best.weight == EXACT([1, 1], abs=1e-8)
    assert best.inflation == EXACT([0, 0], abs=1e-8)
    assert falsification(difficulty=1e-9).weight == EXACT(0, abs=1e-8)


def test_a_gap_is_closed_in_parts_as_one_over_the_costs() -> None:
    parts = split(rise=3, gain=[1, 1, 1], cost=[1, 4, 8])
    assert parts.share / parts.share[0] == EXACT([1, 1 / 4, 1 / 8], rel=1e-12)
    assert parts.effort.sum() == EXACT(3, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_other_split_closes_the_gap_more_cheaply(seed: int) -> None:
    rng = np.random.default_rng(seed)
    g, c = rng.uniform(0.2, 2, 3), rng.uniform(0.3, 5, 3)
    parts = split(rise=1.5, gain=g, cost=c)
    found = minimize(
        lambda a: (c * a**2).sum() / 2,
        np.full(3, 0.5),
        constraints={"type": "eq", "fun": lambda a: g @ a - 1.5},
        method="SLSQP",
        options={"ftol": 1e-13},
    )
    assert parts.cost == EXACT(found.fun, rel=1e-6)
    assert parts.effort == EXACT(found.x, abs=1e-3)
    assert g * parts.effort / 1.5 == EXACT(parts.share, rel=1e-9)
    dearer = split(rise=1.5 + 1e-6, gain=g, cost=c)
    assert (dearer.cost - parts.cost) / 1e-6 == EXACT(parts.price, rel=1e-5)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"cost": [[1, 2], [2, 1]]}, "every effort costs something"),
        ({"cost": [[1, 0.5], [0.4, 1]]}, "symmetric"),
        ({"noise": [[1, 2], [2, 1]]}, "no noise has these covariances"),
        ({"noise": [[math.nan, 0], [0, 1]]}, "variances and covariances"),
        ({"noise": [[1.0]]}, "shape"),
        ({"metrics": [[1, 0, 0]]}, "2 columns"),
        ({"value": [1, math.inf]}, "finite numbers"),
        ({"risk_aversion": -1}, "at least 0"),
    ],
)
def test_a_problem_that_is_none_is_refused_in_a_sentence(wrong: dict[str, object], says: str) -> None:
    right = {"value": [1, 1], "metrics": np.eye(2), "cost": COMPETING, "noise": np.eye(2), "risk_aversion": 0.5}
    with pytest.raises(ValueError, match=says):
        linear_optimum(**{**right, **wrong})  # type: ignore[arg-type]


def test_other_wrong_arguments_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="not all zero"):
        alignment(value=[1, 1], metric=[0, 0])
    with pytest.raises(ValueError, match="as many efforts"):
        alignment(value=[1, 1], metric=[1])
    with pytest.raises(ValueError, match="difficulty: numbers above 0"):
        falsification(difficulty=0)
    with pytest.raises(ValueError, match="no activity moves the metric"):
        split(rise=1, gain=[0, 0], cost=[1, 1])
    with pytest.raises(ValueError, match="one for each of the gains"):
        split(rise=1, gain=[1, 1], cost=[1])
