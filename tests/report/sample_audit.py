"""Audits built by hand: every ruling, state and kind of figure, and texts that mean harm."""

from __future__ import annotations

import dataclasses
import math
from datetime import date
from typing import Any

from pitprop.define.metric import Metric
from pitprop.digest.rows import Rows
from pitprop.examine.figure import Figure, Histogram, Interval, Intervals, Line, Series
from pitprop.examine.finding import Finding, State
from pitprop.judge.policy import Policy
from pitprop.judge.verdict import Ruling, Verdict
from pitprop.report.audit import Audit

MONTHS = tuple(f"{year}-{month:02d}-01" for year in (2021, 2022, 2023) for month in range(1, 13))


def histogram(**changes: Any) -> Histogram:
    """Coal loaded per shift, with a pile at the quota of 7 t."""
    left = tuple(round(4 + 0.1 * i, 1) for i in range(60))
    smooth = [400 * math.exp(-((x - 6.8) ** 2) / 1.6) for x in left]
    observed = [
        round(y * (0.45 if 6.6 <= x < 7.0 else 1)) + (260 if x == 7.0 else 90 if x == 7.1 else 0)
        for x, y in zip(left, smooth, strict=True)
    ]
    given: dict[str, Any] = {
        "title": "Shifts by coal loaded, against what the neighbouring values lead one to expect",
        "x_is": "Coal loaded in a shift, tonnes",
        "left": left,
        "width": 0.1,
        "observed": tuple(float(y) for y in observed),
        "expected": tuple(smooth),
        "target": 7.0,
        "shaded": (6.6, 7.2),
    }
    return Histogram(**given | changes)


def process_chart(**changes: Any) -> Series:
    """Thirty-six months, two of which stand out."""
    y = tuple(6.5 + 0.25 * math.sin(i * 1.7) + (0.7 if i >= 20 else 0) for i in range(36))
    given: dict[str, Any] = {
        "title": "Tonnes per shift, month by month, with natural limits",
        "y_is": "Tonnes per shift",
        "lines": (
            Line(
                name="tonnes per shift",
                x=MONTHS,
                y=(*y[:30], None, *y[31:]),
                flagged=tuple(i in (20, 27) for i in range(36)),
            ),
        ),
        "events": (("2022-09-01", "target in force"),),
        "levels": (
            (6.78, "mean"),
            (7.6, "upper natural limit"),
            (5.9, "lower natural limit"),
            (7.0, "target"),
        ),
    }
    return Series(**given | changes)


def before_and_after(**changes: Any) -> Series:
    """Two lines with bands over quarters that are not dates."""
    x = tuple(f"Q{q} {year}" for year in range(2019, 2024) for q in range(1, 5))
    judged = tuple(0.8 - 0.02 * i for i in range(20))
    others = tuple(0.8 - 0.002 * i for i in range(20))
    given: dict[str, Any] = {
        "title": "How closely the outcome follows the number, with and without the target",
        "y_is": "Slope of the outcome on the number",
        "lines": (
            Line(
                name="with the target",
                x=x,
                y=judged,
                lower=tuple(v - 0.08 for v in judged),
                upper=tuple(v + 0.08 for v in judged),
            ),
            Line(name="without", x=x, y=others),
        ),
        "events": (("Q1 2021", "target in force"),),
        "levels": ((0.0, "no relation"),),
    }
    return Series(**given | changes)


def ranks(count: int = 12, **changes: Any) -> Intervals:
    """A league table whose ranks mostly overlap."""
    rows = tuple(
        Interval(
            label=f"Crew {i + 1}" + (" of the long western gallery" if i % 5 == 0 else ""),
            estimate=float(i + 1),
            lower=max(1.0, i + 1 - count * 0.3),
            upper=min(float(count), i + 1 + count * 0.35),
            emphasis=i in (0, count - 1),
        )
        for i in range(count)
    )
    given: dict[str, Any] = {
        "title": "Ranks that the data are compatible with",
        "x_is": "Rank (1 is best)",
        "rows": rows,
        "reference": count / 2,
        "reference_is": "middle of the table",
    }
    return Intervals(**given | changes)


