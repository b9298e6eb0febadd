"""What the columns of a table seem to be: who is judged, by what, when."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import PurePath
from typing import Literal

from pitprop.define.column import ColumnProfile
from pitprop.define.expression import ExpressionError, parse, quoted
from pitprop.define.metric import Aggregation, Direction, Granularity
from pitprop.define.vocabulary import (
    is_amount,
    is_calendar,
    is_identifier,
    is_level,
    is_measure_name,
    is_not_who,
    is_rate,
    is_target,
    is_who,
    less_is_better,
    subject,
    words,
)
from pitprop.define.when import When, when

MAX_METRICS = 100
MAX_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricGuess:
    """One metric as it is going to be written, and what was guessed about it."""

    name: str
    label: str
    agg: Aggregation
    expr: str | None
    direction: Direction
    filter: str | None = None
    unit: str = ""
    target: str | None = None
    judged: Literal["row", "entity_period"] = "entity_period"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What a table seems to be; `notes` are about the table as a whole."""

    source: str
    entity: str | None
    time: str | None
    granularity: Granularity
    metrics: tuple[MetricGuess, ...]
    notes: tuple[str, ...]


def guess(columns: Sequence[ColumnProfile], source: str) -> Guess:
    """What a table seems to be, from the profiles of its columns; `source` is its file."""
    notes: list[str] = []
    usable = [column for column in columns if _usable(column.name)]
    if len(usable) < len(columns):
        notes.append(f"{_count(len(columns) - len(usable), 'column')} without a name that can be written left out.")
    time = when(usable)
    notes.append(time.says if time else "No column seems to say when: add agg_time_dimension where there is one.")
    rest = [column for column in usable if not time or column.name not in time.columns]
    series = time is not None and time.periodic and _is_series(time, rest)
    entity = None if series else _entity(rest, time)
    if entity:
        rest = [column for column in rest if column is not entity]
        notes.append(f'"{entity.name}" ({_count(entity.distinct, "different value")}) is taken to say who is judged.')
    elif series and time:
        notes.append(f"There is one row for each {time.granularity}, so nobody is told apart: no `entity`.")
    else:
        notes.append("No column seems to say who is judged: without `entity` each period is judged as a whole.")
    panel = next((c for c in (entity, _measures(rest)) if c and _is_panel(c, time)), None)
    metrics, more = _metrics(rest, series=series or panel is not None)
    if series or panel:
        each = f'There seems to be one row for each value of "{panel.name}" in each' if panel else "Each row is a"
        more.append(f"{each} reporting period, so that sum, average, min and max are the same.")
    return Guess(
        source=_slug(PurePath(source.replace("\\", "/")).name.split(".")[0]) or "table",
        entity=quoted(entity.name) if entity else None,
        time=time.expr if time else None,
        granularity=time.granularity if time else "month",
        metrics=tuple(metrics),
        notes=(*notes, *more),
    )


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def _usable(name: str) -> bool:
    try:
        return parse(quoted(name)).name == name and len(name) <= 1000
    except ExpressionError:
        return False


def _is_series(time: When, columns: Sequence[ColumnProfile]) -> bool:
    """Whether the table has one row for each time, which nobody can be told apart in."""
    rows = max((column.rows for column in columns), default=0)
    return time.distinct >= 0.98 * rows


def _is_panel(entity: ColumnProfile | None, time: When | None) -> bool:
    """Whether there is about one row for each who and when."""
    if entity is None or time is None or not time.periodic:
        return False
    return 0.5 <= entity.rows / (time.distinct * entity.distinct) <= 1.02 and entity.rows > time.distinct


def _entity(columns: Sequence[ColumnProfile], time: When | None) -> ColumnProfile | None:
    best, score = None, 0
    for column in columns:
        whole = column.kind == "integer" and is_identifier(column.name)
        text = column.kind == "text" and not _as_number(column)
        if not (whole or text) or is_measure_name(column.name) or is_not_who(column.name):
            continue
        if not 2 <= column.distinct <= column.filled / 2:
            continue
        here = 1 + 4 * _is_panel(column, time) + 3 * is_who(column.name) + text
        if here > score:
            best, score = column, here
    return best


