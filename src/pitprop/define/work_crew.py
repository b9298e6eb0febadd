"""Whether people can work so: how many they are, when they are there, and how they pass work on."""

from __future__ import annotations

from collections.abc import Iterator

from pitprop.define.place import Path
from pitprop.define.shape import Misfit
from pitprop.define.work import Role, Task, Work, Worker
from pitprop.define.work_flow import ways
from pitprop.define.work_references import roles_in_use

MAX_SLOTS = 64


def miscrewed(work: Work) -> Iterator[Misfit]:
    """Too many people, times outside the shift, units that cannot be followed, a brigade without a line."""
    yield from _too_many(work)
    yield from _warm_up(work)
    for path, able in _people(work):
        yield from _times(work, path, able)
    for name in roles_in_use(work):
        yield from _followed(work, name)
    if work.crew is not None and work.crew.rule == "bucket_brigade":
        yield from _brigade(work)


def heads(work: Work) -> int:
    """How many people there are."""
    if work.crew is None:
        return 0
    return len(work.crew.workers or ()) or work.crew.size or len(work.crew.roles or ())


def _too_many(work: Work) -> Iterator[Misfit]:
    runs = sum(task.parallel for task in work.tasks.values() if task.automatic)
    if heads(work) + runs > MAX_SLOTS:
        says = f"has {heads(work)} people beside {runs} automatic runs at once; together they may be {MAX_SLOTS}"
        yield Misfit(path=("crew",) if work.crew else ("tasks",), says=says)


def _warm_up(work: Work) -> Iterator[Misfit]:
    shift = work.shift
    horizon = (shift.count - 1) * shift.period + shift.length
    if work.warm_up == "auto":
        if shift.count > 1:
            says = f"is `auto`, which is for work that never ends, and there are {shift.count} shifts; give a time"
            yield Misfit(path=("warm_up",), says=says)
    elif work.warm_up >= horizon:
        says = f"is {work.warm_up:g}, and the whole time worked is {horizon:g}: nothing would be counted"
        yield Misfit(path=("warm_up",), says=says)


def _people(work: Work) -> Iterator[tuple[Path, Role | Worker]]:
    for name in roles_in_use(work):
        yield ("roles", name), work.roles[name]
    for name, worker in (work.crew.workers or {} if work.crew else {}).items():
        yield ("crew", "workers", name), worker


def _times(work: Work, path: Path, able: Role | Worker) -> Iterator[Misfit]:
    length = work.shift.length
    if able.hours and able.hours[0] >= length:
        says = f"are from {able.hours[0]:g} to {able.hours[1]:g}, and a shift lasts {length:g}: nobody would ever come"
        yield Misfit(path=(*path, "hours"), says=says)
    if able.training is not None and able.training >= (work.shift.count - 1) * work.shift.period + length:
        says = f"is {able.training:g}, and the whole time worked is {length:g}: nothing would be done"
        yield Misfit(path=(*path, "training"), says=says)
    last = 0.0
    for i, pause in enumerate(able.breaks or ()):
        if pause.at >= length:
            says = f"is at {pause.at:g}, and a shift lasts {length:g}: a break lies within the shift"
            yield Misfit(path=(*path, "breaks", i, "at"), says=says)
        elif pause.at < last:
            says = f"is at {pause.at:g}, before the break above has ended; put breaks in order, one after the other"
            yield Misfit(path=(*path, "breaks", i, "at"), says=says)
        last = pause.at + pause.length


def _followed(work: Work, name: str) -> Iterator[Misfit]:
    """Tasks of a role that follows units, where more than one unit goes on."""
    role = work.roles[name]
    workers = work.crew.workers if work.crew else None
    asked = [worker.follow for worker in (workers or {}).values() if worker.role == name]
    if not (role.follow or any(asked)):
        return
    for task_name in role.tasks:
        for i, way in enumerate(work.tasks[task_name].ways):
            buffer = next(iter(way.to), None)
            onward = next((t for t in work.tasks if t in role.tasks and buffer in work.tasks[t].takes), None)
            if buffer is None or onward is None:
                continue
            takes = work.tasks[onward].takes[buffer]
            if way.to[buffer] != 1 or takes != 1:
                says = (
                    f"puts {way.to[buffer]} into `{buffer}`, from which `{onward}` takes {takes}; "
                    f"whoever follows a unit (`{name}`) carries one at a time"
                )
                yield Misfit(path=("tasks", task_name, "to", i, "to", buffer), says=says)


def _brigade(work: Work) -> Iterator[Misfit]:
    """What keeps tasks from being a line along which a bucket brigade can stand."""
    for name, task in work.tasks.items():
        says = _no_part_of_a_line(task)
        if says:
            yield Misfit(path=("tasks", name), says=f"{says}; a bucket brigade needs a plain series of tasks")
    if not _in_series(work):
        says = "is `bucket_brigade`, and the tasks are not one series from the first to the output"
        yield Misfit(path=("crew", "rule"), says=says)
    for name, buffer in work.buffers.items():
        if buffer.start and name != work.output:
            says = "has a `start`; a bucket brigade keeps its units in hand, and nothing in buffers"
            yield Misfit(path=("buffers", name), says=says)
    for path, able in _people(work):
        said = [f"`{key}`" for key in _STAYS if getattr(able, key)]
        if said:
            says = f"has {' and '.join(said)}, of which a bucket brigade takes no account; leave it out"
            yield Misfit(path=path, says=says)
    for role in roles_in_use(work):
        left = [name for name in work.tasks if name not in work.roles[role].tasks]
        if left:
            says = f"leaves out `{left[0]}`; in a bucket brigade everyone may have to do every task"
            yield Misfit(path=("roles", role, "tasks"), says=says)


_STAYS = ("follow", "training", "experience", "fatigue", "breaks", "hours")
"""What is said of people who come and go, learn and tire."""


def _no_part_of_a_line(task: Task) -> str:
    if task.automatic:
        return "is `automatic`"
    if task.tools:
        return "holds tools"
    if task.setup or task.learning:
        return "has a `setup` or `learning`"
    if len(ways(task)) != 1 or len(ways(task)[0].to) != 1:
        return "does not put its unit into one buffer"
    if len(task.takes) > 1:
        return "takes from several buffers"
    if any(count != 1 for count in (*task.takes.values(), *ways(task)[0].to.values())):
        return "takes or puts several units at once"
    return ""


def _in_series(work: Work) -> bool:
    first = [name for name, task in work.tasks.items() if not task.takes]
    if len(first) != 1:
        return False
    seen, name = 1, first[0]
    while True:
        buffer = next(iter(ways(work.tasks[name])[0].to), None)
        onward = [other for other, task in work.tasks.items() if buffer in task.takes]
        if len(onward) != 1 or seen > len(work.tasks):
            return buffer == work.output and seen == len(work.tasks)
        seen, name = seen + 1, onward[0]