def forecasts() -> Intervals:
    """Three rows whose names are sentences."""
    return Intervals(
        title="How much of coal_delivered is forecast, without and with Reports filed",
        x_is="share of variance explained out of sample (95% interval)",
        rows=(
            Interval(label="from the past of coal_delivered alone", estimate=0.41, lower=0.31, upper=0.52),
            Interval(label="from its past and Reports filed", estimate=0.411, lower=0.31, upper=0.521),
            Interval(
                label="what Reports filed adds, of what was left, in other quarters than those seen",
                estimate=-0.0003,
                lower=-0.004,
                upper=0.0031,
                emphasis=True,
            ),
        ),
        reference=0.01,
        reference_is="smallest addition that matters",
    )


def finding(check: str, state: State, says: str, **given: Any) -> Finding:
    families = {"1": "distorted_data", "2": "distorted_work", "3": "noise", "4": "worth", "5": "governance"}
    code = str(given.pop("code", "PP101"))
    return Finding(check=check, state=state, says=says, code=code, family=families[code[2]], **given)


def metric(name: str, **given: Any) -> Metric:
    shape: dict[str, Any] = {
        "name": name,
        "type": "simple",
        "source": "shifts",
        "agg": "average",
        "expr": "tonnes",
        "improvement_direction": "increase",
    }
    return Metric(**shape | given)


def verdict(subject: Metric, ruling: Ruling, **given: Any) -> Verdict:
    shape: dict[str, Any] = {
        "because": (),
        "remedy": "",
        "would_change": (),
        "findings": (),
        "rows": None,
        "trend": None,
        "definition_hash": "9f2c1e77aa01b4d2c5e6",
        "data_fingerprint": "1b7f00e2d3c4a5968778",
    }
    return Verdict(metric=subject, ruling=ruling, **shape | given)


def trend(values: tuple[float | None, ...], levels: tuple[tuple[float, str], ...] = ()) -> Series:
    x = MONTHS[: len(values)]
    return Series(title="trend", y_is="", lines=(Line(name="all", x=x, y=values),), levels=levels)


def bunching(figure: Figure | None = None) -> Finding:
    return finding(
        "bunching",
        State.SUSPECT,
        "Pattern consistent with near misses being moved over the target: 31% of the shifts expected just"
        " below 7.0 t appear just above it.",
        effect=0.312,
        effect_is="share of near misses moved over the target",
        interval=(0.281, 0.343),
        beyond=0.02,
        p_value=1e-30,
        q_value=4e-29,
        n=20_000,
        grade="C",
        innocent=("a piece rate that starts at the same value",),
        ruled_out=("rounding to half tonnes", "a pile at every whole number"),
        figure=figure or histogram(),
        data={"window": [6.6, 7.2]},
    )


