"""The report of a work study that a person reads: one self-contained page, without scripts and without a network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pitprop.report.html import environment
from pitprop.report.picture import Picture
from pitprop.report.plain import plain
from pitprop.report.simulation import arm_words
from pitprop.report.simulation.amounts import estimate, mean
from pitprop.report.simulation.arms_compared import arms_compared
from pitprop.report.simulation.buffer_trace import buffer_trace, traced
from pitprop.report.simulation.crew_size import crew_size
from pitprop.report.simulation.crew_timeline import crew_timeline
from pitprop.report.simulation.gain_waterfall import gain_waterfall
from pitprop.report.simulation.shades import SWATCHES, palette
from pitprop.report.simulation.time_shares import time_shares
from pitprop.report.simulation.time_use import WAITS
from pitprop.report.simulation.tornado import gain_moved, output_moved
from pitprop.report.simulation.work_answer import answer, by_label, featured, not_told, setting, title, told_apart
from pitprop.report.simulation.work_tables import (
    Table,
    arms_table,
    buffers_table,
    capacity_table,
    gain_table,
    one_more_table,
    swings_table,
    tools_table,
)
from pitprop.report.wording import number
from pitprop.simulate.work.results import ArmResult, WorkStudy

MOST_PICTURED = 8
"""More arms than that are not all drawn; each has its numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmPage:
    """One arm's part of the report."""

    anchor: str
    title: str
    name: str
    facts: tuple[tuple[str, str], ...]
    told: tuple[tuple[str, str], ...]
    """(word, what there is to say)."""
    notes: tuple[str, ...]
    pictures: tuple[Picture, ...]
    tables: tuple[Table, ...]


def work_html(study: WorkStudy) -> str:
    """The whole report as one HTML page. The same study gives the same bytes."""
    anchors = _anchors(study.arms)
    drawn = {arm.name for arm in featured(study, MOST_PICTURED)}
    swatches = palette(study)
    pages = [_page(study, arm, anchors[arm.name], swatches, drawn=arm.name in drawn) for arm in study.arms]
    return (
        environment()
        .get_template("work.html.j2")
        .render(
            study=study,
            heading=plain(study.title) or plain(study.scenario),
            setting=setting(study),
            answer=answer(study, by_label),
            arms=arms_table(study, anchors),
            credited=_credited(study.arms),
            compared=arms_compared(study) if len(study.arms) > 1 else None,
            gain=gain_table(study.gain) if study.gain and told_apart(study.gain) else None,
            gain_words=_gain_words(study),
            waterfall=gain_waterfall(study, study.gain) if study.gain else None,
            crews=_drawn(crew_size(study), crew_size(study, per_head=True)),
            swings=swings_table(study) if study.swings else None,
            tornados=_drawn(gain_moved(study), output_moved(study)),
            pages=pages,
            undrawn=len(study.arms) - len(drawn),
            SWATCHES=SWATCHES,
            WAITS=WAITS,
        )
    )


def _drawn(*pictures: Picture | None) -> tuple[Picture, ...]:
    return tuple(picture for picture in pictures if picture is not None)


def _anchors(arms: Iterable[ArmResult]) -> dict[str, str]:
    """An id for each arm: its name where that is fit for one."""
    return {
        arm.name: f"arm-{arm.name}" if re.fullmatch(r"[a-z0-9_]{1,128}", arm.name) else f"arm-{place}"
        for place, arm in enumerate(arms, 1)
    }


def _credited(arms: Iterable[ArmResult]) -> str:
    told = [f"{title(arm)} {arm.heads} for {number(arm.credited)}" for arm in arms if arm_words.credit(arm)]
    more = f", and {len(told) - 6} more arms" if len(told) > 6 else ""
    return f"“× norm” credits fewer heads than were at work: {', '.join(told[:6])}{more}." if told else ""


def _gain_words(study: WorkStudy) -> str:
    if not study.gain:
        return ""
    if not told_apart(study.gain):
        return not_told(study, study.gain, by_label)
    end = next((arm for arm in study.arms if arm.name == study.gain.end), None)
    credit = arm_words.credit(end) if end else ""
    per_head = f"Per head it is {number(study.gain.per_head, digits=4)} {plain(study.unit)} a shift"
    return f"{per_head}: {credit}." if credit else f"{per_head}."


def _page(study: WorkStudy, arm: ArmResult, anchor: str, swatches: Mapping[str, str], *, drawn: bool) -> ArmPage:
    return ArmPage(
        anchor=anchor,
        title=title(arm),
        name=plain(arm.name) if arm.name != title(arm) else "",
        facts=_facts(arm),
        told=_told(arm),
        notes=tuple(plain(note) for note in (*arm.notes, arm_words.unsound(arm)) if note),
        pictures=_pictures(study, arm, swatches) if drawn else (),
        tables=tuple(
            table
            for table in (one_more_table(arm), buffers_table(arm), tools_table(arm), capacity_table(arm))
            if table is not None
        ),
    )


def _facts(arm: ArmResult) -> tuple[tuple[str, str], ...]:
    unit = plain(arm.unit)
    facts = [
        ("Output a shift", estimate(arm.output, unit)),
        ("An hour", f"{mean(arm.per_hour)} {unit}"),
        ("People", str(arm.heads)),
    ]
    if arm.heads > 1:
        facts += [
            ("Per head", f"{mean(arm.per_head)} {unit}"),
            ("Per head and hour", f"{mean(arm.per_head_hour)} {unit}"),
        ]
    if arm.headline:
        facts.append(("Times the norm", mean(arm.headline)))
    facts.append(("Standard deviation from shift to shift", f"{number(arm.spread)} {unit}"))
    return tuple(facts)


def _told(arm: ArmResult) -> tuple[tuple[str, str], ...]:
    told = (
        ("Bottleneck", arm.bottleneck.says if arm.bottleneck else ""),
        ("Would help, too", arm_words.also(arm)),
        ("Switched on", ", ".join(arm.factors)),
        ("Left undone", "; ".join(arm_words.debts(arm))),
        ("Lost for want of room", "; ".join(arm_words.losses(arm))),
        ("Flow", arm_words.flow(arm)),
        ("Of the best possible", arm_words.bound(arm)),
        ("Best fixed roles", arm_words.best_roles(arm)),
        ("Warm-up", arm_words.warm_up(arm)),
    )
    return tuple((word, plain(said)) for word, said in told if said)


def _pictures(study: WorkStudy, arm: ArmResult, swatches: Mapping[str, str]) -> tuple[Picture, ...]:
    shown = [time_shares(arm, swatches=swatches)]
    records = study.records.get(arm.name)
    if records is not None:
        shown.append(crew_timeline(records, heads=arm.heads, time=arm.time, swatches=swatches))
        shown += [buffer_trace(buffer, records, time=arm.time) for buffer in traced(arm, records)]
    return _drawn(*shown)
