"""A work study for a terminal: the answer, the arms side by side, then each arm, the gain and the assumptions."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from pitprop.report.lines import WIDTH, Span, block, can_encode, print_lines, written
from pitprop.report.plain import plain, shortened
from pitprop.report.simulation import arm_words
from pitprop.report.simulation.amounts import estimate, interval, listed, mean, percent, share_of, signed, times
from pitprop.report.simulation.assumptions import MATTERS, matter, moved
from pitprop.report.simulation.text_table import text_table
from pitprop.report.simulation.time_use import WAITS, task_names, uses, wait_names
from pitprop.report.simulation.work_answer import (
    answer,
    arm_called,
    by_name,
    factor_name,
    featured,
    not_told,
    setting,
    told_apart,
)
from pitprop.report.wording import number
from pitprop.simulate.work.results import ArmResult, Gain, WorkStudy

MOST_ARMS = 8
"""More arms than that are not all shown in full."""
MOST_CURVES = 4
"""More arms than that do not all have their output by crew size shown."""
_INDENT, _HANG = 2, 4
_ASCII = str.maketrans({"×": "x", "−": "-", "–": "-", "“": '"', "”": '"', "…": "~"})

Lines = Iterator[list[Span]]


def work_text(study: WorkStudy, *, columns: int = WIDTH, ascii_only: bool = False) -> str:
    """The study as plain text, wrapped at `columns`.

    Parameters
    ----------
    columns
        Longest line, in terminal columns; a table that is wider is written as sentences.
    ascii_only
        Write × and the like in ASCII.
    """
    return written(_lines(study, columns, ascii_only))


def print_work(study: WorkStudy, file: TextIO | None = None) -> None:
    """Print the study: bold heads on a terminal (NO_COLOR is honoured), plain in a pipe.

    Parameters
    ----------
    file
        Where to; standard output by default.
    """
    out = sys.stdout if file is None else file
    ascii_only = not can_encode(out, "".join(map(chr, _ASCII)))
    print_lines(lambda columns: _lines(study, columns, ascii_only), out)


def _lines(study: WorkStudy, columns: int, ascii_only: bool) -> Lines:
    for line in _study(study, columns):
        yield [(text.translate(_ASCII), style) for text, style in line] if ascii_only else line


def _study(study: WorkStudy, columns: int) -> Lines:
    name = f"{plain(study.scenario)}{':' if study.title else ''}"
    spans = [(name, "bold"), (plain(study.title), "")]
    yield from block(spans[: 2 if study.title else 1], columns, hang=_INDENT)
    yield from block([(setting(study), "dim")], columns, hang=_INDENT)
    yield []
    for sentence in answer(study, by_name):
        yield from block([(sentence, "")], columns, hang=_INDENT)
    for note in study.notes:
        yield from _told("note:", note, columns, indent=0)
    if len(study.arms) > 1:
        yield []
        yield from _arms(study, columns)
    if study.differences:
        yield []
        yield from _differences(study, columns)
    shown = featured(study, MOST_ARMS)
    for arm in shown:
        yield []
        yield from _arm(arm, columns, single=len(study.arms) == 1)
    if len(shown) < len(study.arms):
        yield []
        left = len(study.arms) - len(shown)
        yield from block([(f"{left} more arms are not shown in full here; JSON has all of them.", "")], columns, hang=2)
        names = {arm.name for arm in shown}
        for arm in study.arms:
            if arm.name not in names:
                for note in (*arm.notes, arm_words.unsound(arm)):
                    yield from _told(f"note on {by_name(arm)}:", note, columns)
    if study.gain:
        yield []
        yield from _gain(study, study.gain, columns)
    if study.curves:
        yield []
        yield from _curves(study, columns)
    if study.swings:
        yield []
        yield from _assumptions(study, columns)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], columns: int, *, left: int = 1) -> Lines:
    """The table; where it is too wide, a sentence for each of its rows."""
    lines = text_table(head, rows, room=columns - _INDENT, left=left)
    if lines:
        yield [(" " * _INDENT + lines[0], "dim")]
        yield from ([(" " * _INDENT + line, "")] for line in lines[1:])
        return
    for row in rows:
        parts = "; ".join(f"{name} {cell}" for name, cell in zip(head[1:], row[1:], strict=True) if cell)
        yield from block([(f"{plain(row[0])}:", "bold"), (parts, "")], columns, indent=_INDENT, hang=_HANG)


def _told(word: str, said: str | Iterable[str], columns: int, *, indent: int = _INDENT) -> Lines:
    """A word, then what there is to say; nothing where there is nothing."""
    text = plain(said) if isinstance(said, str) else "; ".join(said)
    if text:
        yield from block([(word, "bold"), (text, "")], columns, indent=indent, hang=indent + 2)


# ---- the arms side by side


def _arms(study: WorkStudy, columns: int) -> Lines:
    headline = any(arm.headline for arm in study.arms)
    head = ["arm", f"{shortened(study.unit, 16)} a shift", "95 % interval", "people", "per head", "an hour"]
    rows = []
    for arm in study.arms:
        row = [shortened(arm.name, 34), mean(arm.output), interval(arm.output) or "–", str(arm.heads)]
        row += [mean(arm.per_head), mean(arm.per_hour)]
        rows.append(row + ([mean(arm.headline) if arm.headline else "–"] if headline else []))
    yield from _table(head + (["× norm"] if headline else []), rows, columns)
    credited = [f"{by_name(arm)} {arm.heads} for {number(arm.credited)}" for arm in study.arms if arm_words.credit(arm)]
    if headline and credited:
        more = f", and {len(credited) - 6} more arms" if len(credited) > 6 else ""
        said = f"× norm credits fewer heads than were at work: {', '.join(credited[:6])}{more}."
        yield from block([(said, "")], columns, indent=_INDENT, hang=_INDENT)


def _differences(study: WorkStudy, columns: int) -> Lines:
    than = plain(study.differences[0].than)
    yield from block([(f"Against {than}, on the same random numbers", "bold")], columns, hang=_INDENT)
    head = ("arm", f"{shortened(study.unit, 12)} more", "95 % interval", "per head", "times", "95 % interval")
    rows = [
        [
            shortened(d.arm, 30),
            signed(d.output),
            interval(d.output) or "–",
            signed(d.per_head),
            mean(d.ratio),
            interval(d.ratio) or "–",
        ]
        for d in study.differences
    ]
    yield from _table(head, rows, columns)


# ---- one arm


def _arm(arm: ArmResult, columns: int, *, single: bool) -> Lines:
    label = plain(arm.label)
    named = f": {label}" if label and label != plain(arm.name) else ""
    yield from block([(f"{by_name(arm)}{named}", "bold")], columns, hang=_INDENT)
    if single:
        yield from _told("output:", _yield(arm), columns)
    else:
        yield from _told("switched on:", _factors(arm), columns)
    if arm.bottleneck:
        yield from _told("bottleneck:", arm.bottleneck.says, columns)
        yield from _told("would help, too:", arm_words.also(arm), columns)
    yield from _time(arm, columns)
    yield from _told("left undone:", arm_words.debts(arm), columns)
    yield from _told("lost for want of room:", arm_words.losses(arm), columns)
    yield from _told("tools in use:", arm_words.tool_use(arm), columns)
    yield from _told("in buffers, on average:", arm_words.levels(arm), columns)
    yield from _told("flow:", arm_words.flow(arm), columns)
    yield from _told("of the best possible:", arm_words.bound(arm), columns)
    yield from _told("best fixed roles:", arm_words.best_roles(arm), columns)
    yield from _told("warm-up:", arm_words.warm_up(arm), columns)
    for note in (*arm.notes, arm_words.unsound(arm)):
        yield from _told("note:", note, columns)


def _yield(arm: ArmResult) -> str:
    unit = plain(arm.unit)
    parts = [f"{estimate(arm.per_hour, unit)} an hour"]
    if arm.heads > 1:
        parts.append(f"{estimate(arm.per_head_hour, unit)} per head and hour")
    parts.append(f"{number(arm.spread)} {unit} standard deviation from shift to shift")
    return "; ".join(parts)


def _factors(arm: ArmResult) -> str:
    return listed(plain(name) for name in arm.factors)


def _time(arm: ArmResult, columns: int) -> Lines:
    used = uses(arm)
    if not used:
        return
    tasks, waits = task_names(arm), wait_names(used)
    head = ["time in per cent", *(shortened(task, 14) for task in tasks), *(WAITS[wait].short for wait in waits)]
    rows = []
    for use in used:
        shares = [use.tasks.get(task) for task in tasks] + [use.waits.get(wait, 0.0) for wait in waits]
        rows.append([shortened(use.name, 24), *("" if s is None else _bare(s) for s in shares)])
    if len(used) < len(arm.workers):
        head[0] = "time in per cent, by role"
    yield from _table(head, rows, columns)


def _bare(share: float) -> str:
    return percent(share).removesuffix(" %")


# ---- the gain, the crew, the assumptions


def _gain(study: WorkStudy, gain: Gain, columns: int) -> Lines:
    if not told_apart(gain):
        yield from block([(not_told(study, gain, by_name), "")], columns, hang=_INDENT)
        return
    start, end = (arm_called(study, name, by_name) for name in (gain.start, gain.end))
    what = "output per credited head over the norm" if gain.headline else "output"
    title = f"Where the {mean(gain.ratio)} times come from: {what}, from {start} to {end}"
    yield from block([(title, "bold")], columns, hang=_INDENT)
    rows = [
        [
            shortened(factor_name(factor), 36),
            f"×{mean(factor.times)}",
            interval(factor.times) or "–",
            share_of(factor.share),
            f"×{times(factor.alone)}",
            f"×{times(factor.last)}",
        ]
        for factor in gain.factors
    ]
    rows.append(["all together", f"×{mean(gain.ratio)}", interval(gain.ratio) or "–", "100 %", "", ""])
    head = ("factor", "times", "95 % interval", "share of the gain", "alone", "last")
    yield from _table(head, rows, columns)
    arm = next((arm for arm in study.arms if arm.name == gain.end), None)
    per_head = f"Per head {end} yields {number(gain.per_head, digits=4)} {plain(study.unit)} a shift."
    counted = f" The factors multiply to the whole; {gain.combinations} combinations were simulated."
    credited = arm_words.credit(arm) if arm else ""
    said = per_head + (f" In {end} {credited}." if credited else "") + counted
    yield from block([(said, "")], columns, indent=_INDENT, hang=_INDENT)


def _curves(study: WorkStudy, columns: int) -> Lines:
    """Output, and output per head, for each number of people; an arm in each pair of columns."""
    shown = study.curves[:MOST_CURVES]
    yield from block([("Output with other numbers of people", "bold")], columns, hang=_INDENT)
    head = ["people"]
    for curve in shown:
        head += [shortened(curve.arm, 20), "per head"]
    rows = []
    for size in sorted({size for curve in shown for size in curve.sizes}):
        row = [str(size)]
        for curve in shown:
            place = curve.sizes.index(size) if size in curve.sizes else None
            row += ["", ""] if place is None else [mean(curve.output[place]), mean(curve.per_head[place])]
        rows.append(row)
    yield from _table(head, rows, columns)
    if len(shown) < len(study.curves):
        left = f"{len(study.curves) - len(shown)} more arms: in JSON."
        yield from block([(left, "")], columns, indent=_INDENT, hang=_INDENT)


def _assumptions(study: WorkStudy, columns: int) -> Lines:
    matters, rest = matter(study)
    title = "Assumed values that matter, the one that moves most first" if matters else "No assumed value matters"
    yield from block([(title, "bold")], columns, hang=_INDENT)
    gain = any(swing.ratio for swing in matters)
    rows = []
    for swing in matters:
        move = moved(study, swing)
        row = [shortened(swing.at, 34), number(swing.value), f"{number(swing.range[0])} to {number(swing.range[1])}"]
        row += [shortened(move.arm.name, 18) + (" × norm" if move.what == "headline" else "") if move else "–"]
        row += [" to ".join(number(end, digits=4) for end in move.ends) if move else "–"]
        row += [f"{times(swing.ratio[0])} to {times(swing.ratio[1])}" if swing.ratio else "–"] if gain else []
        rows.append(row)
    head = [
        "assumed",
        "is",
        "may be",
        "moves",
        "between",
        *(["the gain"] if gain else []),
    ]
    if rows:
        yield from _table(head, rows, columns)
    if rest:
        names = ", ".join(plain(swing.at) for swing in rest)
        yield from _told(f"moves nothing by {percent(MATTERS)} or more:", names, columns)
