"""Words and symbols for states, rulings and numbers: the same in every format."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pitprop.examine.finding import Finding, State
from pitprop.judge.verdict import Ruling, Verdict
from pitprop.report.plain import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """How a ruling or state is shown: always a symbol and a word, never a colour alone."""

    word: str
    symbol: str
    ascii: str
    """The symbol where only ASCII can be written."""
    means: str


RULINGS: Mapping[Ruling, Sign] = MappingProxyType(
    {
        Ruling.DISCARD: Sign(
            word="discard",
            symbol="✗",
            ascii="x",
            means="There is positive evidence that the number fails to measure real success, harms something"
            " that was to be protected, is worth less than it costs, or is noise that no pooling cures.",
        ),
        Ruling.CHALLENGE: Sign(
            word="challenge",
            symbol="!",
            ascii="!",
            means="Something in the data needs an answer before the number is relied on. It often indicts the"
            " target, not the metric.",
        ),
        Ruling.UNDECIDED: Sign(
            word="undecided",
            symbol="?",
            ascii="?",
            means="Nothing is suspect, but the value of the number is not shown. The report says what would decide.",
        ),
        Ruling.KEEP: Sign(
            word="keep",
            symbol="✓",
            ascii="+",
            means="Its value is shown, nothing suggests distortion, its guardrails hold, it is reliable"
            " enough for its declared use, and its definition is complete.",
        ),
    }
)
"""In the order in which they need attention."""

STATES: Mapping[State, Sign] = MappingProxyType(
    {
        State.SUSPECT: Sign(
            word="suspect",
            symbol="▲",
            ascii="^",
            means="The whole interval lies beyond the smallest effect that matters, in the bad direction.",
        ),
        State.INCONCLUSIVE: Sign(
            word="inconclusive",
            symbol="~",
            ascii="~",
            means="The data cannot tell: the interval holds effects that matter and effects that do not.",
        ),
        State.CLEAR: Sign(
            word="clear",
            symbol="✓",
            ascii="+",
            means="The whole interval lies within what does not matter.",
        ),
        State.NOT_APPLICABLE: Sign(
            word="not applicable",
            symbol="–",
            ascii="-",
            means="The question does not arise, or what it needs is not declared or not in the data.",
        ),
    }
)

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "distorted_data": "distorted data",
        "distorted_work": "distorted work",
        "noise": "noise",
        "worth": "worth",
        "governance": "governance",
    }
)

GRADES: Mapping[str, str] = MappingProxyType(
    {
        "A": "randomised, or adopted at different times with untreated units to compare",
        "B": "before and after the target, with a comparison",
        "C": "placebo targets, or a strong model within units",
        "D": "functional form only: it rests on what the data would look like without a target; a suspicion of"
        " distortion on it counts only where another check agrees",
    }
)

ROWS: Mapping[str, str] = MappingProxyType(
    {
        "kept": "used",
        "filtered": "left out by the declared filter",
        "null": "without a value",
        "not_finite": "with a value that is infinite or not a number",
        "no_entity": "without an entity",
        "no_time": "without a readable time",
        "excluded": "taken out by the declared exclusion",
        "superseded": "replaced by a later load",
    }
)


_SENTENCE = re.compile(r"(?:(?<=[^\W_]{2}[.!?])|(?<=[)%`'\d][.!?])) (?=[A-Z“])")
"""Between two sentences; not after an initial or a single letter."""


def check_name(finding: Finding) -> str:
    """The check's name in words: `process_behaviour` is "Process behaviour"."""
    words = plain(finding.check).replace("_", " ").strip() or plain(finding.code) or "check"
    return words[:1].upper() + words[1:]


def number(value: float | None, *, digits: int = 3) -> str:
    """A number for people: `digits` significant digits, thousands separated, a true minus sign.

    Whole numbers keep every digit below a million million. None is "–", infinities are in words.
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "no upper limit" if value > 0 else "no lower limit"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e12 or size < 1e-4:
        shown = f"{value:.{digits - 1}e}"
        mantissa, exponent = shown.split("e")
        shown = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    elif float(value).is_integer() or size >= 10**digits:
        shown = f"{value:,.0f}"
    else:
        decimals = max(0, digits - 1 - math.floor(math.log10(size)))
        shown = f"{value:,.{decimals}f}"
        if "." in shown:
            shown = shown.rstrip("0").rstrip(".")
    return shown.replace("-", "−")


def probability(value: float | None) -> str:
    """A p- or q-value: three decimals, "<0.001" below that, "–" where there is none."""
    if value is None or math.isnan(value):
        return "–"
    if value < 0.001:
        return "<0.001"
    return f"{value:.3f}" if value < 0.9995 else "1"


def effect(finding: Finding) -> str:
    """Effect with its interval, or "" where there is none: "0.31 (0.28 to 0.34)"."""
    if finding.effect is None:
        return ""
    shown = number(finding.effect)
    if finding.interval is not None:
        shown += f" ({number(finding.interval[0])} to {number(finding.interval[1])})"
    return shown


def evidence(finding: Finding) -> str:
    """The finding's numbers on one line: effect, interval, what matters, n, q, grade."""
    parts = []
    if finding.effect is not None:
        parts.append(effect(finding))
    if finding.beyond is not None:
        parts.append(f"matters beyond {number(finding.beyond)}")
    if finding.n:
        parts.append(f"n {finding.n:,}")
    if finding.q_value is not None:
        parts.append(f"q {probability(finding.q_value)}")
    elif finding.p_value is not None:
        parts.append(f"p {probability(finding.p_value)}")
    if finding.grade is not None:
        parts.append(f"grade {finding.grade}")
    return "; ".join(parts)


def why(verdict: Verdict) -> str:
    """The binding reason in one sentence or two."""
    if verdict.because:
        return plain(verdict.because[0])
    return plain(verdict.problem) or "No reason recorded."


def lead(text: str, *, most: int = 170) -> str:
    """The first sentence, and those after it as long as all together have at most `most` characters."""
    sentences = _SENTENCE.split(plain(text))
    shown = sentences[0]
    for sentence in sentences[1:]:
        if len(shown) + 1 + len(sentence) > most:
            break
        shown += f" {sentence}"
    return shown


def cost(verdict: Verdict) -> str:
    """Declared cost a year: "EUR 1,080", "EUR 500 to 1,200", or "" where it is not declared."""
    if verdict.cost_per_year is None:
        return ""
    low, high = verdict.cost_per_year
    amount = number(round(low)) if round(low) == round(high) else f"{number(round(low))} to {number(round(high))}"
    return f"{plain(verdict.currency)} {amount}".strip()