def sample() -> Audit:
    """One metric for each ruling, and one whose data could not be had."""
    quota = verdict(
        metric(
            "tonnes_per_shift",
            label="Tonnes per shift",
            description="Coal that reaches the main road, per man and shift, weighed at the gate.",
            purpose="Plan haulage and manning",
            decision="How many crews next month",
            owner={"name": "Mine office", "email": "office@example.org"},
            targets=[{"op": "gte", "value": 7.0, "since": "2022-09-01", "stakes": "bonus"}],
            review_by=date(2027, 6, 30),
            unit="t",
        ),
        Ruling.CHALLENGE,
        because=(
            "Pattern consistent with near misses being moved over the target of 7.0 t: 31% of them.",
            "Injuries rose by 14% after the target came into force, more than the declared margin of 5%.",
        ),
        remedy="Keep the number as a diagnostic, drop the target, and look again after three months.",
        would_change=(
            "Three months without the target in which the pile at 7.0 t stays.",
            "A weighbridge record for the shifts just above the target.",
        ),
        findings=(
            bunching(),
            finding(
                "heaping",
                State.CLEAR,
                "Values lie on multiples of 0.5 t no more often than their neighbours lead one to expect.",
                code="PP102",
                effect=0.002,
                effect_is="excess share at multiples of 0.5",
                interval=(-0.004, 0.008),
                beyond=0.02,
                p_value=0.41,
                q_value=0.6,
                n=20_000,
                grade="D",
            ),
            finding(
                "guardrail",
                State.SUSPECT,
                "Injuries per 1,000 shifts rose by 14% after the target, more than the 5% declared.",
                code="PP201",
                effect=0.14,
                effect_is="relative worsening of injury_rate",
                interval=(0.071, 0.213),
                beyond=0.05,
                p_value=0.0004,
                q_value=0.003,
                n=1_152,
                grade="B",
                innocent=("a new seam was opened in the same month",),
                figure=before_and_after(),
            ),
            finding(
                "process_behaviour",
                State.INCONCLUSIVE,
                "Two of 36 months lie outside the natural limits.",
                code="PP303",
                effect=2.0,
                effect_is="months that stand out",
                n=36,
                grade="D",
                needed="twelve more months",
                waived="scale was recalibrated in September 2022 (office@example.org, until 2027-01-31)",
                figure=process_chart(),
            ),
            finding(
                "rankability",
                State.INCONCLUSIVE,
                "Most crews cannot be told apart: the median crew's rank lies anywhere between 2 and 11.",
                code="PP302",
                effect=0.38,
                effect_is="share of pairs that can be told apart",
                interval=(0.22, 0.51),
                beyond=0.5,
                n=12,
                grade="C",
                needed="four times as many shifts for each crew",
                figure=ranks(),
            ),
            finding(
                "predictive",
                State.NOT_APPLICABLE,
                "No outcome is declared.",
                code="PP401",
                needed="declare `outcome`",
            ),
            finding(
                "decoupling",
                State.NOT_APPLICABLE,
                "No outcome is declared.",
                code="PP202",
                needed="declare `outcome`",
            ),
            finding("cost", State.NOT_APPLICABLE, "No worth of a better decision is declared.", code="PP402"),
        ),
        rows=Rows(kept=20_000, filtered=412, null=31, not_finite=2, no_time=5),
        trend=trend(tuple(6.5 + 0.25 * math.sin(i * 1.7) + (0.7 if i >= 20 else 0) for i in range(36))),
        cost_per_year=(1080.0, 1080.0),
        currency="EUR",
    )
    discarded = verdict(
        metric(
            "reports_filed",
            label="Reports filed",
            owner={"name": "Head office"},
            review_by=date(2026, 12, 31),
        ),
        Ruling.DISCARD,
        because=("It foretells nothing about coal delivered, and costs more than it is worth.",),
        remedy="Stop collecting it at the end of the quarter.",
        would_change=("An outcome that it foretells out of sample.",),
        findings=(
            finding(
                "predictive",
                State.SUSPECT,
                "Knowing it does not help to foretell coal delivered.",
                code="PP401",
                effect=-0.0003,
                effect_is="gain in out-of-sample R²",
                interval=(-0.004, 0.0031),
                beyond=0.01,
                n=432,
                grade="B",
                figure=forecasts(),
            ),
            finding(
                "rankability",
                State.CLEAR,
                "Districts can be told apart.",
                code="PP302",
                n=432,
                figure=ranks(140, title="Contribution of each of 140 districts", reference=None),
            ),
        ),
        rows=Rows(kept=432),
        trend=trend((3.0, 4.0, None, 4.0, 5.0, 5.5)),
        cost_per_year=(500.0, 1200.0),
        currency="EUR",
    )
    kept = verdict(
        metric(
            "injury_rate",
            label="Injuries per 1,000 shifts",
            improvement_direction="decrease",
            owner={"name": "Safety"},
        ),
        Ruling.KEEP,
        because=("It foretells lost days, its guardrails hold and it is reliable enough for its use.",),
        findings=(
            finding(
                "reliability",
                State.CLEAR,
                "82% of the differences between crews is signal.",
                code="PP301",
                effect=0.82,
                effect_is="signal share of variance",
                interval=(0.76, 0.87),
                beyond=0.7,
                n=1_152,
                grade="C",
            ),
        ),
        rows=Rows(kept=1_152, filtered=0),
        trend=trend((12.0, 11.0, 11.5, 9.0, 8.5, 8.0), levels=((10.0, "target"),)),
    )
    open_question = verdict(
        metric("ponies_per_gallery", purpose="Feed and stable enough ponies"),
        Ruling.UNDECIDED,
        because=("Nothing is suspect, but no outcome is declared, so its value is not shown.",),
        remedy="Declare the outcome it stands for.",
        would_change=("An `outcome`, and twelve months of it.",),
        findings=(
            finding(
                "heaping",
                State.CLEAR,
                "No heaping.",
                code="PP102",
                n=96,
                grade="D",
                effect=0.0,
                interval=(-0.01, math.inf),
            ),
        ),
    )
    unread = verdict(
        metric("lamps_lit"),
        Ruling.UNDECIDED,
        because=("The data could not be had.",),
        problem="data/lamps.csv: there is no such file; put it there or change `sources.lamps.path`.",
        remedy="Declare the outcome it stands for.",
    )
    return Audit(
        version="0.1.0",
        register="pitprop.yml",
        policy=Policy(effects={"bunching": 0.02}),
        verdicts=(quota, discarded, kept, open_question, unread),
        portfolio=(
            finding(
                "concentration",
                State.INCONCLUSIVE,
                "Two of the three targets with a bonus rest on the same number.",
                code="PP506",
                effect=0.67,
                effect_is="share of the stakes on one number",
                beyond=0.5,
                n=3,
                needed="declare what hangs on the other targets",
            ),
        ),
    )


