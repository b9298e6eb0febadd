"""Adjusted p-values: how many of many suspicions are to be expected from chance alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def bonferroni(p: ArrayLike) -> Floats:
    """Adjusted p-values min(1, n p): no false rejection at all, whatever the dependence.

    Parameters
    ----------
    p
        p-values, shape (n,).

    Returns
    -------
    Adjusted p-values in the order given, shape (n,).

    Raises
    ------
    ValueError
        If a p-value is missing or outside [0, 1].
    """
    given = _checked(p)
    return np.minimum(1.0, given * len(given))


def holm(p: ArrayLike) -> Floats:
    """Adjusted p-values of Holm's step-down: no false rejection at all, whatever the dependence.

    p~(i) = max_{j<=i} min(1, (n - j + 1) p(j)), with p(1) <= ... <= p(n).

    Parameters
    ----------
    p
        p-values, shape (n,).

    Returns
    -------
    Adjusted p-values in the order given, shape (n,). Rejecting all at or below a keeps the probability of
    any false rejection at or below a.

    Raises
    ------
    ValueError
        If a p-value is missing or outside [0, 1].

    Source
    ------
    Holm 1979, Scandinavian Journal of Statistics 6:65, section 3.
    """
    given = _checked(p)
    order = np.argsort(given, kind="stable")
    steps = given[order] * np.arange(len(given), 0, -1)
    return _restored(np.minimum(1.0, np.maximum.accumulate(steps)), order)


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Adjusted p-values (q-values) of Benjamini and Hochberg: the share of false rejections stays at q.

    p~(i) = min_{j>=i} min(1, n p(j) / j), with p(1) <= ... <= p(n).

    Parameters
    ----------
    p
        p-values, independent or positively dependent (PRDS), shape (n,).

    Returns
    -------
    Adjusted p-values in the order given, shape (n,). Rejecting all at or below q keeps the expected share
    of false rejections among the rejections at or below q.

    Raises
    ------
    ValueError
        If a p-value is missing or outside [0, 1].

    Source
    ------
    Benjamini and Hochberg 1995, JRSS B 57:289, equation (1); positive dependence: Benjamini and Yekutieli
    2001, Annals of Statistics 29:1165, theorem 1.2.
    """
    given = _checked(p)
    order = np.argsort(given, kind="stable")
    steps = given[order] * len(given) / np.arange(1, len(given) + 1)
    return _restored(np.minimum(1.0, np.minimum.accumulate(steps[::-1])[::-1]), order)


def selective(groups: Sequence[ArrayLike]) -> tuple[Floats, ...]:
    """Adjusted p-values for groups of tests, of which only the groups that stand out are looked into.

    Within a group Holm; a group is represented by its smallest Holm-adjusted p-value; over the groups
    Benjamini-Hochberg; within a group that was selected, Holm at the level q R(q) / m, where R(q) of the m
    groups were selected. The q-value of a test is the smallest q at which it is rejected:
    min_r max(Q(r), h m / r), with h its Holm-adjusted p-value and Q(r) the r-th smallest adjusted group
    p-value. For the strongest test of each group that is the group's Benjamini-Hochberg q-value.

    Parameters
    ----------
    groups
        For each group its p-values, shape (n_g,); a group may be empty and then does not count.

    Returns
    -------
    For each group its q-values, in the order given. Rejecting all at or below q keeps the expected average,
    over the groups selected, of the probability of any false rejection at or below q.

    Raises
    ------
    ValueError
        If a p-value is missing or outside [0, 1].

    Source
    ------
    Benjamini and Bogomolov 2014, JRSS B 76:297, theorem 1.
    """
    adjusted = [holm(group) for group in groups]
    heads = np.array([a.min() for a in adjusted if len(a)])
    m = len(heads)
    ladder = np.sort(benjamini_hochberg(heads))
    rungs = m / np.arange(1, m + 1)
    return tuple(
        np.array([min(1.0, float(np.min(np.maximum(ladder, h * rungs)))) for h in a], dtype=np.float64)
        for a in adjusted
    )


def _checked(p: ArrayLike) -> Floats:
    given = np.atleast_1d(np.asarray(p, dtype=np.float64))
    if given.ndim != 1:
        raise ValueError("p-values come as one row of numbers")
    if not bool(np.all((given >= 0) & (given <= 1))):
        raise ValueError("p-values lie between 0 and 1, and none may be missing")
    return given


def _restored(ordered: Floats, order: NDArray[np.intp]) -> Floats:
    out = np.empty_like(ordered)
    out[order] = ordered
    return out