def _metrics(columns: Sequence[ColumnProfile], *, series: bool) -> tuple[list[MetricGuess], list[str]]:
    """The metrics, and what is to be said about all of them."""
    numeric = [c for c in columns if c.kind in ("integer", "number", "boolean") or _as_number(c)]
    notes = _left_out(columns, numeric)
    numeric = [c for c in numeric if not _tells_apart(c) and c.distinct > 0]
    targets = [c for c in numeric if is_target(c.name) and c.kind != "boolean"]
    measured = [c for c in numeric if c not in targets and c.distinct > 1]
    owners = {t.name: owner for t in targets if (owner := _owner(t, measured, columns))}
    strays = [t for t in targets if t.name not in owners]
    measured = [c for c in numeric if c in measured or (c in strays and c.distinct > 1)]
    if len(measured) > MAX_METRICS:
        notes.append(f"Only the first {MAX_METRICS} of {len(measured)} columns of numbers are written.")
        measured = measured[:MAX_METRICS]
    names = _Names()
    metrics = [_metric(column, names, owners, series=series) for column in measured]
    metrics, said = _split(metrics, columns, names)
    notes += said
    if not metrics:
        notes.append("No column of numbers seems to be a metric: the number of rows is one to start from.")
        metrics = [MetricGuess(name="row_count", label="Number of rows", agg="count", expr=None, direction="increase")]
    more = [f'"{m.label}"' for m in metrics if m.direction == "increase"]
    if more:
        listed = ", ".join(more[:10]) + (f" and {len(more) - 10} others" if len(more) > 10 else "")
        notes.append(f"More is taken to be better for {listed}: correct improvement_direction where it is not.")
    return metrics, notes


def _left_out(columns: Sequence[ColumnProfile], numeric: Sequence[ColumnProfile]) -> list[str]:
    reasons = {
        "text": [c for c in columns if c not in (*numeric, _measures(columns)) and c.filled > 0],
        "an identifier or part of a date": [c for c in numeric if _tells_apart(c)],
        "empty": [c for c in columns if c.filled <= 0 or c.distinct == 0],
        "the same in every row": [c for c in numeric if c.distinct == 1 and not is_target(c.name)],
    }
    return [
        f"Left out as {reason}: {', '.join(chr(34) + c.name + chr(34) for c in found[:20])}"
        + (f" and {len(found) - 20} others." if len(found) > 20 else ".")
        for reason, found in reasons.items()
        if found
    ]


def _tells_apart(column: ColumnProfile) -> bool:
    """Whether whole numbers only tell rows apart: identifiers, and parts of a date."""
    return column.kind == "integer" and (is_identifier(column.name) or is_calendar(column.name))


def _as_number(column: ColumnProfile) -> str | None:
    """How to read a column of text such as 85% or 1,234 as numbers; None where it is no such text."""
    if column.kind != "text":
        return None
    ends = [end for end in (column.minimum, column.maximum) if isinstance(end, str)]
    texts = [text.strip() for text in (*column.examples, *ends)]
    if not texts or is_identifier(column.name):
        return None
    name = quoted(column.name)
    if all(re.fullmatch(r"-?\d+(\.\d+)?\s*%", text, re.ASCII) for text in texts):
        return f"try_cast(replace({name}, '%', '') as double)"
    if all(re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII) for text in texts):
        return f"try_cast({name} as double)"
    grouped = r"-?\d{1,3}(,\d{3})*(\.\d+)?"
    if all(re.fullmatch(grouped, text, re.ASCII) for text in texts) and any(text.count(",") for text in texts):
        return f"try_cast(replace({name}, ',', '') as double)"
    return None


def _metric(column: ColumnProfile, names: _Names, owners: dict[str, ColumnProfile], *, series: bool) -> MetricGuess:
    notes = []
    label = " ".join(re.sub(r"[^\S ]", " ", column.name).split()) or column.name
    expr = quoted(column.name)
    if column.kind == "boolean":
        expr = f"cast({expr} as integer)"
        notes.append(f'"{label}" is yes or no; its average is the share of yes.')
    elif reading := _as_number(column):
        expr = reading
        notes.append(f'"{label}" is text, read as numbers; what cannot be read so is left out and counted.')
    agg: Aggregation = "sum"
    if column.kind == "boolean" or is_rate(column.name) or _is_share(column) or "%" in "".join(column.examples):
        agg = "average"
        if column.kind != "boolean":
            notes.append(f'"{label}" seems to be a rate or an average, which is averaged and not added up.')
    elif not series:
        agg = "sum" if is_amount(column.name) and not is_level(column.name) else "average"
        done = "added up" if agg == "sum" else "averaged"
        notes.append(f'"{label}" is {done} over the rows of a period.')
    word = less_is_better(column.name)
    if word:
        notes.append(f'Less of "{label}" is taken to be better, for the word "{word}".')
    aims = [name for name, owner in owners.items() if owner is column]
    if aims:
        notes.append(f'"{aims[0]}" is taken to be the target of "{label}", judged in each period.')
    return MetricGuess(
        name=names.new(column.name),
        label=label,
        agg=agg,
        expr=expr,
        direction="decrease" if word else "increase",
        unit=_unit(column),
        target=quoted(aims[0]) if aims else None,
        notes=tuple(notes),
    )


