"""What the words of a column's header suggest about the column (English)."""

from __future__ import annotations

import re
import unicodedata


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LESS_WHOLE = _listed("bug bugs late lateness loss losses lost missed returns time times")
_LESS_STEMS = _listed(
    """absen accident arrears abandon backlog breach cancel churn complain congestion cost crash crime damage
    death debt defect delay downtime dropout duration emission error escalat expens fail fatal fault incident
    infection injur latency mortality outage overdue overrun pollution poverty queue readmission refund rework
    risk scrap shrinkage sick spend spill theft turnaround unemploy vacanc violation wait waste"""
)
_MORE = _listed(
    """attendance avoided fixed free met prevented recovered reduced reduction resolved saved saving savings
    since solved survival uptime within without"""
)
_RATES = _listed(
    """average availability avg csat index level mean median nps occupancy pct per percent percentage
    proportion rate rates rating ratio satisfaction score share stars uptime utilisation utilization"""
)
_LEVELS = _listed("age delay duration height latency minutes price seconds speed temperature time wait weight")
_TARGETS = _listed("goal goals objective quota quotas target targets")
_REACHED = _listed("achieved against hit met pct percent rate reached share to vs")
_IDENTIFIERS = _listed("id ids code key nr no number uuid guid postcode zip zipcode phone reference ref")
_AMOUNTS = _listed("amount count income number output production quantity qty revenue sum total turnover volume")
_CALENDAR = _listed("year month quarter week day hour weekday dayofweek dow mon fy")
_WHO = _listed(
    """agent airline branch carrier centre center clinic clinician company council county crew department dept
    district division doctor driver employee engineer facility factory firm force group hospital line location
    machine manager mine name office officer operator org organisation organization owner person pilot plant
    player practice provider region rep school seller shop site staff station store surgeon supplier teacher
    team trust unit ward warehouse worker"""
)
_NOT_WHO = _listed(
    """address category colour color comment comments currency description email gender grade kind note notes
    outcome priority product reason remark remarks result sex severity state status subject text title type
    url"""
)
_MEASURES = _listed("indicator indicators kpi kpis measure measures metric metrics series variable")


def words(header: str) -> tuple[str, ...]:
    """The words of a header, lower case and without accents; `%` is percent and `#` is number."""
    text = header.replace("%", " percent ").replace("#", " number ")
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return tuple(re.findall(r"[a-z]+|[0-9]+", text.lower()))


def less_is_better(header: str) -> str | None:
    """The word of the header for which less is taken to be better; None where more is."""
    found = words(header)
    if _MORE & set(found) or re.search(r"\b(on|in) time\b", " ".join(found)):
        return None
    for word in found:
        if word in _LESS_WHOLE or word.startswith(tuple(_LESS_STEMS)):
            return word
    return None


def is_rate(header: str) -> bool:
    """Whether values are shares, averages or scores, which must not be added up."""
    return bool(_RATES & set(words(header)))


def is_level(header: str) -> bool:
    """Whether values are durations, prices, ages and the like, whose sum over rows says little."""
    return bool(_LEVELS & set(words(header)))


def is_amount(header: str) -> bool:
    """Whether values seem to be counts or amounts, whose sum over rows says something: often a plural."""
    found = words(header)
    return bool(_AMOUNTS & set(found)) or any(w.endswith("s") and not w.endswith("ss") for w in found[-1:])


def is_calendar(header: str) -> bool:
    """Whether whole numbers seem to be a part of a date, such as the month."""
    found = words(header)
    return bool(found) and found[-1] in _CALENDAR


def is_identifier(header: str) -> bool:
    """Whether numbers in the column only tell things apart."""
    found = words(header)
    return bool(found) and found[-1] in _IDENTIFIERS and "of" not in found


def is_target(header: str) -> bool:
    """Whether the column holds what another column has to reach."""
    found = set(words(header))
    return bool(found & _TARGETS) and not found & _REACHED


def subject(header: str) -> tuple[str, ...]:
    """The words of a target's header that say what it is a target of."""
    return tuple(w for w in words(header) if w not in _TARGETS and w not in {"for", "of", "the"})


def is_who(header: str) -> bool:
    """Whether the column seems to say who is judged."""
    return bool(_WHO & set(words(header)))


def is_not_who(header: str) -> bool:
    """Whether the column tells rows apart by something that nobody is judged by."""
    return bool(_NOT_WHO & set(words(header)))


def is_measure_name(header: str) -> bool:
    """Whether the column seems to hold the names of metrics."""
    return bool(_MEASURES & set(words(header)))
