"""Honest worlds: nothing in them was gamed, and the number stands for what it is said to stand for."""

from __future__ import annotations

from benchmarks.calibration.organisation import Organisation

SIZES: dict[str, tuple[int, int]] = {"small": (8, 12), "usual": (40, 24), "single": (1, 48), "large": (120, 24)}
"""(units, monthly periods)."""

NOISE = ("reliability", "rankability", "process")
"""Checks of noise: where there is much of it they are right."""

WORLDS: tuple[Organisation, ...] = (
    Organisation(name="normal", says="averages of normal rows, a target for each row", target="row"),
    Organisation(name="lognormal", says="totals of skewed rows, their number by chance", kind="sum", family="lognormal",
                 rows=60, between=2.2),
    Organisation(name="poisson", says="averages of counts", family="poisson", target="row"),
    Organisation(name="counts", says="numbers of cases", kind="count", between=2.0),
    Organisation(name="rare counts", says="few cases a month", kind="count", rows=4, between=1.5,
                 rightly=NOISE),
    Organisation(name="share", says="share of rows that reach a value", kind="share", rows=40, within=0.15, aim=0.0),
    Organisation(name="ratio", says="ratio of counts", kind="ratio"),
    Organisation(name="honest rounding", says="rows recorded to 5", grain=5.0, target="row", aim=0.5),
    Organisation(name="round target", says="a third of rows rounded to tens, target 70", lazy=0.3, target="row",
                 aim=1.0, rightly=("heaping",)),
    Organisation(
        name="season and memory", says="AR(1) of 0.6, a season, shocks to all", rho=0.6, season=0.4, common=0.2, lag=1
    ),
    Organisation(
        name="unlike units",
        says="levels, trends and spreads of their own, a skewed number",
        family="lognormal",
        between=1.8,
        own_trend=0.3,
        own_spread=0.4,
        rho=0.3,
    ),
    Organisation(
        name="honest improvement", says="the work gets better under the target", improvement=0.5, target="row", rho=0.3
    ),
    Organisation(
        name="improvement with comparison",
        says="the same, a third of the units under no target",
        improvement=0.5,
        exempt=0.33,
        target="quota",
        common=0.2,
        rho=0.3,
    ),
    Organisation(name="decline", says="everything slowly gets worse, before and after", trend=-0.5, rho=0.3),
    Organisation(
        name="growing quotas", says="each unit's round quota, raised yearly whatever was reached", target="growing",
        kind="sum", family="lognormal", rows=60, between=2.2, rho=0.3,
    ),
    Organisation(name="gaps", says="3% of the cells missing, units open and close",
                 missing=0.03, openings=0.3, between=1.8),
    Organisation(
        name="waiting times", says="skewed, less is better", family="lognormal", lower_is_better=True, target="row",
        aim=-0.1, rho=0.3,
    ),
    Organisation(
        name="month end", says="all work, judged or not, is done at the end of the month (billing, declared)",
        kind="sum", family="lognormal", rows=60, between=2.2, month_end=1.0, alternatives=("billing_cycle",),
    ),
    Organisation(
        name="declared change", says="the number is counted anew from a declared day on", step=0.6, season=0.2, rho=0.3
    ),
    Organisation(name="drifting mix", says="the risk groups shift slowly, before and after", drift=0.4, target="row"),
)  # fmt: skip


ALONE = ("normal", "counts", "season and memory", "honest improvement", "decline")
"""Worlds of which a single unit is drawn, too."""


def applies(world: Organisation, size: str) -> bool:
    """Whether honest data of that size are drawn; large data only where something was gamed."""
    return size in ("small", "usual") or (size == "single" and world.name in ALONE)
