"""Proportion difference: how far apart two shares may be, from their counts."""

from __future__ import annotations

from math import sqrt

from scipy.special import ndtri


def score_interval(*, hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of one share, (lower, upper) within [0, 1].

    Raises
    ------
    ValueError
        Unless 0 <= hits <= n, n > 0 and 0 < level < 1.

    Source
    ------
    Wilson (1927), J. Am. Stat. Assoc. 22:209.
    """
    if not (0 <= hits <= n and n > 0 and 0 < level < 1):
        raise ValueError(f"a share needs 0 <= hits <= n, n > 0 and a level in (0, 1), not {hits}, {n}, {level}")
    z = float(ndtri(0.5 + level / 2))
    p = hits / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def proportion_difference(
    *, hits: int, n: int, other_hits: int, other_n: int, level: float = 0.95
) -> tuple[float, float]:
    """Interval of the difference of two independent shares, hits/n - other_hits/other_n, in [-1, 1].

    Raises
    ------
    ValueError
        Unless 0 <= hits <= n and n > 0 for both, and 0 < level < 1.

    Source
    ------
    Newcombe (1998), Stat. Med. 17:873, method 10 (hybrid score): 56/70 - 48/80 -> (.0524, .3339).
    """
    l1, u1 = score_interval(hits=hits, n=n, level=level)
    l2, u2 = score_interval(hits=other_hits, n=other_n, level=level)
    p1, p2 = hits / n, other_hits / other_n
    return (
        p1 - p2 - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2),
        p1 - p2 + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2),
    )
