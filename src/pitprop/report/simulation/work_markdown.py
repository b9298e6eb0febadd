"""A work study as GitHub-flavoured Markdown. All text is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pitprop.report.markdown import escaped
from pitprop.report.simulation import arm_words
from pitprop.report.simulation.amounts import estimate, interval, mean, percent, share_of, signed, times
from pitprop.report.simulation.assumptions import MATTERS, matter, moved
from pitprop.report.simulation.time_use import WAITS, task_names, uses, wait_names
from pitprop.report.simulation.work_answer import (
    answer,
    arm_called,
    by_label,
    factor_name,
    featured,
    not_told,
    setting,
    title,
    told_apart,
)
from pitprop.report.wording import number
from pitprop.simulate.work.results import ArmResult, CrewCurve, Gain, WorkStudy

_NUMBERS = re.compile(r"[0-9.,×−–+% ()]*(?: to [0-9.,−]+\)?)?")
"""What needs no escape."""
MOST_ARMS = 8
"""More arms than that are not all shown in full."""


def work_markdown(study: WorkStudy) -> str:
    """The answer, the arms side by side, then each arm, the gain and the assumptions."""
    return "\n".join(_lines(study)) + "\n"


def _lines(study: WorkStudy) -> Iterator[str]:
    yield f"# {escaped(study.title or study.scenario)}"
    yield ""
    if study.description:
        yield from (escaped(study.description), "")
    yield from (f"- {escaped(sentence)}" for sentence in answer(study, by_label))
    yield from (f"- Note: {escaped(note)}" for note in study.notes)
    yield ""
    yield from _arms(study)
    shown = featured(study, MOST_ARMS)
    for arm in shown:
        yield from _arm(arm)
    if len(shown) < len(study.arms):
        yield from ("", f"{len(study.arms) - len(shown)} more arms are not shown in full here; JSON has all of them.")
        names = {arm.name for arm in shown}
        for arm in study.arms:
            if arm.name not in names:
                notes = [note for note in (*arm.notes, arm_words.unsound(arm)) if note]
                yield from ("", *(f"- **Note on {escaped(title(arm))}:** {escaped(note)}" for note in notes))
    if study.gain:
        yield from _gain(study, study.gain)
    for curve in study.curves:
        yield from _curve(study, curve)
    if study.swings:
        yield from _assumptions(study)
    yield from ("", f"pitprop {escaped(study.version)}; {escaped(setting(study))}")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> Iterator[str]:
    yield _row(head)
    yield f"| {' | '.join('---' if place < left else '---:' for place in range(len(head)))} |"
    yield from (_row(row) for row in rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell if _NUMBERS.fullmatch(cell) else escaped(cell) for cell in cells)} |"


def _arms(study: WorkStudy) -> Iterator[str]:
    headline = any(arm.headline for arm in study.arms)
    against = {d.arm: d for d in study.differences}
    head = ["Arm", f"{study.unit} a shift", "95 % interval", "People", "Per head", "An hour"]
    head += ["× norm"] if headline else []
    head += ["More than the first", "Times the first"] if against else []
    rows = []
    for arm in study.arms:
        row = [title(arm), mean(arm.output), interval(arm.output) or "–", str(arm.heads)]
        row += [mean(arm.per_head), mean(arm.per_hour)]
        row += [mean(arm.headline) if arm.headline else "–"] if headline else []
        if against:
            less = against.get(arm.name)
            row += [f"{signed(less.output)} ({interval(less.output)})", estimate(less.ratio)] if less else ["–", "–"]
        rows.append(row)
    yield from _table(head, rows)
    credited = [
        f"{by_label(arm)} {arm.heads} for {number(arm.credited)}" for arm in study.arms if arm_words.credit(arm)
    ]
    if headline and credited:
        yield from ("", escaped(f"× norm credits fewer heads than were at work: {', '.join(credited)}."))


def _arm(arm: ArmResult) -> Iterator[str]:
    yield from ("", f"## {escaped(title(arm))}", "")
    told = [
        ("Bottleneck", arm.bottleneck.says if arm.bottleneck else ""),
        ("Would help, too", arm_words.also(arm)),
        ("Left undone", "; ".join(arm_words.debts(arm))),
        ("Lost for want of room", "; ".join(arm_words.losses(arm))),
        ("Tools in use", "; ".join(arm_words.tool_use(arm))),
        ("In buffers, on average", "; ".join(arm_words.levels(arm))),
        ("Flow", arm_words.flow(arm)),
        ("Of the best possible", arm_words.bound(arm)),
        ("Best fixed roles", arm_words.best_roles(arm)),
        ("Warm-up", arm_words.warm_up(arm)),
        *(("Note", note) for note in (*arm.notes, arm_words.unsound(arm))),
    ]
    yield from (f"- **{word}:** {escaped(said)}" for word, said in told if said)
    used = uses(arm)
    if used:
        yield ""
        tasks, waits = task_names(arm), wait_names(used)
        head = ["Share of the time", *tasks, *(WAITS[wait].short for wait in waits)]
        rows = [
            [
                use.name,
                *("" if task not in use.tasks else percent(use.tasks[task]) for task in tasks),
                *(percent(use.waits.get(wait, 0.0)) for wait in waits),
            ]
            for use in used
        ]
        yield from _table(head, rows)


def _gain(study: WorkStudy, gain: Gain) -> Iterator[str]:
    if not told_apart(gain):
        yield from ("", escaped(not_told(study, gain, by_label)))
        return
    start, end = (arm_called(study, name, by_label) for name in (gain.start, gain.end))
    what = "output per credited head over the norm" if gain.headline else "output"
    yield from ("", f"## {escaped(f'Where the {mean(gain.ratio)} times come from')}", "")
    yield from (f"{escaped(what.capitalize())}, from {escaped(start)} to {escaped(end)}.", "")
    head = ("Factor", "Times", "95 % interval", "Share of the gain", "Alone", "Last")
    rows = [
        [
            factor_name(f),
            f"×{mean(f.times)}",
            interval(f.times) or "–",
            share_of(f.share),
            f"×{times(f.alone)}",
            f"×{times(f.last)}",
        ]
        for f in gain.factors
    ]
    yield from _table(head, [*rows, ["All together", f"×{mean(gain.ratio)}", interval(gain.ratio), "100 %", "", ""]])
    per_head = f"Per head: {number(gain.per_head, digits=4)} {study.unit} a shift."
    yield from ("", escaped(f"{per_head} {gain.combinations} combinations of factors were simulated."))


def _curve(study: WorkStudy, curve: CrewCurve) -> Iterator[str]:
    named = arm_called(study, curve.arm, by_label)
    yield from ("", f"## {escaped(f'Output of {named} with other numbers of people')}", "")
    rows = [
        [str(size), mean(output), interval(output) or "–", mean(per_head)]
        for size, output, per_head in zip(curve.sizes, curve.output, curve.per_head, strict=True)
    ]
    yield from _table(("People", f"{study.unit} a shift", "95 % interval", "Per head"), rows)


def _assumptions(study: WorkStudy) -> Iterator[str]:
    matters, rest = matter(study)
    yield from ("", "## Assumed values", "")
    rows = []
    for swing in matters:
        move = moved(study, swing)
        row = [swing.at, number(swing.value), f"{number(swing.range[0])} to {number(swing.range[1])}"]
        row += [f"{move.what} of {by_label(move.arm)}" if move else "–"]
        row += [" to ".join(number(end, digits=4) for end in move.ends) if move else "–"]
        row += [" to ".join(times(end) for end in swing.ratio) if swing.ratio else "–", swing.why]
        rows.append(row)
    if rows:
        head = ("Assumed", "Is", "May be", "Moves", "Between", "The gain", "Why")
        yield from _table(head, rows)
    if rest:
        names = ", ".join(escaped(swing.at) for swing in rest)
        yield from ("", f"Moves nothing by {percent(MATTERS)} or more: {names}.")
