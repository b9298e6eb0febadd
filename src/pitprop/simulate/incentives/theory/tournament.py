"""Tournament: the best k of n win a prize. How hard everybody tries, and whether that is an equilibrium at all."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pitprop.simulate.incentives.theory.arguments import Floats, positive, whole
from pitprop.simulate.incentives.theory.quadrature import integral

Density = Callable[[Floats], Floats]

PIECES = (-8.0, -4.0, -2.0, 0.0, 2.0, 4.0, 8.0)
"""In which the quadrature over luck is begun, in units of its scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tournament:
    """The symmetric candidate, and the check of it."""

    effort: float
    """Of everybody, where the condition of first order holds."""
    utility: float
    """Expected prize less the cost of effort."""
    deviation: float
    """Effort that would be best for one, the others staying."""
    residual: float
    """What it would bring above `utility`; at most rounding in an equilibrium."""
    equilibrium: bool
    """Whether nobody gains by deviating. If False, no symmetric pure equilibrium exists: with little luck, somebody
    always outbids or drops out."""


def normal_tournament(
    *, prize: float, cost: float, contestants: int, winners: int = 1, noise: float = 1.0
) -> Tournament:
    """The tournament with normal luck of standard deviation s; of two, mu* = W/(2 c s sqrt(pi)).

    Parameters and source as in `tournament`.
    """
    from scipy.special import ndtr

    s = float(positive("noise", noise))
    return tournament(
        prize=prize,
        cost=cost,
        contestants=contestants,
        winners=winners,
        pdf=lambda x: np.exp(-((x / s) ** 2) / 2) / (s * math.sqrt(2 * math.pi)),
        cdf=lambda x: np.asarray(ndtr(x / s)),
        support=(-40 * s, 40 * s),
        scale=s,
    )


def tournament(
    *,
    prize: float,
    cost: float,
    contestants: int,
    winners: int = 1,
    pdf: Density,
    cdf: Density,
    support: tuple[float, float] = (-math.inf, math.inf),
    scale: float = 1.0,
) -> Tournament:
    """How hard does everybody try where the best k of n win?

    mu* = (W/c) (n - 1) C(n - 2, k - 1) integral of F^(n-1-k) (1 - F)^(k-1) f^2: the chance that one's luck decides.
    Against effort mu* of the others, somebody with effort mu wins with the chance
    E I_{F(mu - mu* + e)}(n - k, k), I the incomplete beta function; its best mu is looked for over the whole range.

    Parameters
    ----------
    prize, cost
        W > 0 between winning and losing; effort costs c mu^2/2.
    contestants, winners
        n >= 2 and 1 <= k < n.
    pdf, cdf
        f and F of luck, the same for all and independent, taking and giving arrays.
    support
        Where f is above 0.
    scale
        Typical size of luck, which only helps the quadrature.

    Raises
    ------
    ValueError
        Where k is not below n, an argument is out of its range, or `pdf` and `cdf` are not of one law of luck.

    Source
    ------
    Lazear and Rosen (1981), Journal of Political Economy 89:841, for n = 2; k of n by order statistics.
    """
    from scipy.special import betainc

    W, c, n, k = _checked(prize, cost, contestants, winners)
    unit = float(positive("scale", scale))
    ends = (support[0] / unit, support[1] / unit)
    _check_luck(pdf, cdf, unit, ends)

    def decides(z: float) -> Floats:
        x = np.asarray(unit * z)
        F = cdf(x)
        return np.asarray(F ** (n - 1 - k) * (1 - F) ** (k - 1) * (unit * pdf(x)) ** 2)

    def chance(lead: Floats) -> Floats:
        def wins(z: float) -> Floats:
            # beyond its support, luck has the distribution function 0 or 1
            beats = np.clip(cdf(unit * np.clip(lead / unit + z, *ends)), 0.0, 1.0)
            return np.asarray(unit * pdf(np.asarray(unit * z)) * betainc(n - k, k, beats))

        return integral(wins, *ends, points=PIECES)

    effort = W / c * (n - 1) * math.comb(n - 2, k - 1) * float(integral(decides, *ends, points=PIECES)) / unit
    return _checked_against(
        effort, lambda mu: np.asarray(W * chance(mu - effort) - c * mu**2 / 2), max(math.sqrt(2 * W / c), effort), W
    )


def _check_luck(pdf: Density, cdf: Density, unit: float, ends: tuple[float, float]) -> None:
    """Whether f integrates to 1, and F f to 1/2, as the quadrature sees it."""

    def both(z: float) -> Floats:
        x = np.asarray(unit * z)
        return np.asarray([unit * pdf(x), unit * pdf(x) * cdf(x)])

    whole_of, half = integral(both, *ends, points=PIECES)
    if abs(whole_of - 1) > 1e-6 or abs(half - 0.5) > 1e-6:
        raise ValueError(
            f"pdf: over the support it sums to {whole_of:.6g} (1 is needed), and with cdf to {half:.6g} (0.5 is "
            "needed); mend the support or the scale, or give functions of one law"
        )


def _checked_against(effort: float, gain: Density, most: float, prize: float) -> Tournament:
    """The candidate, and the best deviation from it between 0 and the most that anybody could want to do."""
    from scipy.optimize import minimize_scalar

    grid = np.linspace(0, most, 401)
    at = int(np.argmax(gain(grid)))
    near = minimize_scalar(
        lambda mu: -float(gain(np.array([mu]))[0]),
        bounds=(float(grid[max(at - 1, 0)]), float(grid[min(at + 1, 400)])),
        method="bounded",
        options={"xatol": 1e-9 * most},
    )
    trial = np.array([effort, float(near.x), grid[at]])
    found = gain(trial)
    best = int(np.argmax(found))
    residual = float(found[best] - found[0])
    return Tournament(
        effort=effort,
        utility=float(found[0]),
        deviation=float(trial[best]),
        residual=residual,
        equilibrium=residual <= 1e-7 * prize,
    )


def _checked(prize: float, cost: float, contestants: int, winners: int) -> tuple[float, float, int, int]:
    W, c = float(positive("prize", prize)), float(positive("cost", cost))
    n, k = int(whole("contestants", contestants, least=2)), int(whole("winners", winners, least=1))
    if k >= n:
        raise ValueError(f"winners: fewer than the {n} contestants are needed, or nobody has to try; not {k}")
    return W, c, n, k
