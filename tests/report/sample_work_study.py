"""Work studies built by hand: the mine's shift in five arms, one arm alone, many of everything, and hostile texts."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pitprop.simulate.work.results import (
    ArmResult,
    Bottleneck,
    BufferUse,
    Capacity,
    CrewCurve,
    Difference,
    Estimate,
    FactorShare,
    Gain,
    OneMore,
    Records,
    Roles,
    Swing,
    ToolUse,
    WorkerUse,
    WorkStudy,
)
from pitprop.simulate.work.totals import Waits

HOSTILE = "<script>window.pwned=1;alert(1)</script>\"'><img src=x onerror=alert(2)>`${7*7}`\x1b[31m\u202e|@=cmd"
TASKS = ("hew", "prop", "load", "lead")
MINUTES: Mapping[str, float] = {"hew": 3.38, "prop": 6.2, "load": 2.9, "lead": 3.1}


def about(mean: float, half: float = 0.0) -> Estimate:
    """A mean with an interval of that half-width."""
    return Estimate(mean=mean, low=mean - half, high=mean + half)


def records(crew: Mapping[str, str], *, horizon: float, slow: float = 1.0, limit: int = 6) -> Records:
    """A shift unit by unit: each unit is hewn, propped, loaded and led away by who does that task in `crew`."""
    rng = np.random.default_rng(7)
    slots = tuple(dict.fromkeys(crew.values()))
    free = dict.fromkeys(slots, 0.0)
    runs: list[tuple[int, int, int, float, float, float, float]] = []
    propped: list[float] = []
    ages: list[float] = []
    unit = 0
    while min(free.values()) < horizon and unit < 400:
        ready, born = 0.0, 0.0
        for place, task in enumerate(TASKS):
            who = crew[task]
            start = max(free[who], ready)
            if place == 0:
                born = start
            finish = start + slow * MINUTES[task] * rng.gamma(11, 1 / 11)
            leave = max(finish, propped[unit - limit]) if task == "hew" and unit >= limit else finish
            if task == "prop":
                propped.append(start)
            free[who] = ready = leave
            if start < horizon:
                runs.append((slots.index(who), place, unit, start, start, min(finish, horizon), min(leave, horizon)))
        if ready < horizon:
            ages.append(ready - born)
        unit += 1
    runs.sort(key=lambda run: run[3])
    columns = list(zip(*runs, strict=True))
    changes: list[tuple[float, int]] = [(0.0, 0)]
    changes += [(run[6], 1) for run in runs if run[1] == 0 and run[6] < horizon]
    changes += [(run[3], -1) for run in runs if run[1] == 1]
    changes.sort(key=lambda change: change[0])
    return Records(
        slots=slots,
        tasks=TASKS,
        buffers=("unpropped",),
        worker=np.array(columns[0]),
        task=np.array(columns[1]),
        unit=np.array(columns[2]),
        start=np.array(columns[3]),
        work=np.array(columns[4]),
        finish=np.array(columns[5]),
        leave=np.array(columns[6]),
        waits=tuple(_waits(runs, len(slots), horizon)),
        levels={
            "unpropped": (
                np.array([at for at, _ in changes]),
                np.maximum(np.cumsum([by for _, by in changes]), 0),
            )
        },
        age=np.array(ages),
        horizon=horizon,
    )


def _waits(runs: Sequence[tuple[int, int, int, float, float, float, float]], slots: int, horizon: float) -> Any:
    for slot in range(slots):
        before = 0.0
        for who, _, _, start, _, finish, leave in runs:
            if who != slot:
                continue
            if start > before + 1e-9:
                yield slot, int(Waits.STARVED), before, start
            if leave > finish + 1e-9:
                yield slot, int(Waits.BLOCKED), finish, leave
            before = leave
        if before < horizon:
            yield slot, int(Waits.STARVED), before, horizon


def worker(name: str, role: str, tasks: Mapping[str, float], **waits: float) -> WorkerUse:
    """A worker whose remaining time is without work."""
    rest = 1 - sum(tasks.values()) - sum(waits.values())
    all_waits = {wait.name.lower(): waits.get(wait.name.lower(), 0.0) for wait in Waits} | {"starved": rest}
    return WorkerUse(
        name=name,
        role=role,
        tasks={task: about(share, 0.004) for task, share in tasks.items()},
        waits={wait: about(share, 0.003 if share else 0.0) for wait, share in all_waits.items()},
    )


def buffer(name: str, *, limit: float, level: float, left: float, debt: bool = False) -> BufferUse:
    return BufferUse(
        name=name,
        limit=limit,
        level=about(level, 0.05),
        peak=about(min(limit, level * 2.2 + 1), 0.1),
        wait=about(level * 3.4, 0.2),
        left=about(left, 0.15),
        debt=debt,
    )


def arm(
    name: str,
    label: str,
    tonnes: float,
    half: float,
    workers: Sequence[WorkerUse],
    *,
    hours: float = 6.0,
    credited: float = 1.0,
    **changes: Any,
) -> ArmResult:
    """An arm with what follows from its output filled in."""
    heads = len(workers)
    given: dict[str, Any] = {
        "name": name,
        "label": label,
        "factors": (),
        "heads": heads,
        "unit": "t",
        "time": "minute",
        "replications": 400,
        "output": about(tonnes, half),
        "spread": half * 10.2,
        "per_head": about(tonnes / heads, half / heads),
        "per_hour": about(tonnes / hours, half / hours),
        "per_head_hour": about(tonnes / hours / heads, half / hours / heads),
        "headline": about(tonnes / credited / 7, half / credited / 7),
        "warm_up": 0.0,
        "warm_up_found": False,
        "cycle_time": about(18.4, 0.3),
        "in_progress": about(5.2, 0.08),
        "little": 3e-15,
        "workers": tuple(workers),
        "buffers": (
            buffer("face", limit=12, level=1.4, left=1.1),
            buffer("unpropped", limit=6, level=3.3, left=2.2, debt=True),
            buffer("carts", limit=4, level=0.8, left=0.4),
            buffer("delivered", limit=math.inf, level=tonnes / 2, left=tonnes),
        ),
        "tools": (ToolUse(name="drill", count=1, use=about(0.948, 0.002), repair=about(0.021, 0.001)),),
        "done": {"hew": about(tonnes, half), "prop": about(tonnes - 2, half), "load": about(tonnes, half)},
        "lost": {},
        "bottleneck": None,
        "capacity": None,
        "roles": None,
        "notes": (),
        "credited": credited,
        "norm": 7.0,
    }
    return ArmResult(**given | changes)


def ordinary() -> ArmResult:
    return arm(
        "ordinary",
        "The ordinary shift",
        7.02,
        0.031,
        [worker("hewer", "generalist", {"hew": 0.21, "prop": 0.40, "load": 0.18, "lead": 0.20}, switching=0.01)],
        bottleneck=Bottleneck(
            name="worker hewer",
            says="worker hewer is at work 99 % of the time; one more would yield 6.98 t a shift (6.92 to 7.04)",
            one_more=(OneMore(of="worker hewer", kind="worker", gain=about(6.98, 0.06)),),
        ),
        capacity=Capacity(
            output=7.11,
            shares={"hewer": {"hew": 0.215, "prop": 0.403, "load": 0.182, "lead": 0.2}},
            limited_by=("hewer",),
        ),
        tools=(ToolUse(name="pick", count=1, use=about(0.21, 0.002), repair=about(0.0)),),
    )


def four_roles() -> ArmResult:
    return arm(
        "four_roles",
        "Four roles, as in the story",
        101.9,
        0.31,
        [
            worker("hewer", "hewer", {"hew": 0.957}, blocked=0.022, repair=0.021),
            worker("propper", "propper", {"prop": 0.88}),
            worker("loader", "loader", {"load": 0.82}),
            worker("guide", "guide", {"lead": 0.79}),
        ],
        factors=("crew", "roles", "drill", "prepared"),
        bottleneck=Bottleneck(
            name="worker hewer",
            says="worker hewer is at work 96 % of the time; one more would yield 9.4 t a shift (9.0 to 9.8)",
            one_more=(
                OneMore(of="worker hewer", kind="worker", gain=about(9.4, 0.4)),
                OneMore(of="worker propper", kind="worker", gain=about(2.1, 0.3)),
                OneMore(of="room in unpropped", kind="buffer", gain=about(0.9, 0.3)),
                OneMore(of="tool drill", kind="tool", gain=about(0.1, 0.3)),
            ),
        ),
        capacity=Capacity(
            output=106.5,
            shares={"hewer": {"hew": 1.0}, "propper": {"prop": 0.93, "load": 0.07}, "loader": {"load": 0.8}},
            limited_by=("hewer", "drill"),
        ),
        roles=Roles(
            tasks={"hewer": ("hew",), "propper": ("prop",), "loader": ("load",), "guide": ("lead",)},
            output=about(101.9, 0.31),
            exact=True,
            looked_at=24,
        ),
    )


def historic() -> ArmResult:
    return arm(
        "historic",
        "Stakhanov and two proppers, 5 h 45",
        101.6,
        0.29,
        [
            worker("hewer", "hewer", {"hew": 0.98}, blocked=0.02),
            worker("propper_1", "propper", {"prop": 0.91}),
            worker("propper_2", "propper", {"prop": 0.87}),
        ],
        hours=5.75,
        factors=("crew", "roles", "drill", "prepared"),
        capacity=Capacity(output=102.1, shares={"hewer": {"hew": 1.0}}, limited_by=("hewer",)),
    )


def props_skipped() -> ArmResult:
    return arm(
        "props_skipped",
        "Props skipped",
        107.3,
        0.27,
        [
            worker("hewer", "hewer", {"hew": 0.998}),
            worker("propper", "propper", {"prop": 0.99}),
            worker("loader", "loader", {"load": 0.86}),
            worker("guide", "guide", {"lead": 0.83}),
        ],
        factors=("crew", "roles", "drill", "prepared"),
        buffers=(
            buffer("unpropped", limit=math.inf, level=17.1, left=32.7, debt=True),
            buffer("delivered", limit=math.inf, level=53.0, left=107.3),
        ),
        notes=("In 3 of 400 replications nothing was left to do before the shift was over.",),
    )


def roles_alone() -> ArmResult:
    return arm(
        "roles_alone",
        "Four roles with picks, face as it was",
        24.3,
        0.12,
        [
            worker("hewer", "hewer", {"hew": 0.71}, blocked=0.28),
            worker("propper", "propper", {"prop": 0.995}),
            worker("loader", "loader", {"load": 0.52}, tool=0.08),
            worker("guide", "guide", {"lead": 0.61}, room=0.02),
        ],
        factors=("crew", "roles"),
        lost={"load": about(0.4, 0.05)},
    )


def difference(one: ArmResult, than: ArmResult) -> Difference:
    return Difference(
        arm=one.name,
        than=than.name,
        output=about(one.output.mean - than.output.mean, 0.3),
        per_head=about(one.per_head.mean - than.per_head.mean, 0.08),
        ratio=about(one.output.mean / (than.output.mean or math.nan), 0.07),
    )


def gain() -> Gain:
    def factor(name: str, label: str, times: float, alone: float, last: float) -> FactorShare:
        share = math.log(times) / math.log(101.9 / 7.02)
        return FactorShare(
            name=name,
            label=label,
            times=Estimate(mean=times, low=times * 0.99, high=times * 1.01),
            share=about(share, 0.004),
            alone=alone,
            last=last,
        )

    return Gain(
        start="ordinary",
        end="four_roles",
        ratio=about(101.9 / 7.02, 0.07),
        headline=True,
        factors=(
            factor("crew", "Crew credited to one man", 4.0, 4.0, 3.61),
            factor("roles", "One role for each", 0.93, 0.87, 1.12),
            factor("drill", "Heavy drill", 1.19, 1.08, 1.41),
            factor("prepared", "Prepared face", 101.9 / 7.02 / (4.0 * 0.93 * 1.19), 2.9, 3.6),
        ),
        per_head=25.475,
        combinations=16,
    )


def swings() -> tuple[Swing, ...]:
    def swing(at: str, value: float, ends: tuple[float, float], four: tuple[float, float], why: str = "") -> Swing:
        first = (7.02 * (1 + (four[0] / 101.9 - 1) / 3), 7.02 * (1 + (four[1] / 101.9 - 1) / 3))
        ratio = (four[0] / first[0], four[1] / first[1])
        matters = max(abs(end / 101.9 - 1) for end in four)
        return Swing(
            at=at,
            value=value,
            range=ends,
            why=why,
            output={"ordinary": first, "four_roles": four},
            ratio=ratio,
            matters=matters,
        )

    return (
        swing("tasks.prop.time.mean", 6.2, (5, 8), (104.2, 82.6), "Nobody timed the propping; from memoirs."),
        swing("conditions.bench.times.all", 4.52, (3.5, 6), (101.9, 93.1), "Calibrated to 7 t in 6 h."),
        swing("tasks.load.time.mean", 2.9, (2, 4), (102.3, 98.8)),
        swing("tools.drill.fails.after.mean", 240, (120, 480), (101.7, 102.1)),
        swing("tasks.lead.time.mean", 3.1, (2.5, 3.4), (101.9, 101.6)),
    )


def curve(name: str) -> CrewCurve:
    outputs = (7.0, 31.0, 68.0, 101.9, 104.0, 104.3)
    return CrewCurve(
        arm=name,
        sizes=(1, 2, 3, 4, 5, 6),
        output=tuple(about(tonnes, tonnes / 300) for tonnes in outputs),
        per_head=tuple(about(tonnes / size, tonnes / 300 / size) for size, tonnes in enumerate(outputs, 1)),
    )


FOUR: Mapping[str, str] = {"hew": "hewer", "prop": "propper", "load": "loader", "lead": "guide"}
"""Task -> who does it, where each has a role."""
ONE: Mapping[str, str] = dict.fromkeys(TASKS, "hewer")


def study(arms: Sequence[ArmResult], **changes: Any) -> WorkStudy:
    given: dict[str, Any] = {
        "version": "0.1.0",
        "scenario": "mine_shift",
        "title": "The record shift, taken apart",
        "description": "One picks without a break, one loads, one props, one guides the ponies.",
        "seed": 0,
        "replications": 400,
        "engine": "compiled",
        "unit": "t",
        "time": "minute",
        "norm": 7.0,
        "arms": tuple(arms),
        "differences": tuple(difference(one, arms[0]) for one in arms[1:]),
        "gain": None,
        "swings": (),
        "curves": (),
        "records": {},
    }
    return WorkStudy(**given | changes)


def mine() -> WorkStudy:
    """Everything that a study can have."""
    return study(
        [ordinary(), roles_alone(), four_roles(), historic(), props_skipped()],
        gain=gain(),
        swings=swings(),
        curves=(curve("four_roles"),),
        records={
            "ordinary": records(ONE, horizon=360, slow=3.3),
            "roles_alone": records(FOUR, horizon=360, slow=2.4),
            "four_roles": records(FOUR, horizon=360),
            "props_skipped": records(FOUR, horizon=360, limit=10_000),
        },
    )


def alone() -> WorkStudy:
    """One arm, and nothing else."""
    return study([dataclasses.replace(ordinary(), headline=None, credited=None, norm=None)], norm=None)


def crowd() -> WorkStudy:
    """Twenty arms of sixty people."""

    def people(place: int) -> list[WorkerUse]:
        roles = ("hewer", "propper", "loader", "guide")
        return [
            worker(
                f"{roles[i % 4]}_{i // 4 + 1}", roles[i % 4], {TASKS[i % 4]: 0.6 + 0.3 * ((i * 7 + place) % 10) / 10}
            )
            for i in range(60)
        ]

    arms = [
        arm(f"arm_{place:02d}", f"Arm number {place}", 700 + 11.0 * place, 1.5, people(place)) for place in range(20)
    ]
    crew = {task: f"{who}_1" for task, who in FOUR.items()}
    shift = records(crew, horizon=360)
    names = tuple(f"{who}_{i}" for i in range(1, 16) for who in FOUR.values())
    lots = dataclasses.replace(
        shift,
        slots=names,
        worker=np.concatenate([shift.worker + 4 * i for i in range(15)]),
        **{
            column: np.tile(getattr(shift, column), 15)
            for column in ("task", "unit", "start", "work", "finish", "leave")
        },
        waits=tuple((slot + 4 * i, wait, start, end) for i in range(15) for slot, wait, start, end in shift.waits),
    )
    return study(arms, records={one.name: lots for one in arms})


def hostile() -> WorkStudy:
    """Harm in every text."""

    def spoilt(one: ArmResult) -> ArmResult:
        return dataclasses.replace(
            one,
            name=f"{one.name}{HOSTILE}",
            label=HOSTILE,
            unit=HOSTILE,
            factors=(HOSTILE,),
            workers=tuple(
                dataclasses.replace(
                    w, name=f"{w.name}{HOSTILE}", role=HOSTILE, tasks={f"{t}{HOSTILE}": e for t, e in w.tasks.items()}
                )
                for w in one.workers
            ),
            buffers=tuple(dataclasses.replace(b, name=f"{b.name}{HOSTILE}") for b in one.buffers),
            tools=tuple(dataclasses.replace(t, name=HOSTILE) for t in one.tools),
            done={f"{t}{HOSTILE}": e for t, e in one.done.items()},
            lost={HOSTILE: about(1.0, 0.1)},
            bottleneck=Bottleneck(
                name=HOSTILE, says=HOSTILE, one_more=(OneMore(of=f"x {HOSTILE}", kind="tool", gain=about(2.0, 0.5)),)
            ),
            capacity=Capacity(output=110.0, shares={HOSTILE: {HOSTILE: 1.0}}, limited_by=(HOSTILE,)),
            roles=Roles(tasks={HOSTILE: (HOSTILE,)}, output=about(99.0, 1.0), exact=False, looked_at=9),
            notes=(HOSTILE,),
        )

    base = mine()
    arms = [spoilt(one) for one in base.arms]
    assert base.gain is not None
    return study(
        arms,
        scenario=HOSTILE,
        title=HOSTILE,
        description=HOSTILE,
        engine=HOSTILE,
        unit=HOSTILE,
        gain=dataclasses.replace(
            base.gain,
            start=arms[0].name,
            end=arms[2].name,
            factors=tuple(dataclasses.replace(f, name=HOSTILE, label=HOSTILE) for f in base.gain.factors),
        ),
        swings=tuple(
            dataclasses.replace(s, at=f"{s.at}{HOSTILE}", why=HOSTILE, output={arms[2].name: s.output["four_roles"]})
            for s in base.swings
        ),
        curves=(dataclasses.replace(base.curves[0], arm=arms[2].name),),
        records={
            arms[2].name: dataclasses.replace(
                base.records["four_roles"],
                slots=tuple(f"{s}{HOSTILE}" for s in base.records["four_roles"].slots),
                tasks=tuple(f"{t}{HOSTILE}" for t in TASKS),
                levels={f"{name}{HOSTILE}": level for name, level in base.records["four_roles"].levels.items()},
            )
        },
        notes=(HOSTILE,),
    )


def nothing() -> WorkStudy:
    """Arms from which nothing came: locked up, without people, on one replication."""
    unknown = Estimate(mean=math.nan, low=math.nan, high=math.nan)
    endless = Estimate(mean=math.inf, low=-math.inf, high=math.inf)
    zero = about(0.0)
    locked = arm(
        "locked",
        "",
        0.0,
        0.0,
        [worker("one", "one", {"hew": 0.0}, blocked=1.0)],
        cycle_time=None,
        in_progress=None,
        little=None,
        capacity=Capacity(output=0.0, shares={}, limited_by=()),
        bottleneck=Bottleneck(name="", says="Nothing stands out.", one_more=()),
        roles=Roles(tasks={}, output=zero, exact=True, looked_at=0),
        notes=("Replication 1 locks up: one waits for room in face, and nobody takes from it.",),
        warm_up=12.5,
        warm_up_found=True,
        done={},
        tools=(),
        buffers=(),
    )
    automatic = dataclasses.replace(
        locked, name="automatic", heads=0, workers=(), per_head=unknown, headline=None, output=zero, credited=None
    )
    empty = records(ONE, horizon=1e-9)
    gain = Gain(
        start="locked",
        end="automatic",
        ratio=unknown,
        headline=False,
        factors=(FactorShare(name="f", label="", times=unknown, share=unknown, alone=math.nan, last=math.inf),),
        per_head=math.nan,
        combinations=2,
    )
    swing = Swing(
        at="norm",
        value=1.0,
        range=(0.0, 2.0),
        why="",
        output={"locked": (0.0, math.nan), "automatic": (0.0, 0.0)},
        ratio=(math.nan, math.inf),
        matters=math.nan,
    )
    return study(
        [locked, automatic],
        title="",
        description="",
        differences=(Difference(arm="automatic", than="locked", output=endless, per_head=unknown, ratio=unknown),),
        gain=gain,
        swings=(swing,),
        curves=(CrewCurve(arm="locked", sizes=(1, 2), output=(zero, unknown), per_head=(zero, unknown)),),
        records={"locked": empty, "automatic": dataclasses.replace(empty, horizon=0.0)},
        replications=1,
        notes=("A note.",),
    )
