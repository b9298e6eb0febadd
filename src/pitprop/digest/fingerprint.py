"""Fingerprint: whether two audits saw the same data."""

from __future__ import annotations

import hashlib
from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.distribution import Distribution
from pitprop.digest.panel import Measure, Panel
from pitprop.digest.profile import Profile

DIGITS = 2.0**20
"""Sums count to one part in so many: six significant digits."""
LEAST = -1000
"""Sizes below this power of two are cut as if they had it."""
OFFSET = 0.3183098861837907
"""Sums are cut where no short decimal lies, so that the last bit of a sum cannot change the cut."""

Floats = NDArray[np.float64]


def fingerprint(*grains: Distribution | Panel | Profile) -> str:
    """A hash of sufficient statistics: the same rows give the same one, in any order and on any engine.

    Counts enter exactly, sums to six significant digits of their size (engines differ in the last bits of
    floating-point sums). Data that differ by less may share a fingerprint.

    Returns
    -------
    str
        SHA-256, 64 hexadecimal digits.
    """
    state = hashlib.sha256()
    for grain in grains:
        for part in _parts(grain):
            state.update(len(part).to_bytes(8, "little"))
            state.update(part)
    return state.hexdigest()


def _parts(grain: Distribution | Panel | Profile) -> list[bytes]:
    head = [type(grain).__name__.encode(), _words(*astuple(grain.rows))]
    if isinstance(grain, Distribution):
        flags = _words(grain.step, grain.exact, grain.relative)
        return [*head, flags, *(_whole(a) for a in (grain.k, grain.under, grain.without, grain.exempt))]
    if isinstance(grain, Profile):
        size = np.sqrt(grain.n) * np.sqrt(grain.xx)
        sums = [_cut(grain.x, size), _cut(grain.xx, grain.xx)]
        counts = [_whole(a) for a in (grain.period, grain.day, grain.n)]
        return [*head, _words(grain.granularity, repr(grain.pivot)), *counts, *sums]
    parts = [*head, _words(grain.granularity, *grain.entities), _whole(grain.periods)]
    parts += [
        _whole(grain.entity),
        _whole(grain.period),
        _whole(grain.exempt),
        _cut(grain.target, grain.target),
    ]
    parts += _sums(grain.metric)
    for name in sorted(grain.others):
        parts += [name.encode(), *_sums(grain.others[name])]
    return parts


def _sums(measure: Measure) -> list[bytes]:
    m = measure
    parts = [_words(m.agg, repr(m.pivot)), _whole(m.n)]
    parts += [
        _cut(m.x, np.sqrt(m.n) * np.sqrt(m.xx)),
        _cut(m.xx, m.xx),
        _cut(m.w, np.sqrt(m.n) * np.sqrt(m.ww)),
        _cut(m.ww, m.ww),
    ]
    parts.append(_cut(m.xw, np.sqrt(m.xx) * np.sqrt(m.ww)))
    if m.given is not None:
        parts.append(_cut(m.given, m.given))
    return parts


def _words(*values: object) -> bytes:
    return "\x1f".join(str(v) for v in values).encode("utf-8", "surrogatepass")


def _whole(values: NDArray[np.generic]) -> bytes:
    return values.astype("<i8").tobytes()


def _cut(values: Floats, size: Floats) -> bytes:
    """Values in parts of a power of two near their size; NaN as one number of its own."""
    scale = np.abs(np.where(np.isfinite(size), size, 0.0)) * 1.0637
    _, power = np.frexp(scale)
    low = int(power.min(initial=0))
    powers = np.maximum(np.arange(low, int(power.max(initial=0)) + 1), LEAST)
    unit = (np.ldexp(1.0, powers) / DIGITS)[power - low]
    cut = np.floor(np.where(np.isfinite(values), values, 0.0) / unit + OFFSET)
    there = (scale > 0) & np.isfinite(values)
    out = np.where(there, cut, np.where(np.isnan(values), -(2.0**60), 0.0)).astype("<i8")
    return out.tobytes() + np.where(there, power, 0).astype("<i8").tobytes()
