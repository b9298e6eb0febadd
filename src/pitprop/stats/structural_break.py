"""Structural break: whether, and when, the coefficients of a regression change at a date that nobody named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

Floats = NDArray[np.float64]

# Hansen (1997), table of the approximate p-value of supF: P(chi2 with `df` degrees of freedom > b0 + b1 supF), one row
# for each trimming 0.49, 0.47, ..., 0.01, for 1, 2 and 3 coefficients that may change.
_B0 = (
    (
        *(-0.0648467, -0.15305667, -0.23071675, -0.29247661, -0.35706588, -0.40514715, -0.45248386, -0.50458517),
        *(-0.55009159, -0.60241623, -0.64308746, -0.68833676, -0.73136161, -0.78078198, -0.82894221, -0.88430133),
        *(-0.9499265, -0.98828874, -1.04892713, -1.11527783, -1.14992644, -1.24010871, -1.38522113, -1.48296473),
        -1.78738608,
    ),
    (
        *(-0.03933112, -0.14650989, -0.28765583, -0.35528752, -0.49538961, -0.58780544, -0.66900489, -0.77825803),
        *(-0.87260977, -0.96782445, -1.07358977, -1.12531079, -1.16041007, -1.2975797, -1.36743697, -1.43012785),
        *(-1.53311747, -1.65273586, -1.79350728, -1.9117747, -2.02659329, -2.18499383, -2.3765858, -2.51267262),
        -3.05559851,
    ),
    (
        *(-0.1250856, -0.27323021, -0.43148524, -0.48172245, -0.6898932, -0.7928579, -0.85066146, -1.06133796),
        *(-1.11977435, -1.20203015, -1.28736105, -1.45874969, -1.60889159, -1.64346161, -1.68334797, -1.81974576),
        *(-2.02648892, -2.04820499, -2.3230492, -2.59516448, -2.79776102, -3.03865047, -3.31299004, -3.65667229),
        -4.09174097,
    ),
)
_B1 = (
    (
        *(0.99671156, 0.96757645, 0.95825013, 0.95715782, 0.95237505, 0.96055795, 0.95810999, 0.96149538),
        *(0.96684273, 0.96518399, 0.97354902, 0.97829106, 0.9820687, 0.99475319, 1.00023473, 1.00162529),
        *(1.00384268, 1.01604712, 1.02570939, 1.03526033, 1.06643436, 1.06929468, 1.06808543, 1.1283969),
        1.17220925,
    ),
    (
        *(0.99525784, 0.9938654, 0.98139359, 0.9942739, 0.96923268, 0.97339124, 0.97444133, 0.96678414),
        *(0.97626434, 0.97636983, 0.97407744, 0.99897105, 1.01629918, 1.015268, 1.03004743, 1.05139461),
        *(1.05280599, 1.05932633, 1.04936541, 1.0588459, 1.07200268, 1.08674781, 1.11342895, 1.15305027),
        1.17629253,
    ),
    (
        *(0.98151496, 0.98324873, 0.98336371, 1.00450689, 0.99692978, 1.00417536, 1.01852003, 1.00719185),
        *(1.03046019, 1.03885443, 1.04597379, 1.03549948, 1.03374376, 1.06767681, 1.09676432, 1.10216977),
        *(1.0962988, 1.13491785, 1.12030935, 1.09122076, 1.09109337, 1.09037434, 1.10476754, 1.13355758),
        1.21034051,
    ),
)
_DF = (
    (
        *(1.2573241, 1.43651315, 1.56531261, 1.68851898, 1.77889686, 1.89761322, 1.98370422, 2.07086519),
        *(2.17244338, 2.23509053, 2.33722161, 2.42776524, 2.50833918, 2.6209551, 2.70286643, 2.77835798),
        *(2.84325795, 2.96752918, 3.08442682, 3.19770394, 3.44739573, 3.54993605, 3.61667211, 4.07202473),
        4.4726701,
    ),
    (
        *(2.44239332, 2.78837829, 2.93724618, 3.18187129, 3.19484388, 3.32763253, 3.44170617, 3.48652761),
        *(3.61709836, 3.6779502, 3.71945379, 3.95114475, 4.14932643, 4.17103882, 4.3223804, 4.53836755),
        *(4.61175851, 4.69340428, 4.68380985, 4.8073354, 4.97772701, 5.14231666, 5.40268693, 5.88573096),
        6.11067794,
    ),
    (
        *(3.43036267, 3.83943122, 4.07662685, 4.44796533, 4.49665381, 4.69772537, 4.95584784, 4.90812703),
        *(5.20741484, 5.3693925, 5.52416853, 5.4888527, 5.50958245, 5.89426861, 6.23634969, 6.34122715),
        *(6.29077373, 6.75208304, 6.59886028, 6.32294425, 6.35576003, 6.37212114, 6.5282289, 6.84167661),
        7.79013953,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SupF:
    """The F statistics of a break at each possible date, and what is made of them."""

    sup: float
    ave: float
    exp: float
    """log of the mean of exp(F / 2)."""
    last_before: int
    """Index of the last observation before the likeliest break."""
    f: Floats
    """One statistic for each candidate, shape (candidates,)."""
    p_value: float
    """Of `sup` under independent errors, by Hansen's approximation; not where more than three coefficients change."""


