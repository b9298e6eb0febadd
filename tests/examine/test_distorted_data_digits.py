"""What digits are told beside the last one: information, never a suspicion."""

from __future__ import annotations

import numpy as np
import pytest

from pitprop.examine.distorted_data import digits
from pitprop.examine.distribution_specimen import tally
from pitprop.examine.finding import Finding, State


def asked(values: np.ndarray, step: str = "1") -> Finding:
    _, brief = digits.CHECK.clear[0](np.random.default_rng(1))
    return digits.run(tally(values, step), brief)


def test_leading_digits_are_told_with_what_chance_gives_and_what_the_cut_offs_say() -> None:
    rng = np.random.default_rng(2)
    honest = asked(np.floor(10 ** rng.uniform(1, 5, 4000))).data["leading_digits"]
    assert set(honest) == {"first", "second", "first_two"}
    for told in honest.values():
        assert told["excess"] == pytest.approx(told["mad"] - told["by_chance"], abs=1e-12)
        assert told["interval"][0] < 0 < told["interval"][1]
        assert told["conformity"] == "close"


def test_made_up_second_digits_and_shunned_pairs_are_told_and_raise_nothing() -> None:
    """Second digits drawn to 5 among numbers of three digits and more; equal last digits moved on by one."""
    rng = np.random.default_rng(3)
    k = np.floor(10 ** rng.uniform(2.5, 6, 9000))
    size = 10 ** np.floor(np.log10(k) - 1 + 1e-12)
    k = np.where(rng.random(9000) < 0.3, k - np.floor(k / size) % 10 * size + 5 * size, k)
    equal = (k % 100 % 11 == 0) & (k % 100 != 99) & (rng.random(9000) < 0.5)
    finding = asked(k + equal)
    assert finding.state is not State.SUSPECT
    assert finding.data["leading_digits"]["second"]["interval"][0] > 0
    assert finding.data["last_two_digits"]["equal"]["interval"][1] < 0.1
    assert finding.data["last_two_digits"]["neighbours"]["interval"][0] > 0.2


def test_last_two_digits_are_told_of_wide_and_unrounded_values_only() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(3000, 300, 4000)
    wide = asked(values).data["last_two_digits"]
    assert wide["equal"]["interval"][0] < 0.1 < wide["equal"]["interval"][1]
    assert wide["neighbours"]["interval"][0] < 0.2 < wide["neighbours"]["interval"][1]
    assert asked(rng.normal(3000, 60, 4000)).data["last_two_digits"] == {}
    rounded = np.where(rng.random(4000) < 0.1, np.round(values / 25) * 25, values)
    assert asked(rounded).data["last_two_digits"] == {}
