"""Ways of working made up at random: lines with rework, merges, parts, batches, failing tools, all kinds of people."""

from __future__ import annotations

from math import inf
from random import Random
from typing import Any

from pitprop.define.work import Work

Plain = dict[str, Any]


def random_work(random: Random) -> Work:
    """One way of working; it may lock up or run dry."""
    buffers = _buffers(random, random.randrange(1, 6))
    tools = _tools(random)
    tasks = _tasks(random, buffers, tools)
    shift = {"length": random.choice([20, 40]), "count": random.choice([1, 1, 2, 3])}
    if random.random() < 0.4:
        shift["every"] = shift["length"] + random.choice([0, 5, 20])
    by_hand = [name for name, task in tasks.items() if not task.get("automatic")]
    crew = _crew(random, by_hand, follow=not _batches(tasks)) if by_hand else {}
    conditions = {"wet": {"times": {"all": 1.25}}} if random.random() < 0.1 else {}
    return Work.model_validate(
        {
            "output": "out",
            "shift": shift,
            "buffers": buffers,
            "tools": tools,
            "tasks": tasks,
            "conditions": conditions,
            **crew,
        }
    )


def _time(random: Random) -> Any:
    mean = random.choice([0.5, 1, 1.5, 2, 3])
    shapes: list[Any] = [
        mean,
        {"distribution": "exponential", "mean": mean},
        {"mean": mean, "cv": 0.5},
        {"mean": mean, "cv": 1.4},
        {"distribution": "lognormal", "mean": mean, "cv": 0.7},
        {"distribution": "uniform", "mean": mean, "cv": 0.4},
        {"values": [1, 2, 4.5]},
    ]
    return random.choice(shapes)


def _buffers(random: Random, stations: int) -> Plain:
    between: Plain = {f"b{k}": {"limit": random.choice([0, 1, 1, 2, 3, 8, inf])} for k in range(1, stations)}
    for buffer in between.values():
        if buffer["limit"] > 1 and random.random() < 0.2:
            buffer["start"] = 2
    return {**between, "out": {}}


def _tools(random: Random) -> Plain:
    tools: Plain = {}
    for k in range(random.choice([0, 0, 1, 2])):
        tools[f"tool{k}"] = {"count": random.randrange(1, 4)}
        if random.random() < 0.6:
            tools[f"tool{k}"]["fails"] = {"after": _time(random), "repair": _time(random)}
    return tools


def _tasks(random: Random, buffers: Plain, tools: Plain) -> Plain:
    stations = len(buffers)
    places = [*buffers][: stations - 1]
    tasks = {f"t{k}": _task(random, k, stations, tools) for k in range(stations)}
    for task in tasks.values():
        if random.random() < 0.3:
            other: Plain = random.choice([{}, {"scrap": 1}, *({place: 1} for place in places)])
            task["to"] = [{"to": task["to"], "share": 0.75}, {"to": other, "share": 0.25}]
        if random.random() < 0.15:
            first = task["to"][0]["to"] if isinstance(task["to"], list) else task["to"]
            first["support"] = 1
    if places and random.random() < 0.2:
        tasks["other"] = {"time": _time(random), "to": random.choice(places)}
    if random.random() < 0.2:
        buffers["parts"] = {"start": random.choice([0, 3]), "limit": random.choice([3, inf])}
        user = tasks[random.choice(sorted(tasks))]
        user["from"] = {**user.get("from", {}), "parts": random.choice([1, 1, 2])}
        tasks["make"] = {"time": _time(random), "to": {"parts": random.choice([1, 3])}, "automatic": True}
    if any("support" in str(task["to"]) for task in tasks.values()):
        buffers["support"] = {"limit": random.choice([2, 6, inf]), "debt": True}
        tasks["support"] = {"time": _time(random), "from": "support"}
    if any("scrap" in str(task.get("to")) for task in tasks.values()):
        buffers["scrap"] = {}
    return tasks


def _task(random: Random, k: int, stations: int, tools: Plain) -> Plain:
    task: Plain = {"time": _time(random)}
    if k:
        task["from"] = {f"b{k}": random.choice([1, 1, 1, 1, 2])}
    task["to"] = {f"b{k + 1}" if k < stations - 1 else "out": random.choice([1, 1, 1, 1, 2])}
    if random.random() < 0.3:
        task["blocking"] = "before"
    elif random.random() < 0.15:
        task["when_full"] = "lost"
    if random.random() < 0.2:
        task |= {"automatic": True, "parallel": random.randrange(1, 3)}
    else:
        task["setup"] = random.choice([0, 0, 0.25, 1])
        if random.random() < 0.3:
            task["learning"] = {"rate": 0.8, "floor": random.choice([0.1, 0.6])}
    if tools and random.random() < 0.6:
        held = random.sample(sorted(tools), random.randrange(1, len(tools) + 1))
        task["tools"] = {tool: random.randrange(1, 1 + tools[tool]["count"]) for tool in held}
    return task


def _batches(tasks: Plain) -> bool:
    """Whether some task takes or makes more than one unit at once."""
    counts = [task[end] for task in tasks.values() for end in ("from", "to") if isinstance(task.get(end), dict)]
    ways = [way["to"] for task in tasks.values() if isinstance(task.get("to"), list) for way in task["to"]]
    return any(count > 1 for each in counts + ways for count in each.values())


def _crew(random: Random, tasks: list[str], *, follow: bool) -> Plain:
    roles = {f"role{k}": _role(random, tasks, follow) for k in range(random.randrange(1, 4))}
    left = [name for name in tasks if not any(name in role["tasks"] for role in roles.values())]
    if left:
        roles["rest"] = {"tasks": left}
    return {"roles": roles, "crew": {"roles": list(roles), "size": random.randrange(1, 6)}}


def _role(random: Random, tasks: list[str], follow: bool) -> Plain:
    mine = random.sample(tasks, random.randrange(1, len(tasks) + 1))
    role: Plain = {"tasks": mine}
    if random.random() < 0.5:
        role["speed"] = {task: random.choice([0.5, 1, 1, 2]) for task in mine}
    for chance, field, choices in (
        (0.5 * follow, "follow", [True]),
        (0.2, "training", [1, 3.5]),
        (0.2, "fatigue", [0.5, 5]),
        (0.2, "experience", [{mine[0]: 5}]),
        (0.3, "breaks", [[{"at": 5, "length": 0.5}, {"at": 12, "length": 2}]]),
        (0.2, "hours", [[0, 15], [3, 18]]),
    ):
        if random.random() < chance:
            role[field] = random.choice(choices)
    return role
