"""Round numbers: published indices, and shares found back that were put in."""

from __future__ import annotations

import numpy as np
import pytest

from pitprop.stats.heaping import measure_heap, measure_heaps, whipple


def test_whipple_is_one_on_uniform_ages_and_five_where_all_are_round() -> None:
    ages = np.arange(100)
    assert whipple(np.ones(100), ages) == pytest.approx(1.0)
    assert whipple((ages % 5 == 0).astype(float), ages) == pytest.approx(5.0)


def test_a_linear_density_has_no_heaps_whatever_the_base() -> None:
    k = np.arange(10, 510)
    counts = 3 * k + 100
    for base in (2, 5, 10, 12, 50, 100):
        heap = measure_heap(k, counts, base)
        assert heap is not None
        assert heap.rounded == pytest.approx(0.0, abs=1e-12), base


def test_windows_counted_one_by_one_give_the_same_share() -> None:
    rng = np.random.default_rng(1)
    k, counts = np.unique(rng.poisson(80, 5000), return_counts=True)
    table = dict(zip(k.tolist(), counts.tolist(), strict=True))
    for base in (5, 10):
        at = window = 0.0
        for centre in range(0, 200, base):
            positions = np.arange(centre - base // 2, centre + base // 2 + 1)
            if positions[0] < k[0] or positions[-1] > k[-1]:
                continue
            weights = np.ones(len(positions))
            if base % 2 == 0:
                weights[[0, -1]] = 0.5
            at += table.get(centre, 0)
            window += sum(w * table.get(int(q), 0) for w, q in zip(weights, positions, strict=True))
        heap = measure_heap(k, counts, base)
        assert heap is not None
        assert heap.share == pytest.approx(at / window, rel=1e-12)


@pytest.mark.parametrize(("share", "base"), [(0.1, 10), (0.3, 5), (0.2, 50)])
def test_the_share_of_values_that_was_rounded_is_found_back(share: float, base: int) -> None:
    rng = np.random.default_rng(7)
    values = np.floor(rng.normal(2000, 300, 40_000)).astype(int)
    rounded = rng.random(len(values)) < share
    values[rounded] = np.floor(values[rounded] / base + 0.5).astype(int) * base
    k, counts = np.unique(values, return_counts=True)
    heap = measure_heap(k, counts, base)
    assert heap is not None
    assert heap.rounded == pytest.approx(share, abs=4 * heap.se)
    assert heap.se < 0.02


def test_wide_sparse_values_take_no_longer_than_their_number() -> None:
    rng = np.random.default_rng(3)
    k, counts = np.unique(rng.lognormal(12, 2, 9000).astype(np.int64), return_counts=True)
    assert k[-1] > 10**7
    heaps = measure_heaps(k, counts)
    assert {h.base for h in heaps} >= {10, 100, 1000}
    assert max(h.rounded - 4 * h.se for h in heaps) < 0.01
