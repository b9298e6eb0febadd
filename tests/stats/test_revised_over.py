import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitprop.stats.revised_over import revised_over


def drawn(seed, units=30, periods=20, over=0.0, error=0.5):
    rng = np.random.default_rng(seed)
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    first = 2 * rng.standard_normal(len(unit))
    last = first + error * rng.standard_normal(len(unit))
    near = (first < 0) & (first > -1) & (last < 0) & (rng.random(len(unit)) < over)
    return {"first": first, "last": np.where(near, 0.05, last), "unit": unit, "time": time}


def test_the_shares_are_those_that_counting_gives():
    """Naive loops; where revisions do not depend on the level but for chance, its slope is put in as it is (1e-12)."""
    data = drawn(1)
    found = revised_over(**data, reach=1.0)
    first, revision = data["first"], data["last"] - data["first"]
    far = (first >= 0) | (first < -1)
    slope = np.polyfit(first[far], revision[far], 1)[0]
    above = (first >= 0) & (first <= 1)
    expected, over = [], []
    for a, b in zip(first, data["last"], strict=True):
        if -1 <= a < 0:
            shares = [np.mean(revision[above] >= -a + move) for move in (0.0, -0.5, 0.5)]
            shift = slope * (a - first[above].mean()) * (shares[1] - shares[2])
            expected.append(min(max(shares[0] + shift, 0.0), 1.0))
            over.append(b >= 0)
    assert found.share == pytest.approx(np.mean(over), abs=1e-12)
    assert found.expected == pytest.approx(np.mean(expected), abs=1e-9)
    assert found.excess.value == pytest.approx(found.share - found.expected, abs=1e-12)
    assert found.up == np.sum((first < 0) & (data["last"] >= 0))
    assert found.down == np.sum((first >= 0) & (data["last"] < 0))


def test_the_error_is_that_of_repeated_draws():
    """Standard deviation over 400 draws against the mean standard error: within 12 %."""
    draws = [revised_over(**drawn(s), reach=1.0).excess for s in range(400)]
    assert np.mean([e.se for e in draws]) == pytest.approx(np.std([e.value for e in draws]), rel=0.12)
    assert np.mean([e.value for e in draws]) == pytest.approx(0.0, abs=0.01)


def test_near_misses_that_are_lifted_over_the_line_are_counted():
    """Half of the near misses that chance did not revise over it. Chance did for the share E[1 - Phi(d/0.5)], d even
    on (0, 1): (2 (1 - Phi(2)) + phi(0) - phi(2))/2 = 0.1952; so 0.5 x 0.8048 = 0.402, within 0.03."""
    values = [revised_over(**drawn(s, over=0.5), reach=1.0).excess.value for s in range(40)]
    assert np.mean(values) == pytest.approx(0.402, abs=0.03)


def test_late_entries_that_raise_every_count_are_no_excess():
    """Poisson counts that grow by a Poisson number of late entries: the mean excess over 200 draws is 0 +- 0.02."""
    rng = np.random.default_rng(5)
    values = []
    for _ in range(200):
        first = rng.poisson(18, 960) - 20.0
        last = first + rng.poisson(1.5, 960)
        unit, time = np.repeat(np.arange(40), 24), np.tile(np.arange(24), 40)
        values.append(revised_over(first=first, last=last, unit=unit, time=time).excess.value)
    assert np.mean(values) == pytest.approx(0.0, abs=0.02)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
def test_units_and_order_do_not_matter(seed, factor):
    data = drawn(seed)
    found = revised_over(**data)
    order = np.random.default_rng(seed).permutation(len(data["first"]))
    scaled = {
        "first": factor * data["first"],
        "last": factor * data["last"],
        "unit": data["unit"],
        "time": data["time"],
    }
    again = revised_over(**{k: v[order] for k, v in scaled.items()})
    assert again.excess.value == pytest.approx(found.excess.value, abs=1e-9)
    assert again.excess.se == pytest.approx(found.excess.se, abs=1e-9)
    assert again.reach == pytest.approx(factor * found.reach, rel=1e-9)


def test_nothing_revised_and_nothing_near_are_no_numbers():
    data = drawn(1)
    with pytest.raises(ValueError, match="nothing was revised"):
        revised_over(**{**data, "last": data["first"]})
    with pytest.raises(ValueError, match="one of its sides"):
        revised_over(**{**data, "first": np.abs(data["first"]) + 0.1})