def sup_f(y: Floats, x: Floats | None = None, *, trim: float = 0.15) -> SupF:
    """Do the coefficients of y on x change at some date, if errors are independent and equally noisy?

    Parameters
    ----------
    y
        In order of time, shape (n,).
    x
        Regressors with their constant, shape (n, k), k at most 3; a constant where omitted.
    trim
        Share of the observations before the first and after the last possible break.

    Raises
    ------
    ValueError
        Too few observations for a break.

    Source
    ------
    Andrews (1993), Econometrica 61:821 (Wald form): F = (RSS - ESS) / (ESS / (n - 2 k)); Andrews and
    Ploberger (1994), Econometrica 62:1383 (ave, exp); p-value: Hansen (1997), JBES 15:60.
    """
    y = np.asarray(y, dtype=np.float64)
    x = np.ones((len(y), 1)) if x is None else np.asarray(x, dtype=np.float64)
    n, k = x.shape
    first = int(np.floor(trim * n + 1e-9))
    if first < k + 1 or n - first < first:
        raise ValueError("too few observations for a break")
    before = _prefix_rss(y, x)
    behind = _prefix_rss(y[::-1], x[::-1])[::-1]
    last = np.arange(first - 1, n - first)
    split = before[last] + behind[last + 1]
    f = (before[-1] - split) / (split / (n - 2 * k))
    top = float(f.max())
    return SupF(
        sup=top,
        ave=float(f.mean()),
        exp=float(np.log(np.mean(np.exp((f - top) / 2))) + top / 2),
        last_before=int(last[f.argmax()]),
        f=f,
        p_value=hansen_p(top, coefficients=k, trim=first / n),
    )


def hansen_p(sup: float, *, coefficients: int = 1, trim: float = 0.15) -> float:
    """Asymptotic p-value of a supF statistic.

    Parameters
    ----------
    sup
        The statistic, at least 0.
    coefficients
        How many may change: 1, 2 or 3.
    trim
        Share of the observations at either end without a break, in (0, 0.5).

    Raises
    ------
    ValueError
        For another number of coefficients or another trimming.

    Source
    ------
    Hansen (1997), Approximate Asymptotic P Values for Structural-Change Tests, JBES 15:60; between two
    trimmings of the table p-values are interpolated linearly.
    """
    if not 1 <= coefficients <= len(_DF) or not 0 < trim < 0.5:
        raise ValueError("the table covers one to three coefficients and a trimming between 0 and 0.5")
    b0, b1, df = (np.array(t[coefficients - 1]) for t in (_B0, _B1, _DF))
    at = np.maximum(b0 + b1 * sup, 0.0)
    p = chdtrc(df, at)
    place = float(np.clip((0.49 - trim) * 50, 0.0, 24.0))
    low = int(np.floor(place))
    high = min(low + 1, 24)
    return float(np.clip((1 - place + low) * p[low] + (place - low) * p[high], 0.0, 1.0))


def _prefix_rss(y: Floats, x: Floats) -> Floats:
    """Residual sum of squares over the first 1, 2, ... observations, by recursive residuals; shape (n,)."""
    n, k = x.shape
    out = np.zeros(n)
    if k == 1 and bool(np.all(x == x[0])):
        d, count = y - y.mean(), np.arange(1, n + 1)
        mean = np.cumsum(d) / count
        step = np.r_[0.0, (d[1:] - mean[:-1]) ** 2 * count[:-1] / count[1:]]
        return np.cumsum(step)
    for end in range(k + 1, n + 1):
        beta = np.linalg.lstsq(x[:end], y[:end], rcond=None)[0]
        left = y[:end] - x[:end] @ beta
        out[end - 1] = float(left @ left)
    return out