def _is_share(column: ColumnProfile) -> bool:
    ends = (column.minimum, column.maximum)
    fractions = column.kind == "number" and column.decimals != 0 and column.distinct > 2
    return fractions and all(isinstance(end, int | float) and 0 <= end <= 1 for end in ends)


def _unit(column: ColumnProfile) -> str:
    if "%" in column.name or "percent" in words(column.name) or any("%" in text for text in column.examples):
        return "%"
    found = re.search(r"[(\[]\s*([^()\[\]\d\s][^()\[\]\d]{0,9}?)\s*[)\]]\s*$", column.name)
    return found[1] if found and found[1].isprintable() else ""


def _owner(
    target: ColumnProfile, measured: Sequence[ColumnProfile], columns: Sequence[ColumnProfile]
) -> ColumnProfile | None:
    """The column that a target is for: that of the same words, or for a bare `Target` the one next to it."""
    about = subject(target.name)
    if not measured:
        return None
    if not about:
        at = list(columns).index(target)
        before = [c for c in measured if list(columns).index(c) < at]
        return before[-1] if before else measured[0]

    def likeness(column: ColumnProfile) -> float:
        own = words(column.name)
        if set(about) <= set(own) or set(own) <= set(about):
            return 1 - 0.01 * abs(len(own) - len(about))
        return SequenceMatcher(None, " ".join(about), " ".join(own)).ratio()

    best = max(measured, key=likeness)
    return best if likeness(best) >= 0.6 else None


def _split(
    metrics: list[MetricGuess], columns: Sequence[ColumnProfile], names: _Names
) -> tuple[list[MetricGuess], list[str]]:
    """One metric for each name in a column such as `KPI`, where the table has one row for each of them."""
    held = [c for c in columns if c.kind == "text" and is_measure_name(c.name) and c.distinct > 1 and c.examples]
    if len(metrics) != 1 or not held:
        return metrics, []
    column, value = held[0], metrics[0]
    split = []
    for name in column.examples:
        condition = f"{quoted(column.name)} = '{name.replace(chr(39), chr(39) * 2)}'"
        if not _parses(condition):
            continue
        word = less_is_better(name)
        agg: Aggregation = "average" if is_rate(name) else value.agg
        notes = (f'Less of "{name}" is taken to be better, for the word "{word}".',) if word else ()
        split.append(
            replace(
                value,
                name=names.new(name),
                label=" ".join(name.split()) or value.label,
                agg=agg,
                filter=condition,
                direction="decrease" if word else "increase",
                notes=notes,
            )
        )
    if not split:
        return metrics, []
    says = f'"{column.name}" is taken to hold the names of metrics: one metric for each'
    missing = column.distinct - len(split)
    return split, [says + (f"; {missing} more are to be added in the same way." if missing > 0 else ".")]


def _measures(columns: Sequence[ColumnProfile]) -> ColumnProfile | None:
    """The column that seems to hold the names of metrics."""
    text = [c for c in columns if c.kind == "text" and c.distinct > 1 and c.examples]
    return next((column for column in text if is_measure_name(column.name)), None)


def _parses(sql: str) -> bool:
    try:
        parse(sql)
    except ExpressionError:
        return False
    return True


def _slug(text: str) -> str:
    text = text.replace("%", " percent ").replace("#", " number ")
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c)).lower()
    slug = re.sub(r"[^a-z0-9]+", "_", text)[:MAX_NAME].strip("_")
    return f"n_{slug}" if slug[:1].isdigit() else slug


class _Names:
    """Names of metrics, each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, header: str) -> str:
        """A name that follows the rule for names and that no metric has yet."""
        stem = _slug(header) or "metric"
        name, n = stem, 1
        while name in self._taken:
            n += 1
            name = f"{stem}_{n}"
        self._taken.add(name)
        return name
