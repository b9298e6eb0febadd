"""Were values moved over a target? Excess mass against a smooth, heap-aware counterfactual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from pitprop.stats.counterfactual import Counterfactual, fit_counterfactuals, legendre

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOWS = (1, 2, 3, 5, 8)
"""Widths of the zones on either side of the target that are scanned, in bins."""
HALF = 20
"""Bins on either side of a target over which the counterfactual is fitted."""
BASES = (2, 4, 5, 10, 12, 15, 20, 24, 25, 30, 50, 60, 100, 120, 200, 250, 500, 1000, 2000, 2500, 5000, 10000)
"""Candidate bases of round numbers, in grid steps."""
_MOST_PLACEBOS = 40
_FEWEST = 6.0
"""Fewest near misses to be expected in a window, in units of the dispersion (lumps count as one)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """Counts in bins of m grid steps: bin i covers positions [first + i m, first + (i + 1) m)."""

    first: int
    """Grid position of the first bin's left edge."""
    width: int
    """Grid steps in a bin, m."""
    counts: Floats
    """Shape (bins,)."""
    opportunity: Floats | None
    """Relative number of ways to land in each bin, shape (bins,); None where all are alike."""

    def index(self, position: int) -> int:
        """The bin whose left edge is that grid position (which must be an edge)."""
        quotient, remainder = divmod(int(position) - self.first, self.width)
        if remainder:
            raise ValueError(f"grid position {position} is not the edge of a bin")
        return quotient


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Mass moved over one or more targets, for one width of the zone."""

    window: int
    """Bins on either side of the target."""
    moved: float
    """(excess above - excess below) / 2: values moved, robust to a misplaced level and slope of the curve."""
    se: float
    """Standard error of `moved`, placebo-scaled."""
    below: float
    """Values expected just below the target(s) within the window."""
    df: int

    @property
    def share(self) -> float:
        """Share of the near misses that were moved over the target."""
        return self.moved / self.below

    @property
    def z(self) -> float:
        return self.moved / self.se

    def interval(self, level: float, scanned: int) -> tuple[float, float]:
        """Interval of `share` at confidence `level`, simultaneous over the scanned windows (Bonferroni)."""
        half = float(stdtrit(self.df, 1 - (1 - level) / (2 * scanned))) * self.se / self.below
        return self.share - half, self.share + half


@dataclass(frozen=True, slots=True, kw_only=True)
class Bunching:
    """Result of the scan over windows."""

    best: Moved
    """The window with the largest lower bound."""
    windows: tuple[Moved, ...]
    p_value: float
    """One-sided, Bonferroni over the windows."""
    placebo_spread: float
    """Root mean square z over placebo thresholds; standard errors are multiplied by it where above 1."""
    placebos: int
    placebo_rank: float | None
    """Share of thresholds (this one included) of the same roundness with at least this z; None without any."""
    jump: float
    """Log ratio of the density just above to just below the first target, from a fit over all bins."""
    jump_se: float
    degree: int
    bases: tuple[int, ...]
    """Round-number bases taken into the counterfactual, in grid steps."""
    dispersion: float
    expected: Floats
    """Counterfactual around the first target for the best window, shape (2 HALF,) or less at the edges."""
    expected_first: int
    """Bin index of `expected[0]`."""


def bin_width(step_sd: float, n_near: float) -> int:
    """Grid steps in a bin: a twenty-fifth of a standard deviation, wider where data are few.

    Parameters
    ----------
    step_sd : robust standard deviation of the values, in grid steps
    n_near : values within one standard deviation of the target
    """
    per_sd = min(25.0, max(6.0, n_near / 12.0))
    raw = step_sd / per_sd
    if raw <= 1:
        return 1
    power = float(10.0 ** np.floor(np.log10(raw)))
    nice = min((1.0, 2.0, 5.0, 10.0), key=lambda m: abs(np.log(m * power / raw)))
    return max(1, round(nice * power))


def make_bins(k: Ints, counts: Ints, *, edge: int, width: int, reach: int, opportunity: Floats | None = None) -> Bins:
    """Gather grid counts into bins of `width` steps with an edge at `edge`, `reach` bins either way."""
    first = edge - reach * width
    index = (k - first) // width
    inside = (index >= 0) & (index < 2 * reach)
    total = np.bincount(index[inside], weights=counts[inside], minlength=2 * reach).astype(np.float64)
    ways = None
    if opportunity is not None:
        ways = np.bincount(index[inside], weights=opportunity[inside], minlength=2 * reach).astype(np.float64)
    return Bins(first=first, width=width, counts=total, opportunity=ways)


def multiples(bins: Bins, base: int, origin: int = 0) -> Floats:
    """How many multiples of `base` (counted from `origin`) each bin covers, less their mean, shape (bins,)."""
    left = bins.first - origin + bins.width * np.arange(len(bins.counts))
    held = np.floor_divide(left + bins.width - 1, base) - np.floor_divide(left - 1, base)
    return np.asarray(held - bins.width / base, dtype=np.float64)


def _local(bins: Bins, at: int, half: int) -> slice:
    return slice(max(0, at - half), min(len(bins.counts), at + half))


def _fit(bins: Bins, zone: slice, left_out: NDArray[np.bool_], degree: int, heaps: Floats) -> Counterfactual | None:
    return _fits(bins, [(zone, left_out)], degree, heaps)[0]


def _fits(
    bins: Bins, asked: Sequence[tuple[slice, NDArray[np.bool_]]], degree: int, heaps: Floats
) -> list[Counterfactual | None]:
    """One curve for each zone and mask of bins left out; those of one shape are fitted together."""
    alike: dict[tuple[int, tuple[bool, ...]], list[int]] = {}
    for i, (zone, left_out) in enumerate(asked):
        # a heap regressor that does not vary among the fitted bins cannot be told from the level
        kept = heaps[zone][~left_out[zone]]
        varies = tuple(bool(v) for v in np.ptp(kept, axis=0) > 0) if kept.size else (False,) * heaps.shape[1]
        alike.setdefault((zone.stop - zone.start, varies), []).append(i)
    out: list[Counterfactual | None] = [None] * len(asked)
    for (length, varies), members in alike.items():
        smooth = legendre(np.arange(length, dtype=np.float64), degree)
        at = np.array([asked[i][0].start for i in members])[:, None] + np.arange(length)
        columns = heaps[:, np.array(varies, dtype=bool)][at]
        design = np.concatenate([np.broadcast_to(smooth, (len(members), *smooth.shape)), columns], axis=2)
        keep = np.array([~asked[i][1][asked[i][0]] for i in members])
        offset = None
        if bins.opportunity is not None:
            with np.errstate(divide="ignore"):
                offset = np.log(bins.opportunity)[at]
        for i, fit in zip(members, fit_counterfactuals(bins.counts[at], design, keep, offset=offset), strict=True):
            out[i] = fit
    return out


def _contrast(zone: slice, at: int, window: int, heaped: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Weights of the moved mass, and which bins are below the target within the window.

    Ordinarily (excess above - excess below) / 2. Where the target itself is a round number that values heap
    at, honest rounding to it takes from both sides alike; then it is what is missing below, less what is
    missing above, the round numbers themselves left out.
    """
    position = np.arange(zone.start, zone.stop) - at
    below = (position < 0) & (position >= -window)
    above = (position >= 0) & (position < window)
    if not heaped[at]:
        return 0.5 * above - 0.5 * below, below
    mirror = (position > 0) & (position <= window)
    plain = ~heaped[zone]
    return 1.0 * (mirror & plain) - 1.0 * (below & plain), below & plain