HOSTILE = (
    "<script>window.pwned=1;alert(1)</script>",
    "</svg><img src=x onerror=alert(1)>",
    "\"><a href='javascript:alert(1)'>x</a>",
    '=HYPERLINK("http://evil.example","x")',
    "datum.x; (function(){alert(1)})()",
    "{{ 7 * 7 }}{% raw %}{#",
    "|a|b|\n# heading\n- [x](http://evil.example) ![y](http://evil.example/y.png) `code` <b>",
    "\x1b[31mred\x1b[0m\x00\u202egnorw\ud800",
    "]]><style>body{display:none}</style><!--",
    "-- @cmd|' /C calc'!A0",
)
"""Texts that would do harm in one of the formats."""


def hostile() -> Audit:
    """The sample with a hostile text in every string that comes from outside."""
    place = 0

    def spoiled(value: Any) -> Any:
        nonlocal place
        if isinstance(value, str):
            place += 1
            return HOSTILE[place % len(HOSTILE)] + f" {value}"
        if isinstance(value, tuple):
            return tuple(spoiled(held) for held in value)
        if isinstance(value, dict):
            return {spoiled(key): spoiled(held) for key, held in value.items()}
        if isinstance(value, Metric):
            owner = (
                value.owner.model_copy(update={"name": spoiled("owner"), "email": spoiled("mail")})
                if value.owner
                else None
            )
            words = {name: spoiled(getattr(value, name)) for name in ("label", "description", "purpose", "decision")}
            return value.model_copy(update=words | {"owner": owner})
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fixed = {"code", "grade", "family"}
            given = {
                f.name: spoiled(getattr(value, f.name))
                for f in dataclasses.fields(value)
                if f.init and f.name not in fixed
            }
            return dataclasses.replace(value, **given)
        return value

    spoilt: Audit = spoiled(sample())
    return spoilt
