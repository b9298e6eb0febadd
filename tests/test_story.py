"""One metric from end to end, its output compared word for word."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pitprop

REGISTER = Path(__file__).parents[1] / "examples" / "public" / "pitprop.yml"

STORY = """\
! challenge  fandango_stars (Fandango stars against the rating behind them): Of 212 values, 189 were
             rounded up, 0 down and 23 needed no rounding; to the nearest 0.5 about as many go down
             as up.
             ▲ suspect bunching: [1 (0.961 to 1); matters beyond 0.02; n 212; q <0.001; grade C]
             ▲ declaration incomplete: outcome, counter metric, review
             next: Keep it as a diagnostic and drop the target: gaming indicts the target, not the
               metric.
"""


def test_stars_that_are_always_rounded_up_are_told_like_this() -> None:
    audit = pitprop.audit(REGISTER, select=("name:fandango_stars",), today=date(2026, 11, 23))
    told = audit.render("text")
    assert "1 metric: 0 discard, 1 challenge, 0 undecided, 0 keep" in told.splitlines()[0]
    assert STORY in told
