"""Whether what one way of working names exists in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from pitprop.define.place import Path
from pitprop.define.problem import nearest, shown
from pitprop.define.shape import Misfit, unknown_name
from pitprop.define.work import Role, Work, Worker


def misreferences(work: Work) -> Iterator[Misfit]:
    """Everything that names what is not there, and tasks that nobody can do."""
    yield from unknown_names(work)
    used = roles_in_use(work)
    if all(name in work.roles for name in used):
        yield from _undone(work, used)


def unknown_names(work: Work) -> Iterator[Misfit]:
    """Everything that names a task, buffer, tool or role which is not there."""
    yield from unknown_name(("output",), work.output, work.buffers, "a buffer")
    for name, task in work.tasks.items():
        yield from _unknown_keys(("tasks", name, "from"), task.takes, work.buffers, "a buffer")
        for i, way in enumerate(task.ways):
            yield from _unknown_keys(("tasks", name, "to", i, "to"), way.to, work.buffers, "a buffer")
        yield from _unknown_keys(("tasks", name, "tools"), task.tools, work.tools, "a tool")
    for name, role in work.roles.items():
        yield from _unknown_tasks(("roles", name), role, work)
        for i, task_name in enumerate(role.tasks):
            yield from unknown_name(("roles", name, "tasks", i), task_name, work.tasks, "a task")
    for name, condition in work.conditions.items():
        yield from _unknown_keys(("conditions", name, "times"), condition.times, [*work.tasks, "all"], "a task")
    yield from _crew(work)


def roles_in_use(work: Work) -> tuple[str, ...]:
    """Roles that somebody of the crew has."""
    if work.crew is None:
        return ()
    if work.crew.workers is not None:
        return tuple(dict.fromkeys(worker.role for worker in work.crew.workers.values()))
    return tuple(dict.fromkeys(work.crew.roles or ()))


def _crew(work: Work) -> Iterator[Misfit]:
    crew = work.crew
    if crew is not None:
        for i, name in enumerate(crew.roles or ()):
            yield from unknown_name(("crew", "roles", i), name, work.roles, "a role")
        for name, worker in (crew.workers or {}).items():
            yield from unknown_name(("crew", "workers", name, "role"), worker.role, work.roles, "a role")
            yield from _unknown_tasks(("crew", "workers", name), worker, work)


def _undone(work: Work, used: Collection[str]) -> Iterator[Misfit]:
    """Tasks that need a worker and that nobody of the crew may do; automatic ones that somebody should do."""
    done = {task for name in used for task in work.roles[name].tasks}
    for name, task in work.tasks.items():
        if not task.automatic and name not in done:
            who = "nobody of the crew may do it" if work.crew else "there is no `crew` to do it"
            says = f"{who}; give it to a role of theirs, or make it `automatic`"
            yield Misfit(path=("tasks", name), says=says, nearest=nearest(name, set(work.tasks) - {name}))
    for name in used:
        for i, task_name in enumerate(work.roles[name].tasks):
            if task_name in work.tasks and work.tasks[task_name].automatic:
                says = f"{shown(task_name)} is `automatic`, so that no worker does it"
                yield Misfit(path=("roles", name, "tasks", i), says=says)


def _unknown_tasks(path: Path, able: Role | Worker, work: Work) -> Iterator[Misfit]:
    yield from _unknown_keys((*path, "speed"), able.speed, [*work.tasks, "all"], "a task")
    yield from _unknown_keys((*path, "experience"), able.experience or (), work.tasks, "a task")


def _unknown_keys(path: Path, names: Iterable[str], known: Collection[str], what: str) -> Iterator[Misfit]:
    for name in names:
        yield from unknown_name((*path, name), name, known, what)
