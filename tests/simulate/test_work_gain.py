"""A ratio taken apart into factors, and the changes between two arms."""

from __future__ import annotations

from itertools import permutations
from math import exp, log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitprop.define.scenario import read_scenario
from pitprop.define.work import WorkScenario
from pitprop.simulate.work.gain import GainError, gain, shapley_weights, taken_apart
from pitprop.simulate.work.switches import way
from pitprop.simulate.work.trials import Trials

FILE = """
kind: work
version: 1
unit: t
output: out
shift: {length: 100}
norm: 5
buffers: {mid: {limit: 3}, out: {}}
tasks:
  first: {time: 4, to: mid}
  second: {time: 4, from: mid, to: out}
roles:
  all: [second, first]
  one: [first]
  two: [second]
crew: {workers: {anna: {role: all}}}
factors:
  hands: {label: Two people, crew: {workers: {anna: {role: one}, bert: {role: two}}}}
  tool: {label: Better tool, tasks: {first: {time: 2}, second: {time: 2}}}
arms:
  before: {}
  after: {with: [hands, tool], credited: 1, norm: 4}
  plain: {tasks: {first: {time: 3}}, shift: {length: 120}}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> WorkScenario:
    file = tmp_path / "two.yml"
    file.write_text(FILE)
    return read_scenario(file)


def headlines(logs: np.ndarray, replications: int = 3) -> np.ndarray:
    return np.repeat(np.exp(logs)[:, None], replications, axis=1)


def by_orders(logs: np.ndarray, n: int) -> np.ndarray:
    """Shapley values by going through all orders."""
    parts = np.zeros(n)
    orders = list(permutations(range(n)))
    for order in orders:
        on = 0
        for i in order:
            parts[i] += logs[on | 1 << i] - logs[on]
            on |= 1 << i
    return parts / len(orders)


def test_factors_that_multiply_are_found_exactly_whatever_the_order() -> None:
    times = np.array([3.0, 0.5, 1.0, 7.25])
    logs = np.array([sum(log(times[i]) for i in range(4) if c >> i & 1) for c in range(16)])
    found = taken_apart(headlines(logs))
    assert [part.mean for part in found.times] == pytest.approx(times, rel=1e-12)
    assert found.alone == pytest.approx(times, rel=1e-12)
    assert found.last == pytest.approx(times, rel=1e-12)
    assert found.ratio.mean == pytest.approx(times.prod(), rel=1e-12)


def test_two_factors_share_what_they_do_only_together() -> None:
    found = taken_apart(headlines(np.log([1.0, 2.0, 3.0, 24.0])))
    # (2 + 24/3) / 2 in logarithms: sqrt(2 * 8) and sqrt(3 * 12)
    assert [part.mean for part in found.times] == pytest.approx([4, 6], rel=1e-12)
    assert found.alone == pytest.approx([2, 3], rel=1e-12)
    assert found.last == pytest.approx([8, 12], rel=1e-12)


@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_the_parts_are_those_of_all_orders_and_multiply_to_the_whole(n: int, seed: int) -> None:
    logs = np.random.default_rng(seed).normal(size=1 << n)
    found = taken_apart(headlines(logs))
    parts = np.log([part.mean for part in found.times])
    assert parts == pytest.approx(by_orders(logs, n), abs=1e-12)
    assert parts.sum() == pytest.approx(logs[-1] - logs[0], abs=1e-12)
    assert sum(share.mean for share in found.share) == pytest.approx(1, abs=1e-9)


def test_the_weights_of_ten_factors_still_add_up() -> None:
    weights = shapley_weights(10)
    assert weights.sum(axis=1) == pytest.approx(np.zeros(10), abs=1e-12)
    assert weights[:, -1] == pytest.approx(np.full(10, 0.1))


def test_intervals_agree_with_the_jackknife_over_replications() -> None:
    rng = np.random.default_rng(11)
    shared = rng.normal(size=200)
    values = np.exp(rng.normal(size=(8, 1)) + 0.05 * shared + 0.05 * rng.normal(size=(8, 200)))
    found = taken_apart(values)
    left_out = np.array([np.log([p.mean for p in taken_apart(np.delete(values, r, axis=1)).times]) for r in range(200)])
    se = np.sqrt(199 / 200 * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    half = [(log(part.high) - log(part.low)) / 2 / 1.972 for part in found.times]
    assert half == pytest.approx(se, rel=0.01)


def test_a_factor_on_shared_random_numbers_has_a_sharper_interval_than_on_numbers_of_its_own() -> None:
    rng = np.random.default_rng(12)
    luck = rng.normal(size=400)
    paired = np.exp(np.vstack([0.1 * luck, 1 + 0.1 * luck]))
    apart = np.exp(np.vstack([0.1 * luck, 1 + 0.1 * rng.normal(size=400)]))
    widths = [taken_apart(v).ratio.high - taken_apart(v).ratio.low for v in (paired, apart)]
    assert widths[0] < 0.01 * widths[1]


def test_the_gain_of_an_arm_goes_into_its_factors_its_heads_and_its_norm(scenario: WorkScenario) -> None:
    found = gain(scenario, "before", "after", trials=Trials(seed=0), replications=5)
    assert [factor.name for factor in found.factors] == ["hands", "tool", "norm", "credited"]
    assert [factor.label for factor in found.factors] == ["Two people", "Better tool", "norm", "credited heads"]
    assert found.headline
    assert found.combinations == 16
    times = {factor.name: factor.times.mean for factor in found.factors}
    # 12 units by one in 100 minutes; with both changes a unit each 2 minutes after the first 4: 49 by two
    assert found.ratio.mean == pytest.approx((49 / 1 / 4) / (12 / 1 / 5), rel=1e-12)
    assert found.per_head == pytest.approx(24.5, rel=1e-12)
    assert times["norm"] == pytest.approx(5 / 4, rel=1e-12)
    # half of the orders credit one head before the second comes
    assert times["credited"] == pytest.approx(2**0.5, rel=1e-12)
    assert exp(sum(map(log, times.values()))) == pytest.approx(found.ratio.mean, rel=1e-12)


def test_norm_and_credit_need_no_simulation(scenario: WorkScenario) -> None:
    trials = Trials(seed=0)
    gain(scenario, "before", "after", trials=trials, replications=2)
    assert trials.simulated == 4


def test_arms_without_factors_differ_in_what_they_say_for_themselves(scenario: WorkScenario) -> None:
    path = way(scenario, scenario.arm("before"), scenario.arm("plain"))
    assert [switch.name for switch in path.switches] == ["shift", "tasks.first"]
    assert [switch.label for switch in path.switches] == ["hours", "task first"]
    found = gain(scenario, "before", "plain", trials=Trials(seed=0), replications=2)
    assert found.ratio.mean == pytest.approx(17 / 12, rel=1e-12)


def test_all_changes_together_are_the_other_arm_and_none_the_first(scenario: WorkScenario) -> None:
    for start in scenario.arms:
        for end in scenario.arms:
            path = way(scenario, start, end)
            assert path.work(()) == start.work
            assert path.work(path.switches) == end.work


def test_the_way_back_divides_by_what_the_way_there_multiplied(scenario: WorkScenario) -> None:
    trials = Trials(seed=0)
    there = gain(scenario, "before", "after", trials=trials, replications=3)
    back = gain(scenario, "after", "before", trials=trials, replications=3)
    assert back.ratio.mean == pytest.approx(1 / there.ratio.mean, rel=1e-12)
    for one, other in zip(there.factors, back.factors, strict=True):
        assert one.times.mean * other.times.mean == pytest.approx(1, rel=1e-12)
    assert back.factors[0].label == "without Two people"


def test_a_combination_from_which_nothing_comes_is_named(tmp_path: Path) -> None:
    file = tmp_path / "stuck.yml"
    # packing comes first in the hands of one person: the fourth unit finds no room, and is held for ever
    file.write_text(FILE.replace("all: [second, first]", "all: [first, second]"))
    with pytest.raises(GainError, match=r"nothing comes out with none of the changes \(the work comes to a stand\)"):
        gain(read_scenario(file), "before", "after", trials=Trials(seed=0), replications=2)
