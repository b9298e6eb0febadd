"""The published variants of bunching at a kink: diffuse, among round numbers, beside another pile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pitprop.stats.polynomial_bunching import polynomial_bunching

KINK = Path(__file__).parents[1] / "data" / "reference" / "bunching_simulated.parquet"
POINT = 10_000


def counts(added: dict[int, int], bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts in bins of 50 centred on the kink, with values added; the reference drops the outermost bins."""
    kink = np.asarray(pq.read_table(KINK)["kink_vector"])
    more = np.repeat(np.array(list(added), dtype=float), list(added.values()))
    values = np.concatenate([kink[np.isfinite(kink)], more])
    edges = POINT - 25 - bins * 50 + 50 * np.arange(2 * bins + 2)
    found, _ = np.histogram(values[values < edges[-1]], edges)
    return found.astype(np.float64), np.arange(-bins, bins + 1)


def test_diffuse_bunching_over_two_bins_either_way_is_3_32():
    found, at = counts({9950: 80, 9900: 190, 10050: 80, 10100: 80}, 19)
    result = polynomial_bunching(found, at, degree=4, excluded=(2, 2), corrected=False)
    assert result.normalised == pytest.approx(3.32, abs=5e-3)


ROUND = {10500: 270, 11000: 230, 9500: 260, 9000: 275, 10250: 130, 10750: 140, 9750: 120, 9250: 135}


@pytest.mark.parametrize(("bases", "published"), [((250.0, 500.0), 0.667), ((), 1.876)])
def test_among_round_numbers_most_of_the_pile_is_theirs(bases, published):
    found, at = counts(ROUND, 19)
    result = polynomial_bunching(found, at, degree=4, round_numbers=bases, values=POINT + 50.0 * at, corrected=False)
    assert result.normalised == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize(
    ("known", "corrected", "published"), [(True, False, 2.028), (True, True, 1.943), (False, True, 1.673)]
)
def test_another_pile_in_the_window_hides_a_sixth_unless_it_is_known(known, corrected, published):
    found, at = counts({10200: 540}, 39)
    elsewhere = np.where(at == 4, 0.0, 0.5)  # a dummy for the bin at 10,200 alone
    result = polynomial_bunching(
        found, at, degree=6, round_numbers=(1.0,) if known else (), values=elsewhere, corrected=corrected
    )
    assert result.normalised == pytest.approx(published, abs=5e-4)
