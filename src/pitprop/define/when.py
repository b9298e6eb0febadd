"""Which columns of a table seem to say when, how to read them, and what the reporting period is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from pitprop.define.column import ColumnProfile
from pitprop.define.expression import quoted
from pitprop.define.metric import Granularity
from pitprop.define.vocabulary import words

_DAYS: tuple[tuple[float, Granularity], ...] = ((2.6, "day"), (14.6, "week"), (52, "month"), (180, "quarter"))
_MONTH_FORMATS = (
    *("%Y-%m", "%Y/%m", "%Y.%m", "%Y %m", "%m/%Y", "%m-%Y", "%m.%Y"),
    *("%b-%y", "%b %y", "%b-%Y", "%b %Y", "%b/%y", "%b/%Y", "%b. %Y", "%Y-%b", "%Y %b"),
    *("%B %Y", "%B-%Y", "%B %y", "%B-%y", "%Y %B"),
)
_DAY_FORMATS = (
    *("%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y"),
    *("%b %d, %Y", "%B %d, %Y"),
)
_TWO_WAYS = (("%d/%m/%Y", "%m/%d/%Y"), ("%d-%m-%Y", "%m-%d-%Y"), ("%d/%m/%y", "%m/%d/%y"))


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The time of a row.

    Attributes
    ----------
    expr : str or None
        SQL expression; None where it cannot be told how to read the column.
    granularity : str
        The reporting period that is suggested.
    columns : tuple of str
        The columns that the expression uses.
    distinct : int
        How many different times there are.
    periodic : bool
        Whether a value stands for a period rather than for the moment of an event.
    says : str
        What was guessed, in a sentence.
    """

    expr: str | None
    granularity: Granularity
    columns: tuple[str, ...]
    distinct: int
    periodic: bool
    says: str


def when(columns: Sequence[ColumnProfile]) -> When | None:
    """The time of a row, from whichever columns seem to hold it; None where none does."""
    filled = [column for column in columns if column.filled > 0]
    times = [c for c in filled if c.kind == "time"]
    times.sort(key=lambda c: (not _named(c, "date day month period quarter week year"), c.nulls))
    if times:
        return _of_times(times[0], [c.name for c in times[1:]])
    for column in filled:
        found = _of_text(column) if column.kind == "text" else None
        if found:
            return found
    for column in filled:
        found = _of_digits(column) if column.kind == "integer" else None
        if found:
            return found
    return _of_years(filled)


def _named(column: ColumnProfile, names: str) -> bool:
    return bool(set(names.split()) & set(words(column.name)))


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        return None


def _spaced(gap: timedelta) -> Granularity:
    days = gap / timedelta(days=1)
    return next((name for limit, name in _DAYS if days <= limit), "year")


def _suggested(column: ColumnProfile, span: timedelta) -> tuple[Granularity, bool]:
    """The reporting period, and whether the times are periods: rows of events get one that holds many."""
    gap = span / (column.distinct - 1) if column.distinct > 1 else timedelta(days=30)
    events = gap < timedelta(hours=18) or column.filled > 20 * column.distinct > 20 * 60
    if not events:
        return _spaced(gap), True
    return ("month" if span >= timedelta(days=90) else "week" if span >= timedelta(days=21) else "day"), False


def _of_times(column: ColumnProfile, others: Sequence[str]) -> When:
    low, high = _moment(column.minimum), _moment(column.maximum)
    granularity, periodic = _suggested(column, high - low) if low and high else ("month", False)
    says = f'"{column.name}" is taken to say when; the reporting period is taken to be a {granularity}'
    if others:
        says += ", not " + ", ".join(f'"{name}"' for name in others)
    return When(
        expr=quoted(column.name),
        granularity=granularity,
        columns=(column.name,),
        distinct=column.distinct,
        periodic=periodic,
        says=says + ".",
    )


def _known(column: ColumnProfile) -> list[str]:
    ends = [end for end in (column.minimum, column.maximum) if isinstance(end, str)]
    return [text.strip() for text in (*column.examples, *ends) if text.strip()]


def _fits(texts: Sequence[str], pattern: str) -> list[datetime] | None:
    """The times that the texts mean, if all can be read by the pattern."""
    try:
        return [datetime.strptime(text, pattern) for text in texts]
    except ValueError:
        return None


