"""Leading digits: exact extraction, Benford's law, and the deviation that the number of values explains."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chisquare

from pitprop.stats.benford import CUT_OFFS, conformity, expected_mad, leading, probabilities


@given(st.lists(st.integers(-(10**18), 10**18), min_size=1, max_size=30))
def test_digits_of_whole_numbers_are_those_that_are_written(values: list[int]) -> None:
    written = [str(abs(v)) for v in values]
    first, has_first = leading(np.array(values), "first")
    second, has_second = leading(np.array(values), "second")
    both, _ = leading(np.array(values), "first_two")
    for i, text in enumerate(written):
        assert has_first[i] == (text != "0")
        assert has_second[i] == (len(text) > 1)
        if text != "0":
            assert first[i] == int(text[0])
        if len(text) > 1:
            assert (second[i], both[i]) == (int(text[1]), int(text[:2]))


def test_powers_of_ten_and_their_neighbours_are_read_right_where_logarithms_fail() -> None:
    powers = 10 ** np.arange(1, 18, dtype=np.int64)
    assert leading(powers, "first")[0].tolist() == [1] * 17
    assert leading(powers - 1, "first")[0].tolist() == [9] * 17
    assert int(leading(np.array([10**15 - 1]), "first_two")[0][0]) == 99


def test_benfords_probabilities() -> None:
    """First digits as in every textbook; second digits from Hill 1995, table 1; tolerance 5e-6, as printed."""
    assert probabilities("first") == pytest.approx(np.log10(1 + 1 / np.arange(1, 10)), abs=1e-12)
    printed = [0.11968, 0.11389, 0.10882, 0.10433, 0.10031, 0.09668, 0.09337, 0.09035, 0.08757, 0.08500]
    assert probabilities("second") == pytest.approx(printed, abs=5e-6)
    assert probabilities("first_two").sum() == pytest.approx(1, abs=1e-12)


def test_the_deviation_by_chance_is_the_published_one_and_that_of_draws() -> None:
    """Values to the five digits given; draws within 2 %."""
    assert expected_mad(probabilities("first"), 250) == pytest.approx(0.01485, abs=5e-6)
    assert expected_mad(probabilities("first"), 1000) == pytest.approx(0.00743, abs=5e-6)
    assert expected_mad(probabilities("first_two"), 1000) == pytest.approx(0.00251, abs=5e-6)
    assert expected_mad(probabilities("first_two"), 5000) == pytest.approx(0.00112, abs=5e-6)
    p = probabilities("first")
    drawn = np.random.default_rng(3).multinomial(1000, p, 4000) / 1000
    assert np.abs(drawn - p).mean() == pytest.approx(expected_mad(p, 1000), rel=0.02)


def test_powers_of_two_conform_and_equal_numbers_do_not() -> None:
    """Of 2^0 ... 2^59 the first digits are counted by hand; the statistic is scipy's."""
    k = 2 ** np.arange(60, dtype=np.int64)
    found = conformity(k, np.ones(60, dtype=np.int64), "first")
    assert found is not None
    written = np.bincount([int(str(v)[0]) for v in k.tolist()], minlength=10)[1:]
    assert (found.observed * 60).round().astype(int).tolist() == written.tolist()
    statistic, p = chisquare(written, 60 * probabilities("first"))
    assert (found.chi_square, found.p_value) == pytest.approx((statistic, p), rel=1e-9)
    assert found.interval()[0] < 0 < found.interval()[1]
    sevens = conformity(np.array([7, 70, 71]), np.array([50, 50, 50]), "first")
    assert sevens is not None
    assert sevens.interval()[0] > 0.1


def test_the_interval_of_the_excess_holds_zero_where_the_law_holds() -> None:
    """At most 5 % of 1,000 draws of 1,000 Benford numbers lie above; none has an excess of a whole cut-off."""
    rng = np.random.default_rng(8)
    above = 0
    for _ in range(1000):
        k, counts = np.unique((10 ** rng.uniform(2, 6, 1000)).astype(np.int64), return_counts=True)
        found = conformity(k, counts, "first")
        assert found is not None
        above += found.interval()[0] > 0
    assert above <= 50


@pytest.mark.parametrize("which", ["first", "second", "first_two"])
def test_the_deviation_by_chance_is_close_to_the_binomials_own(which) -> None:
    """De Moivre's closed form of the mean absolute deviation of Binomial(n, p), 2 m P(m) (1 - p) at m = floor(np) + 1
    (scipy's pmf); the normal approximation is within 1 % of it for 1,000 values, 2 % for first-two digits."""
    p = probabilities(which)
    m = np.floor(1000 * p) + 1
    exact = (2 * m * binom.pmf(m, 1000, p) * (1 - p) / 1000).mean()
    assert expected_mad(p, 1000) == pytest.approx(exact, rel=0.02 if which == "first_two" else 0.01)


def test_second_digits_of_a_thousand_honest_values_are_at_the_cut_off_by_chance_alone() -> None:
    """Mean deviation by chance .00756 of 1,000 values, where the cut-off is .008 (three digits, by formula)."""
    assert expected_mad(probabilities("second"), 1000) == pytest.approx(0.00756, abs=5e-6)
    assert CUT_OFFS["second"][0] == 0.008


def test_honest_values_keep_to_the_published_cut_offs_once_chance_is_taken_off() -> None:
    """Of 200 draws of 500 Benford numbers more than half miss `marginal` for first-two digits by chance alone; of their
    excess, at most one in twenty."""
    rng = np.random.default_rng(9)
    plain = beyond = 0
    for _ in range(200):
        k, counts = np.unique((10 ** rng.uniform(2, 6, 500)).astype(np.int64), return_counts=True)
        found = conformity(k, counts, "first_two")
        assert found is not None
        plain += found.mad > CUT_OFFS["first_two"][2]
        beyond += found.level == "none"
    assert plain > 100
    assert beyond <= 10


def test_second_digits_that_are_made_up_stand_out_where_the_first_do_not() -> None:
    """A third of the second digits drawn to 5 and 7: excess of MAD as put in, within four standard errors."""
    rng = np.random.default_rng(10)
    k = (10 ** rng.uniform(3, 6, 20_000)).astype(np.int64)
    size = 10 ** (np.floor(np.log10(k)).astype(np.int64) - 1)
    made_up = rng.random(len(k)) < 1 / 3
    k = np.where(made_up, k // (10 * size) * 10 * size + rng.choice([5, 7], len(k)) * size, k)
    at, counts = np.unique(k, return_counts=True)
    first, second = conformity(at, counts, "first"), conformity(at, counts, "second")
    assert first is not None
    assert second is not None
    p = probabilities("second")
    put = (2 * p / 3 + np.where(np.isin(np.arange(10), [5, 7]), 1 / 6, 0)) - p
    assert second.mad == pytest.approx(np.abs(put).mean(), abs=4 * second.se)
    assert (first.level, second.level) == ("close", "none")
