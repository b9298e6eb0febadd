"""Whether there is room: buffers and tools that are too small for what tasks put, take and hold at once.

Where a buffer holds less than a task takes at once, units pass from one worker's hand into the next task.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from pitprop.define.place import Path
from pitprop.define.shape import Misfit
from pitprop.define.work import Task, Work
from pitprop.define.work_crew import heads
from pitprop.define.work_flow import ways
from pitprop.define.work_references import roles_in_use


def cramped(work: Work) -> Iterator[Misfit]:
    """Buffers that cannot hold what they must, and tools that are fewer than a run needs or of no use."""
    most_taken = _most_taken(work)
    for name, task in work.tasks.items():
        yield from _puts(work, name, task, most_taken)
        yield from _takes(work, name, task)
        for tool, count in task.tools.items():
            if count > work.tools[tool].count:
                has = work.tools[tool].count
                says = f"holds {count} of `{tool}` at once, of which there {'is' if has == 1 else 'are'} {has}"
                yield Misfit(path=("tasks", name, "tools", tool), says=says)
    for name, tool_kind in work.tools.items():
        if tool_kind.fails and tool_kind.fails.after.average == 0:
            yield Misfit(path=("tools", name, "fails", "after"), says="is 0: the tool would break at once")


def _most_taken(work: Work) -> dict[str, int]:
    most: dict[str, int] = {}
    for task in work.tasks.values():
        for buffer, count in task.takes.items():
            most[buffer] = max(most.get(buffer, 0), count)
    return most


def _puts(work: Work, name: str, task: Task, most_taken: dict[str, int]) -> Iterator[Misfit]:
    for i, way in enumerate(task.ways):
        if way.share == 0:
            continue
        from_hand = []
        for buffer, count in way.to.items():
            limit, taken = work.buffers[buffer].limit, most_taken.get(buffer, 0)
            path: Path = ("tasks", name, "to", i, "to", buffer)
            if taken == 0 and limit < inf and task.when_full == "wait":
                says = f"puts into `{buffer}`, which holds {limit:g} and which no task empties: it stays full"
                yield Misfit(path=path, says=says)
            elif task.blocking == "before" and count > limit:
                says = (
                    f"waits `before` it begins for room for {count} in `{buffer}`, which holds {limit:g}: "
                    "it never begins; give the buffer room, or block `after`"
                )
                yield Misfit(path=path, says=says)
            elif count > limit + (taken if limit < taken else 0):
                yield Misfit(path=path, says=f"puts {count} at once into `{buffer}`, which holds {limit:g}")
            elif count > limit:
                from_hand.append(buffer)
        if len(from_hand) > 1:
            named = " and ".join(f"`{buffer}`" for buffer in from_hand)
            says = f"puts into {named} at once, which have no room: units pass from hand into one task, not into two"
            yield Misfit(path=("tasks", name, "to", i), says=says)


def _takes(work: Work, name: str, task: Task) -> Iterator[Misfit]:
    for buffer, count in task.takes.items():
        limit = work.buffers[buffer].limit
        if count <= limit:
            continue
        path: Path = ("tasks", name, "from", buffer)
        givers = [
            (giver, way.to[buffer])
            for giver, other in work.tasks.items()
            if other.blocking == "after"
            for way in ways(other)
            if buffer in way.to
        ]
        if any(_waits_in_vain(work, giver, buffer) for giver in work.tasks):
            continue  # said of the giver
        if not any(put >= count - limit for _, put in givers):
            says = f"takes {count} at once from `{buffer}`, which holds {limit:g}: so many never lie there"
            yield Misfit(path=path, says=says)
        elif _alone(work, {name, *(giver for giver, _ in givers)}):
            says = (
                f"takes from `{buffer}`, which has no room, what the same single worker is still holding; "
                "give the buffer room, or let the worker `follow` the unit"
            )
            yield Misfit(path=path, says=says)


def _waits_in_vain(work: Work, name: str, buffer: str) -> bool:
    limit = work.buffers[buffer].limit
    task = work.tasks[name]
    return task.blocking == "before" and any(way.to.get(buffer, 0) > limit for way in ways(task))


def _alone(work: Work, tasks: set[str]) -> bool:
    """Whether one worker, who does not follow units, is alone with several tasks."""
    crew = work.crew
    if crew is None or len(tasks) < 2 or any(work.tasks[name].automatic for name in tasks):
        return False
    if crew.workers is not None:
        able = [worker for worker in crew.workers.values() if tasks & set(work.roles[worker.role].tasks)]
        follows = any(w.follow if w.follow is not None else work.roles[w.role].follow for w in able)
        return len(able) == 1 and not follows
    return heads(work) == 1 and not any(work.roles[role].follow for role in roles_in_use(work))
