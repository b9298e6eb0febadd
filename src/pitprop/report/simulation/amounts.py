"""How the numbers of a simulation are written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pitprop.report.plain import plain
from pitprop.report.wording import number
from pitprop.simulate.work.results import Estimate

TIMES: Mapping[str, str] = MappingProxyType({"second": "s", "minute": "min", "hour": "h", "day": "days"})


def decimals(estimate: Estimate) -> int:
    """How many decimals its interval gives it: one digit of the half-width, and two of a mean that is larger."""
    half = abs(estimate.high - estimate.low) / 2
    from_half = -math.floor(math.log10(half)) if half > 0 and math.isfinite(half) else 0
    size = abs(estimate.mean)
    from_mean = 1 - math.floor(math.log10(size)) if half < size < math.inf else 0
    return max(0, min(6, max(from_half, from_mean)))


def mean(estimate: Estimate) -> str:
    """The mean, with as many digits as its interval gives it."""
    if not certain(estimate) or _odd(estimate):
        return number(estimate.mean, digits=4)
    return _fixed(estimate.mean, decimals(estimate))


def interval(estimate: Estimate) -> str:
    """ "101.3 to 101.7"; empty where there is no interval, or nothing in it but the mean."""
    if not certain(estimate):
        return ""
    if _odd(estimate):
        return f"{number(estimate.low, digits=4)} to {number(estimate.high, digits=4)}"
    places = decimals(estimate)
    return f"{_fixed(estimate.low, places)} to {_fixed(estimate.high, places)}"


def _odd(estimate: Estimate) -> bool:
    """Whether it is too large or too small to be written without an exponent."""
    return not 1e-4 <= max(abs(estimate.low), abs(estimate.high)) < 1e12


def certain(estimate: Estimate) -> bool:
    """Whether there is an interval that is wider than nothing."""
    ends = (estimate.low, estimate.mean, estimate.high)
    return all(math.isfinite(end) for end in ends) and estimate.low < estimate.high


def signed(value: Estimate) -> str:
    """The mean with its sign, also where it is a plus."""
    return f"{'+' if 0 < value.mean < math.inf else ''}{mean(value)}"


def estimate(value: Estimate, unit: str = "", *, more: bool = False) -> str:
    """Mean, unit and interval: "101.5 t (101.3 to 101.7)"; with a sign where it is so much `more`."""
    shown = f"{signed(value) if more else mean(value)}{' ' + plain(unit) if unit else ''}"
    within = interval(value)
    return f"{shown} ({within})" if within else shown


def percent(share: float) -> str:
    """A share of 1 as per cent: whole numbers, except where that would hide something or round it away."""
    if not math.isfinite(share):
        return "–"
    if share == 0 or abs(share) >= 0.995:
        return f"{number(round(share * 100, 1))} %"
    if abs(share) < 0.005:
        return "<1 %"
    return f"{_fixed(share * 100, 0)} %"


def share_of(value: Estimate) -> str:
    """A share with its interval: "52 % (51 to 53)"."""
    within = f"{_fixed(value.low * 100, 0)} to {_fixed(value.high * 100, 0)}" if certain(value) else ""
    shown = percent(value.mean)
    return shown if not within or within == f"{shown[:-2]} to {shown[:-2]}" else f"{shown} ({within})"


def times(value: float) -> str:
    """A factor: "4.00", "0.952"."""
    if not math.isfinite(value) or not 0.001 <= abs(value) < 1e6:
        return number(value)
    return _fixed(value, max(0, 2 - math.floor(math.log10(abs(value)))) if abs(value) < 100 else 1)


def _fixed(value: float, places: int) -> str:
    shown = f"{value:,.{places}f}"
    return shown.replace("-", "−") if shown.strip("-0.,") else shown.replace("-", "")


def length(value: float, time: str) -> str:
    """A length of time: "35.2 min"."""
    return f"{number(value)} {TIMES.get(time, plain(time))}"


def listed(words: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    said = list(words)
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}" if said else ""