def _heaped(heaps: Floats) -> NDArray[np.bool_]:
    """Bins that hold more multiples of some chosen base than bins do on average."""
    return np.asarray((heaps > 0).any(axis=1), dtype=bool)


def _mask(n: int, cuts: Sequence[int], window: int) -> NDArray[np.bool_]:
    out = np.zeros(n, dtype=bool)
    for cut in cuts:
        out[max(0, cut - window) : max(0, cut + window + 1)] = True
    return out


def _support(bins: Bins) -> tuple[int, int]:
    """First and one past the last bin that a honest curve should cover: the support less its outermost bins.

    The ends of the support may hold a pile of their own (0 %, 100 %, a cap)."""
    held = np.flatnonzero(bins.counts)
    if len(held) == 0:
        return 0, 0
    low, high = int(held[0]), int(held[-1]) + 1
    if low > 0:
        low += 1
    if high < len(bins.counts):
        high -= 1
    return low, high


def choose_bases(bins: Bins, cuts: Sequence[int], degree: int, half: int, origin: int = 0) -> tuple[int, ...]:
    """Bases of round numbers that the counts heap at, outside the targets' windows, by forward selection.

    A base enters when its quasi-Poisson t statistic exceeds 3.5 in the fit around the first target.
    """
    at = cuts[0]
    zone = _local(bins, at, 2 * half)
    left_out = _mask(len(bins.counts), cuts, max(1, half // 4))
    low, high = _support(bins)
    left_out[:low] = True
    left_out[high:] = True
    chosen: list[int] = []
    candidates = [b for b in BASES if b > bins.width and bins.width * half >= 2 * b and bins.width * 2 <= b * 2]
    columns: dict[int, Floats] = {}
    for base in candidates:
        column = multiples(bins, base, origin)
        kept = column[zone][~left_out[zone]]
        if kept.size and np.ptp(kept) > 0:
            columns[base] = column
    smooth = legendre(np.arange(zone.start, zone.stop, dtype=np.float64), degree)
    offset = None
    if bins.opportunity is not None:
        with np.errstate(divide="ignore"):
            offset = np.log(bins.opportunity[zone])
    for _ in range(3):
        open_ = [base for base in columns if base not in chosen]
        if not open_:
            break
        taken = [columns[b][zone, None] for b in chosen]
        design = np.array([np.concatenate([smooth, *taken, columns[b][zone, None]], axis=1) for b in open_])
        shape = (len(open_), zone.stop - zone.start)
        fits = fit_counterfactuals(
            np.broadcast_to(bins.counts[zone], shape),
            design,
            np.broadcast_to(~left_out[zone], shape),
            offset=None if offset is None else np.broadcast_to(offset, shape),
        )
        best, best_t = 0, 3.5
        for base, fit in zip(open_, fits, strict=True):
            if fit is None:
                continue
            t = float(fit.coefficients[-1]) / float(np.sqrt(fit.dispersion * fit.unscaled[-1, -1]))
            if t > best_t:
                best, best_t = base, t
        if not best:
            break
        chosen.append(best)
    return tuple(chosen)


def _clusters(cuts: Sequence[int], half: int) -> list[list[int]]:
    """Cuts gathered where their fits would overlap: one curve is fitted to each cluster."""
    out: list[list[int]] = []
    for cut in sorted(cuts):
        if out and cut - out[-1][-1] <= 2 * half:
            out[-1].append(cut)
        else:
            out.append([cut])
    return out


def _moved(
    bins: Bins, cuts: Sequence[int], left_out: NDArray[np.bool_], window: int, degree: int, heaps: Floats, half: int
) -> tuple[float, float, float, Counterfactual, slice] | None:
    """Moved mass over the cuts of one cluster, its standard error, values expected below, the curve and its zone."""
    zone = slice(max(0, cuts[0] - half), min(len(bins.counts), cuts[-1] + half))
    if cuts[0] - window < zone.start or cuts[-1] + window >= zone.stop:
        return None
    # a longer stretch needs a more flexible curve
    fit = _fit(bins, zone, left_out, min(10, degree + round((cuts[-1] - cuts[0]) / half)), heaps)
    return None if fit is None else _read_off(bins, cuts, window, heaps, fit, zone)


def _read_off(
    bins: Bins, cuts: Sequence[int], window: int, heaps: Floats, fit: Counterfactual, zone: slice
) -> tuple[float, float, float, Counterfactual, slice] | None:
    """What was moved over the cuts according to a curve; None where too little is expected below them."""
    weights = np.zeros(zone.stop - zone.start)
    below = np.zeros(zone.stop - zone.start, dtype=bool)
    for cut in cuts:
        ours, under = _contrast(zone, cut, window, _heaped(heaps))
        weights += ours
        below |= under
    estimate, se = fit.excess(bins.counts[zone], weights)
    expected_below = float(fit.mean[below].sum())
    if expected_below < _FEWEST * fit.dispersion or not np.isfinite(se) or se <= 0:
        return None
    return estimate, se, expected_below, fit, zone


def scan_bunching(
    bins: Bins,
    cuts: Sequence[int],
    *,
    degree: int = 4,
    windows: Sequence[int] = WINDOWS,
    half: int = HALF,
    bases: tuple[int, ...] | None = None,
    origin: int = 0,
    level: float = 0.95,
) -> Bunching | None:
    """Test whether counts were moved from just below to just above the cuts; evidence is pooled over them.

    For each window (one alone, .4 of their distance, where the cuts stand close together) the counterfactual is
    fitted to the bins outside the windows of all cuts, and the moved mass is the antisymmetric contrast (excess
    above minus excess below) / 2. The same is done at placebo cuts of equal roundness elsewhere; where their z
    values spread more than chance allows, standard errors grow by that factor, so that a curve that does not
    fit widens the interval instead of raising alarms.

    Parameters
    ----------
    bins : counts; values at or above an edge meet the target
    cuts : bin index of the first bin that meets each target
    degree : of the polynomial in the log mean
    bases : round-number bases in grid steps; chosen by `choose_bases` where None
    origin : grid position that counts as zero for roundness

    Returns
    -------
    None where it is not assessable: too few bins or counts on one side, or no converged fit.

    Source
    ------
    Saez 2010; Chetty et al. 2011; Kleven 2016 (excess mass, round-number fixed effects); the scan and the
    placebo scaling are pitprop's own, see DESIGN.md.
    """
    n = len(bins.counts)
    low, high = _support(bins)
    ends = np.zeros(n, dtype=bool)
    ends[:low] = True
    ends[high:] = True
    apart = min((abs(a - b) for i, a in enumerate(cuts) for b in cuts[:i]), default=10 * half)
    if apart <= 2 * half:  # a comb of targets leaves one natural window: nearly up to the next one's
        windows = (max(1, int(0.4 * apart)),)
    usable = [w for w in windows if w <= half // 2]
    cuts = [c for c in cuts if low < c < high]
    if not cuts or not usable:
        return None
    if bases is None:
        bases = choose_bases(bins, cuts, degree, half, origin)
    heaps = np.column_stack([multiples(bins, b, origin) for b in bases]) if bases else np.zeros((n, 0))

    raw: list[tuple[Moved, Counterfactual, slice]] = []
    for window in usable:
        left_out = _mask(n, cuts, window) | ends
        total, variance, below, df, first = 0.0, 0.0, 0.0, 0, None
        for cluster in _clusters(cuts, half):
            one = _moved(bins, cluster, left_out, window, degree, heaps, half)
            if one is None:
                continue
            total += one[0]
            variance += one[1] ** 2
            below += one[2]
            df += one[3].df
            first = first or one
        if first is not None:
            moved = Moved(window=window, moved=total, se=float(np.sqrt(variance)), below=below, df=df)
            raw.append((moved, first[3], first[4]))
    if not raw:
        return None

    placebo_z = {m.window: _placebos(bins, cuts, ends, m.window, degree, heaps, half, bases, origin) for m, _, _ in raw}
    scaled: list[tuple[Moved, Counterfactual, slice]] = []
    for moved, fit, zone in raw:
        spread = _spread(placebo_z[moved.window])
        scaled.append((_inflate(moved, max(1.0, spread)), fit, zone))
    count = len(scaled)
    best, fit, zone = max(scaled, key=lambda item: item[0].interval(level, count)[0])
    p = min(1.0, count * float(stdtr(best.df, -max(m.z for m, _, _ in scaled))))
    z_placebo = placebo_z[best.window]
    spread = _spread(z_placebo)
    rank = None
    if len(z_placebo) >= 5:
        unscaled_z = best.z * max(1.0, spread)
        rank = float((1 + np.sum(z_placebo >= unscaled_z)) / (1 + len(z_placebo)))
    jump, jump_se = _jump(bins, cuts[0], ends, degree, heaps, half)
    return Bunching(
        best=best,
        windows=tuple(m for m, _, _ in scaled),
        p_value=p,
        placebo_spread=spread,
        placebos=len(z_placebo),
        placebo_rank=rank,
        jump=jump,
        jump_se=jump_se,
        degree=degree,
        bases=bases,
        dispersion=fit.dispersion,
        expected=fit.mean,
        expected_first=zone.start,
    )


def _inflate(moved: Moved, factor: float) -> Moved:
    return Moved(window=moved.window, moved=moved.moved, se=moved.se * factor, below=moved.below, df=moved.df)


def _spread(z: Floats) -> float:
    """Root mean square of placebo z values with the two largest sizes winsorised; 1 where there are too few."""
    if len(z) < 5:
        return 1.0
    size = np.sort(np.abs(z))
    cap = size[-3] if len(size) >= 8 else size[-1]
    return float(np.sqrt(np.mean(np.minimum(size, cap) ** 2)))


def _placebos(
    bins: Bins,
    cuts: Sequence[int],
    ends: NDArray[np.bool_],
    window: int,
    degree: int,
    heaps: Floats,
    half: int,
    bases: tuple[int, ...],
    origin: int,
) -> Floats:
    """z at cuts that are no targets, of the same roundness as the first target, shape (placebos,)."""
    n = len(bins.counts)
    target_zone = _mask(n, cuts, window)
    low, high = int(np.flatnonzero(~ends)[0]), int(np.flatnonzero(~ends)[-1]) + 1
    place = bins.first - origin + bins.width * np.arange(n)
    roundness = tuple(bool(place[cuts[0]] % b == 0) for b in bases)
    near = [
        at
        for at in range(low + window + 2, high - window - 1)
        if tuple(bool(place[at] % b == 0) for b in bases) == roundness
        and not target_zone[at - window : at + window + 1].any()
        and bins.counts[at - window : at + window].sum()
        >= 0.25 * bins.counts[cuts[0] - window : cuts[0] + window].sum()
    ]
    if len(near) > _MOST_PLACEBOS:
        near = sorted(near, key=lambda at: abs(at - cuts[0]))[: 3 * _MOST_PLACEBOS]
        near = sorted(near)[:: max(1, len(near) // _MOST_PLACEBOS)]
    zones = [slice(max(0, at - half), min(n, at + half)) for at in near]
    near_zones = [(at, zone) for at, zone in zip(near, zones, strict=True) if at + window < zone.stop]
    asked = [(zone, _mask(n, [at], window) | target_zone | ends) for at, zone in near_zones]
    z = []
    for (at, zone), fit in zip(near_zones, _fits(bins, asked, degree, heaps), strict=True):
        one = None if fit is None else _read_off(bins, [at], window, heaps, fit, zone)
        if one is not None:
            z.append(one[0] / one[1])
    return np.asarray(z, dtype=np.float64)


def _jump(bins: Bins, at: int, ends: NDArray[np.bool_], degree: int, heaps: Floats, half: int) -> tuple[float, float]:
    zone = _local(bins, at, half)
    step = (np.arange(len(bins.counts)) >= at).astype(np.float64)[:, None]
    fit = _fit(bins, zone, ends, degree, np.column_stack([heaps, step]))
    if fit is None:
        return 0.0, float("inf")
    return float(fit.coefficients[-1]), float(np.sqrt(fit.dispersion * fit.unscaled[-1, -1]))
