"""The people of a crew, one by one, with abilities of their own, so that they can be doubled or given other work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pitprop.define.work import Crew, Pause, Role, Work, Worker
from pitprop.simulate.work.network import people as workers

People = dict[str, Role]


def people(work: Work) -> People:
    """Everybody by name, with the role that is theirs alone: tasks, speeds, training and hours as they work out."""
    return {
        slot.name: Role(
            tasks=slot.tasks,
            speed={task: slot.speed[task] for task in slot.tasks},
            follow=slot.follow,
            training=slot.training,
            experience=dict(slot.experience),
            fatigue=slot.fatigue,
            breaks=tuple(Pause(at=at, length=length) for at, length in slot.breaks),
            hours=slot.hours,
        )
        for slot in workers(work)
    }


def crewed(work: Work, crew: Mapping[str, Role]) -> Work:
    """The same work done by these people."""
    rule = work.crew.rule if work.crew else "roles"
    named = Crew(workers={name: Worker(role=name) for name in crew}, rule=rule)
    return work.model_copy(update={"roles": dict(crew), "crew": named})


def able(work: Work) -> People:
    """Everybody with every task that they could do: those of their roles, and those for which they have a speed.

    The tasks of their roles come first and in their order, then the others, the last of the file first.
    """
    out: People = {}
    later = list(reversed(work.tasks))
    for name, role in people(work).items():
        speeds = _named_speeds(work, name)
        further = tuple(task for task in later if task in speeds and task not in role.tasks)
        out[name] = given(role, (*role.tasks, *further), {**speeds, **role.speed})
    return out


def given(role: Role, tasks: Sequence[str], speed: Mapping[str, float] | None = None) -> Role:
    """The same person with other tasks."""
    known = role.speed if speed is None else speed
    return role.model_copy(update={"tasks": tuple(tasks), "speed": {task: known[task] for task in tasks}})


def alike(crew: Mapping[str, Role]) -> dict[str, tuple[str, ...]]:
    """The first of each kind of people who differ in nothing but their names, with all of that kind."""
    kinds: list[tuple[Role, list[str]]] = []
    for name, role in crew.items():
        for known, names in kinds:
            if known == role:
                names.append(name)
                break
        else:
            kinds.append((role, [name]))
    return {names[0]: tuple(names) for _, names in kinds}


def _named_speeds(work: Work, name: str) -> dict[str, float]:
    """Speeds that the file names task by task for a person, in their roles or for themselves."""
    crew, speeds = work.crew, dict[str, float]()
    if crew is None:
        return speeds
    own = crew.workers[name] if crew.workers is not None else None
    roles = next(slot.role for slot in workers(work) if slot.name == name).split(" and ")
    for role in reversed(roles):
        speeds.update(work.roles[role].speed)
    if own is not None:
        speeds.update(own.speed)
    return {task: speed for task, speed in speeds.items() if task in work.tasks and not work.tasks[task].automatic}
