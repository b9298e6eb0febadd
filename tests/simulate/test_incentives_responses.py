"""Responses to schemes in closed form: notches, quotas, ratchets, tournaments, audits, opacity, robust shares."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import linprog, minimize, minimize_scalar
from scipy.special import expit

from pitprop.simulate.incentives.theory.audit import audit
from pitprop.simulate.incentives.theory.falsification import falsification
from pitprop.simulate.incentives.theory.noisy_quota import STEEPEST, collapse, quota_response
from pitprop.simulate.incentives.theory.notch import Notch, notch
from pitprop.simulate.incentives.theory.opacity import opacity, opaque_substitutes
from pitprop.simulate.incentives.theory.ratchet import ratchet, ratchet_until
from pitprop.simulate.incentives.theory.robust import guaranteed, robust_share
from pitprop.simulate.incentives.theory.tournament import normal_tournament, tournament

EXACT = pytest.approx
Floats = NDArray[np.float64]


def normal_cdf(x: float) -> float:
    return float(stats.norm.cdf(x))


# --- notch


def notch_by_hand(*, k: float, rate: float, people: int = 2000) -> tuple[float, float, float, float]:
    """Mass at the line, emptiest gap below it, rise of the mean and its false part; everybody tries every (y, x)."""
    theta = stats.norm.ppf((np.arange(people) + 0.5) / people)
    effort = np.linspace(0, 2.0, 401)
    fake = np.linspace(0, 2.0, 401) if math.isfinite(k) else np.zeros(1)
    rise = effort[:, None] + fake
    cost = effort[:, None] ** 2 / 2 + (k * fake**2 / 2 if math.isfinite(k) else 0.0)
    free, far = np.zeros((2, people), int), np.zeros((2, people))
    for i, t in enumerate(theta):
        base = rate * rise - cost
        for j, bonus in enumerate((0.0, 0.125)):
            best = int((base + bonus * (t + rise >= 1)).argmax())
            free[j, i], far[j, i] = best, rise.flat[best]
    metric = theta + far
    at_line = (metric[1] >= 1) & (metric[0] < 1)
    below = metric[1][metric[1] < 1 - 1e-9].max()
    false = fake[free % len(fake)] if math.isfinite(k) else np.zeros((2, people))
    return (
        float(at_line.mean()),
        float(1 - below),
        float((metric[1] - metric[0]).mean()),
        float((false[1] - false[0]).mean()),
    )


@pytest.mark.parametrize(("k", "mass", "width"), [(math.inf, 0.14988, 0.5), (1.0, 0.22615, 0.7071)])
def test_a_bonus_bunches_as_many_as_the_closed_form_says(k: float, mass: float, width: float) -> None:
    found = notch(cdf=normal_cdf, target=1, bonus=0.125, difficulty=k)
    assert found.mass == EXACT(mass, abs=5e-6)
    assert found.width == EXACT(width, abs=5e-5)
    assert found.hole == EXACT((1 - found.width, 1), abs=1e-12)
    assert found.false_share == EXACT(0.5 if k == 1 else 0, abs=1e-12)
    rise = stats.norm.expect(lambda x: 1 - x, lb=1 - found.width, ub=1)
    assert found.moved == EXACT(float(rise), abs=1e-9)


@pytest.mark.parametrize(("k", "rate"), [(math.inf, 0.0), (1.0, 0.0), (math.inf, 0.2), (1.0, 0.2), (2.0, 0.3)])
def test_people_who_try_everything_bunch_as_the_closed_form_says(k: float, rate: float) -> None:
    found: Notch = notch(cdf=normal_cdf, target=1, bonus=0.125, difficulty=k, piece_rate=rate)
    mass, width, moved, false = notch_by_hand(k=k, rate=rate)
    # a grid of .005 in effort, 2,000 people
    assert mass == EXACT(found.mass, abs=0.004)
    assert width == EXACT(found.width, abs=0.012)
    assert moved == EXACT(found.moved, abs=0.003)
    assert false == EXACT(found.falsified, abs=0.003)


@settings(max_examples=40, deadline=None)
@given(bonus=st.floats(0.001, 2), k=st.floats(0.1, 50), more=st.floats(0.1, 5))
def test_more_bonus_and_easier_falsifying_bunch_more(bonus: float, k: float, more: float) -> None:
    less = notch(cdf=normal_cdf, target=0.5, bonus=bonus, difficulty=k)
    assert notch(cdf=normal_cdf, target=0.5, bonus=bonus + more, difficulty=k).mass > less.mass
    assert notch(cdf=normal_cdf, target=0.5, bonus=bonus, difficulty=k + more).mass < less.mass
    assert less.falsified == EXACT(less.moved / (1 + k), rel=1e-12)
    limit = notch(cdf=normal_cdf, target=0.5, bonus=bonus, difficulty=1e12)
    assert limit.mass == EXACT(notch(cdf=normal_cdf, target=0.5, bonus=bonus).mass, abs=1e-9)


def test_without_a_bonus_nobody_moves() -> None:
    still = notch(cdf=normal_cdf, target=1, bonus=0, difficulty=1)
    assert (still.mass, still.moved, still.width) == (0, 0, 0)


# --- noisy quota


def quota_by_hand(q: float, s: float) -> float:
    mu = np.linspace(0, 1.6, 320_001)
    return float(mu[(stats.norm.cdf((mu - q) / s) - mu**2 / 2).argmax()])


def test_the_response_to_a_noisy_quota_is_as_published() -> None:
    found = quota_response(target=[0.2, 0.5, 0.8, 1.0, 1.1], bonus=1, cost=1, noise=0.3)
    assert found.effort[:4] == EXACT([0.5846, 0.8018, 1.0189, 1.1579], abs=5e-5)
    assert list(found.gave_up) == [False, False, False, False, True]
    condition = stats.norm.pdf((found.effort - [0.2, 0.5, 0.8, 1.0, 1.1]) / 0.3) / 0.3
    assert found.effort == EXACT(condition, abs=1e-12)


@pytest.mark.parametrize(("noise", "target"), [(0.3, 1.0257), (0.1, 1.2162)])
def test_effort_collapses_where_published(noise: float, target: float) -> None:
    found = collapse(bonus=1, cost=1, noise=noise)
    assert found is not None
    assert found == EXACT(target, abs=5e-5)
    either = quota_response(target=[found - 1e-9, found + 1e-9], bonus=1, cost=1, noise=noise)
    assert list(either.gave_up) == [False, True]
    assert either.utility[0] == EXACT(either.utility[1], abs=1e-8)
    if noise == 0.3:
        assert either.effort == EXACT([1.175, 0.004], abs=5e-4)
    assert quota_by_hand(found - 0.001, noise) > 1 > 0.1 > quota_by_hand(found + 0.001, noise)


def test_with_hardly_any_noise_they_give_up_where_the_bonus_just_pays() -> None:
    found = collapse(bonus=1, cost=1, noise=1e-5)
    assert found == EXACT(math.sqrt(2), abs=1e-4)
    wide = collapse(bonus=3, cost=2, noise=1e-5)
    assert wide == EXACT(math.sqrt(3), abs=1e-4)


def test_with_enough_noise_effort_falls_away_without_a_jump() -> None:
    limit = math.sqrt(STEEPEST)
    assert collapse(bonus=1, cost=1, noise=limit * 1.001) is None
    assert collapse(bonus=1, cost=1, noise=limit * 0.99) is not None
    q = np.linspace(-2, 4, 6001)
    found = quota_response(target=q, bonus=1, cost=1, noise=limit * 1.05)
    assert np.abs(np.diff(found.effort)).max() < 0.01
    assert not found.gave_up.any()
    # with less noise there is a jump
    below = quota_response(target=q, bonus=1, cost=1, noise=limit * 0.95)
    assert np.abs(np.diff(below.effort)).max() > 0.2


@settings(max_examples=80, deadline=None)
@given(q=st.floats(-1, 3), s=st.floats(0.03, 2))
def test_no_other_effort_is_better_for_any_quota(q: float, s: float) -> None:
    found = quota_response(target=q, bonus=1, cost=1, noise=s)
    mu = np.linspace(0, 1.6, 16_001)
    best = float((stats.norm.cdf((mu - q) / s) - mu**2 / 2).max())
    assert best - 1e-9 <= found.utility <= best + 1e-6 / s**2
    assert found.chance == EXACT(normal_cdf((float(found.effort) - q) / s), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(q=st.floats(-1, 2), s=st.floats(0.05, 1), unit=st.sampled_from([1e-3, 1e3]), money=st.sampled_from([0.01, 100]))
def test_units_of_the_metric_and_of_money_do_not_matter(q: float, s: float, unit: float, money: float) -> None:
    one = quota_response(target=q, bonus=1, cost=1, noise=s)
    two = quota_response(target=q * unit, bonus=money, cost=money / unit**2, noise=s * unit)
    if not math.isclose(q, collapse(bonus=1, cost=1, noise=s) or math.inf, rel_tol=1e-6):
        assert two.effort / unit == EXACT(one.effort, rel=1e-8, abs=1e-12)


# --- ratchet

OWN = [
    (0.5, [0.170008, 0.174017, 0.182836, 0.202240, 0.244929, 0.338843, 0.545455, 1], 1 / 6),
    (0.2, [0.405078, 0.431982, 0.468976, 0.519842, 0.589782, 0.685950, 0.818182, 1], 1 / 3),
]


def ratchet_by_hand(*, lam: float, r: float, periods: int, peers: int) -> Floats:
    """Best efforts at cost y^2/2 by maximising the whole stream of pay, targets followed period by period."""

    def lost(y: Floats) -> float:
        target, total = 0.3, 0.0
        for t in range(periods):
            total += (y[t] - target - y[t] ** 2 / 2) / (1 + r) ** t
            mean = (y[t] + (peers - 1) * 0.4) / peers
            target += 0.1 + lam * (mean - target)
        return -total

    return np.asarray(minimize(lost, np.full(periods, 0.5), tol=1e-12).x)


@pytest.mark.parametrize(("lam", "published", "endless"), OWN)
def test_a_target_that_follows_performance_leaves_what_weitzman_says(
    lam: float, published: list[float], endless: float
) -> None:
    found = ratchet_until(bonus=1, adjustment=lam, discount=0.1, periods=8)
    assert found == EXACT(published, abs=5e-7)
    assert ratchet(bonus=1, adjustment=lam, discount=0.1) == EXACT(endless, rel=1e-12)
    assert found == EXACT(ratchet_by_hand(lam=lam, r=0.1, periods=8, peers=1), abs=1e-4)
    assert ratchet_until(bonus=1, adjustment=lam, discount=0.1, periods=300)[0] == EXACT(endless, abs=1e-10)


@pytest.mark.parametrize("peers", [2, 5])
def test_a_target_that_follows_the_group_punishes_the_single_one_less(peers: int) -> None:
    found = ratchet_until(bonus=1, adjustment=0.5, discount=0.1, periods=6, peers=peers)
    assert found == EXACT(ratchet_by_hand(lam=0.5, r=0.1, periods=6, peers=peers), abs=1e-4)
    far = ratchet_until(bonus=1, adjustment=0.5, discount=0.1, periods=300, peers=peers)[0]
    assert ratchet(bonus=1, adjustment=0.5, discount=0.1, peers=peers) == EXACT(far, abs=1e-10)
    assert ratchet(bonus=1, adjustment=0.5, discount=0.1, peers=10**9) == EXACT(1, abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(lam=st.floats(0, 1), r=st.floats(0, 2), periods=st.integers(1, 30))
def test_the_incentive_rises_towards_the_end_and_is_whole_in_the_last_period(
    lam: float, r: float, periods: int
) -> None:
    found = ratchet_until(bonus=2, adjustment=lam, discount=r, periods=periods)
    assert found[-1] == 2
    assert np.all(np.diff(found) >= -1e-12)
    assert found[0] >= float(ratchet(bonus=2, adjustment=lam, discount=r)) - 1e-9
    assert ratchet(bonus=2, adjustment=0, discount=r) == 2


# --- tournament


@pytest.mark.parametrize(
    ("n", "k", "effort"),
    [
        (2, 1, 0.352618),
        (3, 1, 0.352618),
        (5, 1, 0.290741),
        (10, 1, 0.192344),
        (50, 1, 0.056227),
        (10, 2, 0.317514),
        (10, 5, 0.461825),
        (10, 9, 0.192344),
    ],
)
def test_the_best_k_of_n_try_as_hard_as_published(n: int, k: int, effort: float) -> None:
    found = normal_tournament(prize=1, cost=1, contestants=n, winners=k, noise=0.8)
    assert found.effort == EXACT(effort, abs=5e-7)
    assert found.equilibrium
    assert found.residual <= 1e-9
    assert found.utility == EXACT(k / n - effort**2 / 2, abs=1e-6)  # everybody wins with the chance k/n


@pytest.mark.parametrize(("n", "k"), [(2, 1), (5, 1), (10, 5)])
def test_best_responses_by_another_integral_end_in_the_same_effort(n: int, k: int) -> None:
    e = np.linspace(-8, 8, 8001) * 0.8
    weight = stats.norm.pdf(e, scale=0.8) * (e[1] - e[0])

    def response(others: float) -> float:
        def loss(mu: float) -> float:
            beats = stats.norm.cdf(mu - others + e, scale=0.8)
            return mu**2 / 2 - float(weight @ stats.binom.sf(n - k - 1, n - 1, beats))

        return float(minimize_scalar(loss, bounds=(0, 1.5), method="bounded", options={"xatol": 1e-9}).x)

    effort = 0.1
    for _ in range(12):
        effort = (effort + response(effort)) / 2
    found = normal_tournament(prize=1, cost=1, contestants=n, winners=k, noise=0.8).effort
    assert effort == EXACT(found, abs=1e-3)
    assert response(found) == EXACT(found, abs=1e-6)


def test_two_normal_contestants_have_a_closed_form() -> None:
    found = normal_tournament(prize=3, cost=2, contestants=2, noise=1.7)
    assert found.effort == EXACT(3 / (2 * 2 * 1.7 * math.sqrt(math.pi)), rel=1e-10)


@pytest.mark.parametrize(("n", "k"), [(2, 1), (4, 3), (12, 4)])
def test_logistic_and_even_luck_have_closed_forms(n: int, k: int) -> None:
    logistic = tournament(
        prize=1,
        cost=1,
        contestants=n,
        winners=k,
        pdf=lambda x: np.asarray(expit(x / 2) * expit(-x / 2) / 2),
        cdf=lambda x: np.asarray(expit(x / 2)),
        scale=2,
    )
    assert logistic.effort == EXACT(k * (n - k) / (n * (n + 1)) / 2, rel=1e-9)  # by the beta function
    even = tournament(
        prize=1,
        cost=1,
        contestants=n,
        winners=k,
        pdf=lambda x: np.where((x >= 0) & (x <= 4), 0.25, 0.0),
        cdf=lambda x: np.clip(x / 4, 0, 1),
        support=(0, 4),
    )
    assert even.effort == EXACT(1 / 4, rel=1e-9)  # W/(c width), whatever n and k


def test_with_little_luck_there_is_no_equilibrium_and_it_is_said() -> None:
    found = normal_tournament(prize=1, cost=1, contestants=2, noise=0.2)
    assert not found.equilibrium
    assert found.deviation < 0.01  # to drop out is better than to win half the time at this price
    assert found.residual == EXACT(found.effort**2 / 2 - 0.5, abs=1e-3)


# --- audit


def test_falsifying_stops_where_the_expected_fine_is_the_pay() -> None:
    found = audit(weight=1, chance=[0, 0.1, 0.2, 0.25], fine=5, difficulty=2)
    assert found.falsified == EXACT([0.5, 0.25, 0, 0], abs=1e-12)
    assert list(found.deterred) == [False, False, True, True]
    assert found.chance_needed == EXACT(np.full(4, 0.2), rel=1e-12)
    assert found.fine_needed[1:] == EXACT([10, 5, 4], rel=1e-12)
    assert found.fine_needed[0] == math.inf


@pytest.mark.parametrize("k", [0.5, 2.0])
@pytest.mark.parametrize("chance", [0.0, 0.1, 0.3, 0.5])
def test_the_best_weight_under_audits_is_the_best_of_a_grid(k: float, chance: float) -> None:
    b = np.linspace(0, 1.2, 120_001)
    x = audit(weight=b, chance=chance, fine=2, difficulty=k).falsified
    best = audit(weight=1, chance=chance, fine=2, difficulty=k).best_weight
    assert b[(b - b**2 / 2 - k * x**2 / 2).argmax()] == EXACT(float(best), abs=2e-5)
    if chance == 0:
        assert best == EXACT(float(falsification(difficulty=k).weight), rel=1e-12)
    if chance == 0.5:
        assert best == 1


# --- opacity


@pytest.mark.parametrize(
    ("r", "effort"),
    [(0, (0.5, 0.25)), (1, (0.454636, 0.272682)), (5, (0.391907, 0.304046)), (20, (0.353462, 0.323269))],
)
def test_not_to_know_what_is_paid_spreads_effort_as_published(r: float, effort: tuple[float, float]) -> None:
    assert opacity(weight=1, cost=[1, 2], risk_aversion=r).effort == EXACT(effort, abs=5e-7)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), r=st.floats(0.01, 10), b=st.floats(0.2, 2))
def test_no_other_efforts_are_better_under_opacity(seed: int, r: float, b: float) -> None:
    rng = np.random.default_rng(seed)
    c, p = rng.uniform(0.5, 3, 3), rng.dirichlet([3, 3, 3])

    def loss(a: Floats) -> float:
        return float(np.log(p @ np.exp(-r * b * a)) / r + (c * a**2).sum() / 2)

    found = opacity(weight=b, cost=c, risk_aversion=r, odds=p)
    best = minimize(loss, np.full(3, 0.3), tol=1e-11)
    assert loss(found.effort) == EXACT(best.fun, abs=1e-8)
    assert found.effort == EXACT(best.x, abs=1e-4)
    assert c @ found.effort == EXACT(b, rel=1e-9)
    assert found.certainty_equivalent == EXACT(-loss(found.effort) + (c * found.effort**2).sum() / 2, abs=1e-9)
    assert found.risk >= 0


def test_little_risk_aversion_is_none_and_much_evens_out() -> None:
    assert opacity(weight=1, cost=[1, 2], risk_aversion=1e-9).effort == EXACT([0.5, 0.25], abs=1e-7)
    even = opacity(weight=1, cost=[1, 2], risk_aversion=1e6).effort
    assert even == EXACT([1 / 3, 1 / 3], abs=1e-5)


@pytest.mark.parametrize(("lam", "r"), [(1.2, 5.0), (1.5, 10.0), (1.2, 0.3), (3.0, 1.0), (1.0, 2.0)])
def test_substitutes_are_kept_apart_by_the_log_of_their_burdens(lam: float, r: float) -> None:
    found = opaque_substitutes(weight=1, burden=lam, risk_aversion=r)

    def loss(a: Floats) -> float:
        return float(np.log(np.exp(-r * a).mean()) / r + (a[0] + lam * a[1]) ** 2 / 2)

    best = minimize(loss, [0.3, 0.1], bounds=[(0, None)] * 2, tol=1e-13)
    assert loss(found.effort) == EXACT(best.fun, abs=1e-9)
    if found.effort[1] > 0:
        assert found.effort[0] - found.effort[1] == EXACT(math.log(lam) / r, abs=1e-12)
    if (lam, r) == (1.2, 5.0):
        assert found.effort[0] - found.effort[1] == EXACT(0.03646, abs=5e-6)


def test_without_risk_aversion_the_harder_of_two_substitutes_is_left_undone() -> None:
    assert opaque_substitutes(weight=1, burden=1.2, risk_aversion=0).effort == EXACT([0.5, 0], abs=1e-12)


# --- robust


def test_the_share_that_is_safe_against_everything_is_the_root_of_cost_over_output() -> None:
    found = robust_share(output=4, cost=1)
    assert (found.share, found.guarantee) == EXACT((0.5, 1), abs=1e-12)
    alpha = np.linspace(0.001, 1, 100_000)
    curve = guaranteed(share_paid=alpha, output=4, cost=1)
    assert curve.max() == EXACT(1, abs=1e-8)
    assert alpha[curve.argmax()] == EXACT(0.5, abs=1e-4)


def worst_case(wage: Floats, y: Floats, known: Floats, cost: float) -> float:
    """Least output less pay over all actions, at no cost, that the agent likes as much as the known one."""
    floor = max(float(known @ wage) - cost, 0.0)
    found = linprog(y - wage, A_ub=[-wage], b_ub=[-floor], A_eq=[np.ones(len(y))], b_eq=[1], method="highs")
    return float(found.fun)


def test_no_contract_of_any_shape_guarantees_more() -> None:
    y = np.array([0.0, 2, 4, 6, 8])
    known = np.array([0.1, 0.2, 0.4, 0.2, 0.1])  # mean 4, cost 1
    assert worst_case(0.5 * y, y, known, 1) == EXACT(1, abs=1e-9)
    rng = np.random.default_rng(4)
    others = [worst_case(rng.uniform(0, 1, 5) * rng.uniform(1, 8), y, known, 1) for _ in range(300)]
    others += [
        worst_case(np.maximum(0, s * y + rng.normal(0, 0.3, 5)), y, known, 1) for s in rng.uniform(0.3, 0.7, 300)
    ]
    assert max(others) <= 1 + 1e-9
    assert max(others) > 0.5
    for share in (0.3, 0.5, 0.8):
        linear = float(guaranteed(share_paid=share, output=4, cost=1))
        assert worst_case(share * y, y, known, 1) == EXACT(linear, abs=1e-9)


def test_of_several_known_actions_the_best_guarantee_counts_and_worthless_ones_do_not() -> None:
    found = robust_share(output=[4, 9, 1], cost=[1, 4, 2])
    assert found.action == 0
    alpha = np.linspace(0.001, 1, 20_000)
    assert guaranteed(share_paid=alpha, output=[4, 9, 1], cost=[1, 4, 2]).max() == EXACT(found.guarantee, abs=1e-6)
    none = robust_share(output=[1], cost=[2])
    assert (none.share, none.guarantee, none.action) == (0, 0, -1)


# --- arguments


def test_wrong_arguments_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="no distribution function"):
        notch(cdf=lambda x: -x, target=1, bonus=0.1)
    with pytest.raises(ValueError, match="noise: numbers above 0"):
        quota_response(target=1, bonus=1, cost=1, noise=0)
    with pytest.raises(ValueError, match="adjustment: numbers from 0 to 1"):
        ratchet(bonus=1, adjustment=1.2, discount=0.1)
    with pytest.raises(ValueError, match="fewer than the 3 contestants"):
        normal_tournament(prize=1, cost=1, contestants=3, winners=3)
    with pytest.raises(ValueError, match="chance: numbers from 0 to 1"):
        audit(weight=1, chance=1.1, fine=1, difficulty=1)
    with pytest.raises(ValueError, match="one for each of 2 tasks"):
        opacity(weight=1, cost=[1, 2], risk_aversion=1, odds=[1])
    with pytest.raises(ValueError, match="harder task"):
        opaque_substitutes(weight=1, burden=0.5, risk_aversion=1)
    with pytest.raises(ValueError, match="at least one known action"):
        robust_share(output=[], cost=[])
    with pytest.raises(ValueError, match="functions of one law"):
        tournament(prize=1, cost=1, contestants=2, pdf=lambda x: np.exp(-np.abs(x)), cdf=lambda x: np.asarray(expit(x)))
    with pytest.raises(ValueError, match="one for each of the outputs"):
        robust_share(output=[1, 2], cost=[1])
