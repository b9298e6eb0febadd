"""Intervals over replications and batches, and where a series has settled."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pitprop.simulate.work.intervals import batch_means, over_replications, ratio
from pitprop.simulate.work.warm_up import settling


def autoregressive(rng: np.random.Generator, n: int, phi: float) -> np.ndarray:
    noise = rng.normal(size=n)
    out = np.empty(n)
    out[0] = noise[0] / np.sqrt(1 - phi**2)
    for i in range(1, n):
        out[i] = phi * out[i - 1] + noise[i]
    return out


def test_the_interval_of_a_mean_is_students_as_scipy_has_it() -> None:
    values = np.random.default_rng(1).normal(5, 2, 17)
    found = over_replications(values)
    low, high = stats.t.interval(0.95, 16, loc=values.mean(), scale=stats.sem(values))
    assert (found.mean, found.low, found.high) == pytest.approx((values.mean(), low, high), rel=1e-12)


def test_one_replication_has_a_mean_and_no_interval() -> None:
    found = over_replications(np.array([3]))
    assert found.mean == 3.0
    assert np.isnan(found.low)
    assert np.isnan(found.high)


def test_the_ratio_of_a_number_to_a_fixed_share_of_itself_is_certain() -> None:
    values = np.random.default_rng(2).gamma(4, size=50)
    found = ratio(3 * values, values)
    assert (found.mean, found.low, found.high) == pytest.approx((3, 3, 3), rel=1e-12)


def test_the_interval_of_a_paired_ratio_covers_it_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(1000):
        shared = rng.normal(size=40)
        top, bottom = 10 + shared + rng.normal(size=40), 5 + 0.5 * shared + 0.2 * rng.normal(size=40)
        found = ratio(top, bottom)
        covered += found.low <= 2 <= found.high
    assert 0.93 <= covered / 1000 <= 0.97


def test_batches_of_independent_values_cover_the_mean_as_often_as_they_say() -> None:
    rng = np.random.default_rng(4)
    covered = sum(e.low <= 0 <= e.high for e in (batch_means(rng.normal(size=400)).estimate for _ in range(1000)))
    assert 0.93 <= covered / 1000 <= 0.97


def test_batches_grow_until_neighbours_are_unrelated_so_that_related_values_are_covered_too() -> None:
    rng = np.random.default_rng(5)
    found = [batch_means(autoregressive(rng, 4000, 0.8)) for _ in range(200)]
    covered = np.mean([one.estimate.low <= 0 <= one.estimate.high for one in found])
    # a naive interval over the 4,000 values covers in about 49 of 100; batches picked by a test cover a little under 95
    assert covered >= 0.89
    assert np.mean([one.unrelated for one in found]) > 0.95


def test_a_run_that_drifts_all_along_is_told_to_be_too_short() -> None:
    found = batch_means(np.arange(640.0))
    assert not found.unrelated
    assert found.correlation > 0.5


def test_a_run_of_less_than_ten_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="here are 9 parts"):
        batch_means(np.ones(9))


def test_the_cut_is_where_the_standard_error_of_the_rest_is_least_by_trying_all() -> None:
    rng = np.random.default_rng(6)
    for _ in range(20):
        series = rng.normal(size=60) + 4 * np.exp(-np.arange(60) / rng.uniform(2, 20))
        tried = [series[d:].var() / (60 - d) for d in range(57)]
        best = int(np.argmin(tried))
        found = settling(series, batch=1)
        assert found.settled == (best <= 30)
        assert found.cut == min(best, 30)


def test_a_slow_beginning_is_cut_off_and_nothing_else() -> None:
    rng = np.random.default_rng(7)
    series = np.concatenate([np.linspace(0, 10, 50), np.full(350, 10.0)]) + rng.normal(0, 0.5, 400)
    found = settling(series)
    assert found.settled
    assert 35 <= found.cut <= 60


def test_a_series_that_only_grows_has_not_settled() -> None:
    assert not settling(np.arange(400.0) ** 2).settled


def test_a_series_that_is_steady_from_the_beginning_loses_little() -> None:
    rng = np.random.default_rng(8)
    cuts = [settling(rng.normal(size=400)).cut for _ in range(200)]
    assert np.median(cuts) <= 60