def _of_text(column: ColumnProfile) -> When | None:
    texts = _known(column)
    if not texts:
        return None
    name = quoted(column.name)
    padded = any(text != text.strip() for text in column.examples)
    value = f"trim({name})" if padded else name
    if all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) for text in texts) and _fits(texts, "%Y-%m-%d"):
        return _read(column, f"try_cast({value} as date)", "2024-01-31", _fits(texts, "%Y-%m-%d"))
    if all(re.fullmatch(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?", text) for text in texts):
        moments = [moment for text in texts if (moment := _moment(text))]
        return _read(column, f"try_cast({value} as timestamp)", "2024-01-31 10:00", moments)
    for pattern in _MONTH_FORMATS:
        if _fits(texts, pattern):
            expr = f"try_strptime({value}, '{pattern}')"
            return _read(column, expr, pattern, None, granularity="month")
    for pattern in _DAY_FORMATS:
        if read := _fits(texts, pattern):
            return _read(column, f"try_strptime({value}, '{pattern}')", pattern, read)
    for day_first, month_first in _TWO_WAYS:
        ways = [p for p in (day_first, month_first) if _fits(texts, p)]
        if len(ways) == 1:
            return _read(column, f"try_strptime({value}, '{ways[0]}')", ways[0], _fits(texts, ways[0]))
        if ways:
            return _two_ways(column, value, ways, texts[0])
    if all(re.fullmatch(r"\d{4}[ -]?Q[1-4]", text) for text in texts):
        quarter = f"3 * try_cast(right({value}, 1) as integer) - 2"
        expr = f"make_date(try_cast(left({value}, 4) as integer), {quarter}, 1)"
        return _read(column, expr, "2024-Q1", None, granularity="quarter")
    if all(re.fullmatch(r"Q[1-4][ -]?\d{4}", text) for text in texts):
        quarter = f"3 * try_cast(substr({value}, 2, 1) as integer) - 2"
        expr = f"make_date(try_cast(right({value}, 4) as integer), {quarter}, 1)"
        return _read(column, expr, "Q1 2024", None, granularity="quarter")
    if all(re.fullmatch(r"(19|20)\d{2}([/-]\d{2}(\d{2})?)?", text) for text in texts):
        expr = f"try_cast(left({value}, 4) as integer)"
        return _read(column, expr, "2023/24, its first year", None, granularity="year")
    return None


def _read(
    column: ColumnProfile,
    expr: str,
    pattern: str,
    moments: Sequence[datetime] | None,
    granularity: Granularity | None = None,
) -> When:
    periodic = True
    if granularity is None:
        known = sorted(set(moments or ()))
        if pattern.startswith("2024-01-31") and len(known) > 1:
            granularity, periodic = _suggested(column, known[-1] - known[0])
        else:
            gaps = [later - sooner for sooner, later in pairwise(known)]
            granularity = _spaced(min(gaps)) if gaps else "month"
    says = (
        f'"{column.name}" is text that is taken to say when (read as {pattern}; rows that cannot be read so '
        f"are left out and counted); the reporting period is taken to be a {granularity}."
    )
    return When(
        expr=expr,
        granularity=granularity,
        columns=(column.name,),
        distinct=column.distinct,
        periodic=periodic,
        says=says,
    )


def _two_ways(column: ColumnProfile, value: str, ways: Sequence[str], example: str) -> When:
    choices = " or ".join(f"try_strptime({value}, '{way}')" for way in ways)
    return When(
        expr=None,
        granularity="month",
        columns=(column.name,),
        distinct=column.distinct,
        periodic=False,
        says=f'"{column.name}" says when, but not whether {example} has the day or the month first; '
        f"write agg_time_dimension: {choices} into every metric.",
    )


def _of_digits(column: ColumnProfile) -> When | None:
    """Integers such as 202401 or 20240131."""
    texts = [str(int(float(text))) for text in _numbers(column)]
    name = quoted(column.name)
    if not texts or not _named(column, "date day month period time week when yyyymm yyyymmdd"):
        return None
    if all(len(text) == 6 for text in texts) and _plausible(_fits(texts, "%Y%m")):
        return _read(column, f"make_date({name} // 100, {name} % 100, 1)", "202401", None, granularity="month")
    if all(len(text) == 8 for text in texts) and _plausible(moments := _fits(texts, "%Y%m%d")):
        return _read(column, f"try_strptime(cast({name} as varchar), '%Y%m%d')", "20240131", moments)
    return None


def _plausible(moments: Sequence[datetime] | None) -> bool:
    return bool(moments) and all(1900 <= moment.year <= 2100 for moment in moments or ())


def _numbers(column: ColumnProfile) -> list[str]:
    ends = [str(end) for end in (column.minimum, column.maximum) if isinstance(end, int | float)]
    return [text for text in (*column.examples, *ends) if re.fullmatch(r"-?\d{1,15}(\.0*)?", text, re.ASCII)]


def _within(column: ColumnProfile, low: float, high: float) -> bool:
    ends = (column.minimum, column.maximum)
    return all(isinstance(end, int | float) and low <= end <= high for end in ends)


def _of_years(columns: Sequence[ColumnProfile]) -> When | None:
    whole = [c for c in columns if c.kind == "integer" or (c.kind == "number" and c.decimals == 0)]
    years = [c for c in whole if _named(c, "year years fy yr jahr annee ano season") and _within(c, 1900, 2100)]
    if not years:
        return None
    year = years[0]
    parts: tuple[tuple[str, Granularity, int, str], ...] = (
        ("month months mon", "month", 12, "{part}"),
        ("quarter qtr", "quarter", 4, "3 * {part} - 2"),
    )
    for names, granularity, most, month in parts:
        for part in whole:
            if part is not year and _named(part, names) and _within(part, 1, most) and part.distinct > 1:
                at = month.format(part=f"cast({quoted(part.name)} as integer)")
                return When(
                    expr=f"make_date(cast({quoted(year.name)} as integer), {at}, 1)",
                    granularity=granularity,
                    columns=(year.name, part.name),
                    distinct=year.distinct * part.distinct,
                    periodic=True,
                    says=f'"{year.name}" and "{part.name}" are taken to say when; the reporting period is '
                    f"taken to be a {granularity}.",
                )
    return When(
        expr=quoted(year.name) if year.kind == "integer" else f"cast({quoted(year.name)} as integer)",
        granularity="year",
        columns=(year.name,),
        distinct=year.distinct,
        periodic=True,
        says=f'"{year.name}" is taken to be the year, and the reporting period a year.',
    )
