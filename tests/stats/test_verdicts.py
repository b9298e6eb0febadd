"""Verdicts by chance against Sheppard's formula; many charts against one chart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitprop.stats.process_chart import process_chart
from pitprop.stats.process_charts import process_charts
from pitprop.stats.verdicts import chance_verdicts


def turned(level, noise, target=0.0, *, at_least=True, strict=False):
    units, periods = noise.shape
    return chance_verdicts(
        value=(level + noise).ravel(),
        noise=noise.ravel(),
        target=np.full(units * periods, target),
        at_least=at_least,
        strict=strict,
        unit=np.repeat(np.arange(units), periods),
        time=np.tile(np.arange(periods), units),
        judged=np.ones(units * periods, dtype=bool),
    )


@pytest.mark.parametrize("reliability", [0.0, 0.4, 0.7, 0.9])
def test_normal_values_at_a_target_at_their_mean_turn_as_sheppard_says(reliability):
    rng = np.random.default_rng(3)
    apart = (reliability / (1 - reliability)) ** 0.5
    out = turned(apart * rng.standard_normal((4000, 1)), rng.standard_normal((4000, 12)))
    assert out.share.value == pytest.approx(np.arccos(reliability) / np.pi, abs=4 * out.share.se)
    assert out.share.se < 0.01


def test_the_verdicts_of_a_small_table_by_hand():
    out = turned(np.zeros((5, 1)), np.tile([1.0, -1.0, -1.0], (5, 1)))
    # 1: its neighbour -1 turns it; -1: one of two; -1: none
    assert out.share.value == pytest.approx((1 + 0.5 + 0) / 3, rel=1e-12)
    assert (out.verdicts, out.clusters) == (15, 5)


def test_meeting_a_target_exactly_counts_as_declared():
    noise = np.tile([0.0, -1.0], (6, 5))
    assert turned(np.zeros((6, 1)), noise).share.value == 1.0
    assert turned(np.zeros((6, 1)), noise, strict=True).share.value == 0.0


def test_values_without_neighbours_have_no_second_draw():
    assert turned(np.zeros((5, 1)), np.ones((5, 1))) is None


@given(st.integers(0, 2**32 - 1))
def test_mirrored_values_and_target_give_the_same_share(seed):
    rng = np.random.default_rng(seed)
    level, noise = rng.standard_normal((6, 1)), rng.standard_normal((6, 9))
    one, two = turned(level, noise, 0.3), turned(-level, -noise, -0.3, at_least=False)
    assert one.share.value == pytest.approx(two.share.value, rel=1e-12)


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(8, 40))
def test_many_charts_are_as_many_single_charts(seed, units, periods):
    rng = np.random.default_rng(seed)
    y = rng.poisson(3, (units, periods)).astype(float) + (rng.random((units, periods)) < 0.05) * 20
    many = process_charts(y.ravel(), np.repeat(np.arange(units), periods))
    single = [process_chart(row) for row in y]
    assert many.outside.tolist() == np.concatenate([c.outside for c in single]).tolist()
    assert many.run.tolist() == np.concatenate([c.run for c in single]).tolist()
    assert many.autocorrelated == sum(c.autocorrelated for c in single)


def test_units_with_few_values_have_no_chart():
    out = process_charts(np.r_[np.zeros(7), np.arange(9.0)], np.r_[np.zeros(7, int), np.ones(9, int)])
    assert out.units == 1
    assert out.charted.tolist() == [False] * 7 + [True] * 9
