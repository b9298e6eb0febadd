"""Process behaviour charts: published limits, both rules, and what must not raise them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pitprop.stats.process_chart import process_chart

README = Path(__file__).parents[1] / "data" / "reference" / "README.md"


def published() -> np.ndarray:
    line = next(t for t in README.read_text().splitlines() if t.startswith("XmR series"))
    return np.array([float(x) for x in line.split(":")[1].split("(")[0].split()])


def test_limits_are_those_of_the_published_series():
    chart = process_chart(published())
    assert chart.mean == pytest.approx(0.1416238, abs=1e-7)
    assert chart.lower == pytest.approx(-3.01138, abs=5e-6)
    assert chart.upper == pytest.approx(3.294627, abs=5e-7)
    assert not chart.signals.any()


def test_a_moving_range_out_of_the_ordinary_is_left_out_of_the_limits_once():
    y = np.array([0.0, 1, 0, 1, 0, 1, 0, 1, 0, 30, 31, 30, 31])
    screened, plain = process_chart(y), process_chart(y, screen=False)
    assert screened.screened == 1
    assert screened.moving_range == pytest.approx(1.0)
    assert plain.moving_range == pytest.approx((11 + 30) / 12)
    assert screened.upper - screened.mean == pytest.approx(2.66)


def test_a_series_that_hardly_ever_moves_keeps_its_only_moves():
    chart = process_chart(np.array([0.0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]))
    assert chart.screened == 0
    assert chart.moving_range == pytest.approx(2 / 11)
    assert np.flatnonzero(chart.outside).tolist() == [4]


def test_a_point_beyond_a_limit_is_a_signal():
    y = np.tile([10.0, 11.0], 10)
    y[7] = 40
    outside = process_chart(y).outside
    assert np.flatnonzero(outside).tolist() == [7]


def test_eight_on_one_side_are_a_signal_and_seven_are_not():
    low = [1.0, -1.0] * 4
    eight = np.array([*low, *([0.9, 1.1] * 4), -9.0])
    seven = np.array([*low, 0.9, 1.1, 0.9, 1.1, 0.9, 1.1, 0.9, -9.0])
    assert int(process_chart(eight - eight.mean()).run.sum()) == 8
    assert not process_chart(seven - seven.mean()).run.any()


def test_a_constant_series_has_no_signal_whatever_its_rounding():
    chart = process_chart(np.full(30, 0.1) * 1000)
    assert not chart.signals.any()
    assert (chart.lower, chart.upper, chart.lag1) == (chart.mean, chart.mean, 0.0)


def test_neighbours_that_are_alike_are_flagged():
    rng = np.random.default_rng(0)
    assert process_chart(np.cumsum(rng.standard_normal(200))).autocorrelated
    assert not process_chart(rng.standard_normal(200)).autocorrelated


def test_units_do_not_matter():
    y = published()
    a, b = process_chart(y), process_chart(1000 * y)
    assert b.upper == pytest.approx(1000 * a.upper, rel=1e-12)
    assert b.lag1 == pytest.approx(a.lag1, abs=1e-12)


def test_white_noise_rarely_raises_it():
    rng = np.random.default_rng(1)
    points = np.concatenate([process_chart(rng.standard_normal(24)).outside for _ in range(2000)])
    assert points.mean() < 0.01


@pytest.mark.parametrize("y", [[1.0], [1.0, np.nan, 2.0], []])
def test_what_cannot_be_charted_is_refused(y):
    with pytest.raises(ValueError, match="two or more finite values"):
        process_chart(np.array(y))
