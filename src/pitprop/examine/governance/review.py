"""Review: has the number an end, or does it only have a beginning?

Why it matters
--------------
A target that was right once stays in force because nobody is due to ask. The longer a number is rewarded, the
more is known about how to reach it without the work.

Looks for
---------
A missing `review_by`, and one that lies before the day of the audit.

Assumes
-------
That a date in the future will be kept.

Blind to
--------
Reviews that only move the date.

Source
------
Meyer and Gupta 1994, "The performance paradox", Research in Organizational Behavior 16:309 (measures lose
their power to tell good from bad as they are used).
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from pitprop.define.metric import Metric
from pitprop.examine.check import Brief, Check
from pitprop.examine.finding import Finding, State
from pitprop.examine.specimen import declared


def run(metric: Metric, brief: Brief) -> Finding:
    """Whether `review_by` is declared and not past."""
    if metric.review_by is None:
        return Finding(
            state=State.SUSPECT,
            says="No date is declared by which it is reviewed.",
            needed="Declare `review_by`: the date by which someone asks whether it is still needed.",
        )
    late = (brief.today - metric.review_by).days
    if late > 0:
        return Finding(
            state=State.SUSPECT,
            says=f"Its review was due on {metric.review_by}, {late} day{'s' if late > 1 else ''} ago.",
            effect=float(late),
            effect_is="days overdue",
            beyond=0.0,
            needed="Review it, then set `review_by` to the next date.",
        )
    return Finding(state=State.CLEAR, says=f"It is to be reviewed by {metric.review_by}.")


def _ahead(rng: np.random.Generator) -> tuple[Metric, Brief]:
    today = date(2027, 1, 1)
    metric = declared(review_by=today + timedelta(days=int(rng.integers(0, 400))))
    return metric, Brief(metric=metric, smallest_effect=0.0, today=today)


def _overdue(rng: np.random.Generator) -> tuple[Metric, Brief]:
    today = date(2027, 1, 1)
    metric = declared(review_by=today - timedelta(days=int(rng.integers(1, 400))))
    return metric, Brief(metric=metric, smallest_effect=0.0, today=today)


def _never(rng: np.random.Generator) -> tuple[Metric, Brief]:
    metric = declared(review_by=None)
    return metric, Brief(metric=metric, smallest_effect=0.0)


CHECK = Check(
    code="PP506",
    title="Is it going to be reviewed?",
    run=run,
    smallest_effect=0.0,
    effect_is="days overdue",
    source="Meyer and Gupta 1994, Research in Organizational Behavior 16:309",
    clear=(_ahead,),
    suspect=(_overdue, _never),
)
