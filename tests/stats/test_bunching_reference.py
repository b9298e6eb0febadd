"""Published numbers of the bunching literature, recomputed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pitprop.stats.discrete_bunching import exact_share, frandsen_p, rounding_share
from pitprop.stats.polynomial_bunching import polynomial_bunching

KINK = Path(__file__).parents[1] / "data" / "reference" / "bunching_simulated.parquet"


def kink_counts(bin_width: float = 50.0, bins: int = 19) -> tuple[np.ndarray, np.ndarray]:
    """Counts in bins centred on 10,000; the reference package drops the outermost bins of ±20."""
    values = np.asarray(pq.read_table(KINK)["kink_vector"])
    values = values[np.isfinite(values)]
    edges = 1e4 - bin_width / 2 - bins * bin_width + bin_width * np.arange(2 * bins + 2)
    counts, _ = np.histogram(values[values < edges[-1]], edges)
    return counts.astype(np.float64), np.arange(-bins, bins + 1)


def test_excess_mass_on_the_published_kink_is_1_9885_uncorrected() -> None:
    counts, positions = kink_counts()
    result = polynomial_bunching(counts, positions, degree=4, corrected=False)
    assert result.normalised == pytest.approx(1.9885156042, abs=1e-9)


def test_excess_mass_on_the_published_kink_is_629_51_with_the_integration_correction() -> None:
    counts, positions = kink_counts()
    result = polynomial_bunching(counts, positions, degree=4)
    assert result.excess == pytest.approx(629.5111149, abs=1e-6)
    assert result.normalised == pytest.approx(1.8220878940, abs=1e-9)


def test_excess_mass_of_the_published_wide_bin_variant_is_0_931() -> None:
    values = np.asarray(pq.read_table(KINK)["kink_vector"])
    values = values[np.isfinite(values)]
    edges = 1e4 - 2000 + 100 * np.arange(41)
    index = np.searchsorted(edges, values, side="left") - 1
    counts = np.bincount(index[(index >= 0) & (index < 40)], minlength=40).astype(np.float64)
    result = polynomial_bunching(counts, np.arange(40) - 19, degree=6, excluded=(0, 1))
    assert result.normalised == pytest.approx(0.931, abs=1e-3)


@pytest.mark.parametrize(
    ("counts", "smooth", "curved"),
    [
        ((90, 130, 95), 0.003905, 0.006588),
        ((40, 60, 40), 0.023465, 0.031328),
        ((10, 20, 10), 0.042881, 0.049566),
        ((5, 14, 6), 0.032748, 0.036947),
    ],
)
def test_frandsen_p_values_count_the_observed_value_in_both_tails(
    counts: tuple[int, int, int], smooth: float, curved: float
) -> None:
    assert frandsen_p(*counts, 0.0) == pytest.approx(smooth, abs=5e-7)
    assert frandsen_p(*counts, 0.02) == pytest.approx(curved, abs=5e-7)


def test_share_moved_to_the_target_is_found_back_from_expected_counts() -> None:
    # 1,000 belong in each of three cells; 300 of the 1,000 below were moved onto the target
    result = exact_share(700, 1300, 1000, k=0.0)
    assert result.share == pytest.approx(0.3)
    assert result.interval[0] < 0.3 < result.interval[1]


def test_share_rounded_up_that_belonged_down() -> None:
    result = rounding_share(up=150, down=50)
    assert result.share == pytest.approx(0.5)
    assert rounding_share(up=189, down=0).p_value == pytest.approx(0.5**189, rel=1e-9)
    assert rounding_share(up=50, down=50).p_value > 0.5
