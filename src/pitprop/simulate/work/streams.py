"""Random numbers that belong to a task, not to a moment: the same ones in every arm, in any order, on any core.

A stream is keyed by (seed, replication, name, purpose). Its state advances by a constant and is mixed (SplitMix64;
Steele, Lea and Flood 2014), so that streams need no memory of each other and the compiled and the plain engine draw
the same bits. Every variate has mean 1.
"""

from __future__ import annotations

import math
from enum import IntEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pitprop.define.work import Time

GOLDEN = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
SPREAD = 0xD1342543DE82EF95
MASK = 0xFFFFFFFFFFFFFFFF
TWO_PI = 6.283185307179586
STEP = 2.0**-52
BLOCK = 64
"""So many numbers the plain engine mixes at first; of a stream that it needs more of, more at once."""

_GOLDEN, _MIX_1, _MIX_2, _SPREAD = np.uint64(GOLDEN), np.uint64(MIX_1), np.uint64(MIX_2), np.uint64(SPREAD)
_30, _27, _31, _12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)


class Kind(IntEnum):
    """Families of distributions as the engines know them."""

    DETERMINISTIC = 0
    EXPONENTIAL = 1
    UNIFORM = 2
    LOGNORMAL = 3
    GAMMA = 4
    EMPIRICAL = 5


def key(name: str, purpose: str) -> int:
    """64 bits that stand for a stream's name; the same on every machine."""
    return int.from_bytes(blake2b(f"{purpose}\0{name}".encode(), digest_size=8).digest(), "little")


def shape(time: Time) -> tuple[int, float, float]:
    """(Kind, two parameters) of a time's distribution, scaled to mean 1.

    Uniform: half width. Lognormal: standard deviation of the logarithm. Gamma: the shape, and the scale 1 / shape.
    Empirical: the second is how many values there are.
    """
    cv = time.spread
    kind = Kind[time.kind.upper()]
    if time.average == 0 or (cv == 0 and kind is not Kind.EMPIRICAL):
        return int(Kind.DETERMINISTIC), 0.0, 0.0
    if kind is Kind.UNIFORM:
        return int(kind), cv * math.sqrt(3.0), 0.0
    if kind is Kind.LOGNORMAL:
        return int(kind), math.sqrt(math.log1p(cv * cv)), 0.0
    if kind is Kind.GAMMA:
        return int(kind), 1.0 / (cv * cv), cv * cv
    if kind is Kind.EMPIRICAL:
        return int(kind), 0.0, float(len(time.values or ()))
    return int(kind), 0.0, 0.0


@njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
def mixed(z: Any) -> Any:
    """SplitMix64's finaliser."""
    z = (z ^ (z >> _30)) * _MIX_1
    z = (z ^ (z >> _27)) * _MIX_2
    return z ^ (z >> _31)


@njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
def first_state(seed: Any, replication: Any, stream: Any) -> Any:
    """State of a stream before its first number."""
    return mixed(mixed(np.uint64(seed) * _SPREAD + np.uint64(replication) * _GOLDEN) ^ stream)


@njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
def advanced(state: Any) -> Any:
    """The state after the next number."""
    return np.uint64(state + _GOLDEN)


@njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
def unit(state: Any) -> Any:
    """The number that a state stands for, strictly between 0 and 1."""
    return (float(mixed(state) >> _12) + 0.5) * STEP


@njit  # type: ignore[untyped-decorator, unused-ignore]
def normal(state: Any) -> Any:
    """(Standard normal, state after it): Box and Muller (1958), one of the pair."""
    state = advanced(state)
    radius = math.sqrt(-2.0 * math.log(unit(state)))
    state = advanced(state)
    return radius * math.cos(TWO_PI * unit(state)), state


@njit  # type: ignore[untyped-decorator, unused-ignore]
def gamma(k: Any, scale: Any, state: Any) -> Any:
    """(Gamma of shape k and mean 1 where scale is 1 / k, state after it): Marsaglia and Tsang (2000)."""
    boost = 1.0
    if k < 1.0:
        state = advanced(state)
        boost = unit(state) ** (1.0 / k)
        k += 1.0
    d = k - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        z, state = normal(state)
        v = 1.0 + c * z
        if v <= 0.0:
            continue
        v = v * v * v
        state = advanced(state)
        if math.log(unit(state)) < 0.5 * z * z + d - d * v + d * math.log(v):
            return d * v * scale * boost, state


