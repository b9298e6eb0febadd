"""Steadiness where a unit's only noise is in a cell that cannot be used."""

import numpy as np
import pytest

from pitprop.stats.steadiness import steadiness


def test_a_unit_whose_noise_lies_in_a_cell_alone_in_its_window_is_left_out() -> None:
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(5), 6)
    period = np.tile(np.arange(6), 5)
    value, noise = rng.standard_normal(30), np.ones(30)
    plain = steadiness(value=value, noise=noise, unit=unit, period=period, window=period // 6)
    more = {
        "value": np.append(value, [3.0, 3.0, 9.0]),
        "noise": np.append(noise, [0.0, 0.0, 1.0]),
        "unit": np.append(unit, [5, 5, 5]),
        "period": np.append(period, [0, 1, 6]),
        "window": np.append(period // 6, [0, 0, 1]),
    }
    found = steadiness(**more)
    assert plain is not None
    assert found is not None
    assert (found.units, found.df) == (plain.units, pytest.approx(plain.df, rel=1e-12))
    assert found.index == pytest.approx(plain.index, rel=1e-12)
