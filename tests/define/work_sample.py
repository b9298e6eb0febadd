"""A small scenario with everything in it, for the tests of what reads it."""

from pathlib import Path

from pitprop.define.problem import ScenarioError
from pitprop.define.scenario import read_scenario
from pitprop.define.work import WorkScenario

MINE = """\
kind: work
version: 1
title: The shift
seed: 7
replications: 200
time: minute
unit: t
output: coal
norm: 7
credited: 1
shift: {length: 345}
buffers:
  coal: {}
  face: {limit: 6}
  unpropped: {limit: 6, debt: true}
tasks:
  hew: {time: {mean: 51.4, cv: .3}, to: [face, unpropped], tools: pick}
  load: {time: 1, from: face, to: coal}
  prop: {time: {mean: 6.2, cv: .3}, from: unpropped}
tools: {pick: {count: 4}}
roles:
  all: [load, prop, hew]
  hewer: [hew]
  helper: {tasks: [prop, load], speed: 1.1}
crew: {size: 4, roles: [all]}
conditions:
  ordinary: {times: {hew: 1.5}}
factors:
  drill: {label: Heavy drill, tasks: {hew: {time: {mean: 3.38}}}}
  prepared: {conditions: {ordinary: {on: false}}}
  roles: {crew: {roles: [hewer, helper, helper, helper]}}
arms:
  ordinary: {label: As it was}
  four_roles: {with: [roles, drill, prepared], shift: {length: 360}}
  skipped: {with: [roles, drill], buffers: {unpropped: {limit: .inf}}}
split: {from: ordinary, to: four_roles}
assumed:
  - {at: tasks.prop.time.mean, range: [5, 8], why: not known}
  - {at: factors.drill.tasks.hew.time.mean, range: [3, 4]}
"""


def changed(*changes: tuple[str, str], text: str = MINE) -> str:
    """The text with the first of each part exchanged."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def read_text(folder: Path, text: str) -> WorkScenario:
    file = folder / "mine.yml"
    file.write_text(text, encoding="utf-8")
    return read_scenario(file)


def told(folder: Path, text: str) -> list[str]:
    """Every problem of a text as `line:column: path: ...`; none where it is read."""
    try:
        read_text(folder, text)
    except ScenarioError as refused:
        return [str(problem).split("mine.yml:", 1)[1] for problem in refused.problems]
    return []