@njit  # type: ignore[untyped-decorator, unused-ignore]
def variate(kind: Any, one: Any, two: Any, state: Any) -> Any:
    """(Variate of mean 1, state after it), of any family but the empirical: `two` of those is its number.

    Of an empirical distribution it is the place of the value, from 0.
    """
    if kind == 0:
        return 1.0, state
    if kind == 4:
        return gamma(one, two, state)
    if kind == 3:
        z, state = normal(state)
        return math.exp(one * z - 0.5 * one * one), state
    state = advanced(state)
    u = unit(state)
    if kind == 1:
        return -math.log(u), state
    if kind == 2:
        return 1.0 + one * (2.0 * u - 1.0), state
    return math.floor(u * two), state


class Stream:
    """One stream for the plain engine: the same bits as the compiled functions give.

    Parameters
    ----------
    kind, one, two
        As `shape` gives them.
    values
        Of an empirical distribution, with mean 1.
    """

    __slots__ = ("_next", "uniform")

    uniform: Callable[[], float]
    """The next number, strictly between 0 and 1."""

    def __init__(
        self,
        seed: int,
        replication: int,
        stream: int,
        kind: int = 0,
        one: float = 0.0,
        two: float = 0.0,
        values: tuple[float, ...] = (),
    ) -> None:
        first = _mixed(_mixed((seed * SPREAD + replication * GOLDEN) & MASK) ^ stream)
        self.uniform = _numbers(first).__next__
        self._next: Callable[[], float] = self.law(kind, one, two, values)

    def variate(self) -> float:
        """The next variate of mean 1."""
        return self._next()

    def law(self, kind: int, one: float = 0.0, two: float = 0.0, values: tuple[float, ...] = ()) -> Callable[[], float]:
        """What gives the next variate of that distribution, from this same stream."""
        uniform, log = self.uniform, math.log
        if kind == Kind.EXPONENTIAL:
            return lambda: -log(uniform())
        if kind == Kind.UNIFORM:
            return lambda: 1.0 + one * (2.0 * uniform() - 1.0)
        if kind == Kind.LOGNORMAL:
            return lambda: math.exp(one * self._normal() - 0.5 * one * one)
        if kind == Kind.GAMMA:
            return lambda: self._gamma(one, two)
        if kind == Kind.EMPIRICAL:
            return lambda: values[int(uniform() * len(values))]
        return lambda: 1.0

    def _normal(self) -> float:
        radius = math.sqrt(-2.0 * math.log(self.uniform()))
        return radius * math.cos(TWO_PI * self.uniform())

    def _gamma(self, k: float, scale: float) -> float:
        boost = 1.0
        if k < 1.0:
            boost = self.uniform() ** (1.0 / k)
            k += 1.0
        d = k - 1.0 / 3.0
        c = 1.0 / math.sqrt(9.0 * d)
        while True:
            z = self._normal()
            v = 1.0 + c * z
            if v <= 0.0:
                continue
            v = v * v * v
            u = self.uniform()
            if math.log(u) < 0.5 * z * z + d - d * v + d * math.log(v):
                return d * v * scale * boost


def _numbers(state: int) -> Iterator[float]:
    """Numbers strictly between 0 and 1 after a state, mixed block by block."""
    size = BLOCK
    while True:
        z = np.uint64(state) + np.arange(1, size + 1, dtype=np.uint64) * _GOLDEN
        z = (z ^ (z >> _30)) * _MIX_1
        z = (z ^ (z >> _27)) * _MIX_2
        yield from ((((z ^ (z >> _31)) >> _12).astype(float) + 0.5) * STEP).tolist()
        state = (state + size * GOLDEN) & MASK
        size = min(2 * size, 16 * BLOCK)


def _mixed(z: int) -> int:
    z = ((z ^ (z >> 30)) * MIX_1) & MASK
    z = ((z ^ (z >> 27)) * MIX_2) & MASK
    return z ^ (z >> 31)
