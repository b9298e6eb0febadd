# ruff: noqa: E501
"""What is wrong with a scenario of work: each thing in a sentence, at the line where it was written."""

import pytest
from work_sample import MINE, changed, told

from pitprop.define.problem import ScenarioError
from pitprop.define.scenario import read_scenario

ZERO = ("  face: {limit: 6}", "  face: {limit: 0}")
TWO = ("to: [face, unpropped]", "to: [{to: face, share: .5}, {to: unpropped, share: .4}]")
IN_BOTH = "(in the arms `four_roles`, `skipped`)"


def only(folder, *changes):
    """The one problem of the sample with these changes."""
    problems = told(folder, changed(*changes))
    assert len(problems) == 1, problems
    (problem,) = problems
    return problem


def test_the_sample_itself_has_nothing_wrong(tmp_path):
    assert told(tmp_path, MINE) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("kind: work", "kind: wrok", "1:1: kind: 'wrok' is not a kind of scenario; allowed: work; did you mean work?"),
        ("kind: work", "kind: 3", "1:1: kind: is 3, which is no kind of scenario; allowed: work"),
        ("kind: work\n", "", "1:1: kind: is missing; it says what kind of scenario this is; allowed: work"),
        ("version: 1", "version: 2", "2:1: version: is 2; allowed: 1"),
        ("seed: 7", "seed: -7", "4:1: seed: is -7; it must be at least 0"),
        ("replications: 200", "replications: 0", "5:1: replications: is 0; it must be at least 1"),
        ("output: coal", "output: cole", "8:1: output: 'cole' is not a buffer; allowed: coal, face, unpropped; did you mean coal?"),
        ("norm: 7", "norm: 0", "9:1: norm: is 0; it must be more than 0"),
        ("credited: 1", "credited: crow", "10:1: credited: is 'crow'; it must be a number, or a word; allowed: crew; did you mean crew?"),
        ("coal: {}", "coal:", "13:3: buffers.coal: is empty; it must be a mapping (`key: value`); allowed: limit, start, debt, label"),
        ("debt: true", "debt: yes", "15:25: buffers.unpropped.debt: is 'yes'; it must be true or false"),
        ("mean: 6.2", "mean: -6.2", "19:17: tasks.prop.time.mean: is -6.2; it must be at least 0"),
        ("mean: 6.2", "mean: .inf", "19:17: tasks.prop.time.mean: must be a finite number"),
        ("mean: 6.2", "mean: .nan", "19:17: tasks.prop.time.mean: must be a finite number"),
        ("mean: 6.2, cv: .3", "mean: 6.2, cv: .7, distribution: uniform", "19:10: tasks.prop.time: is uniform with a `cv` above 0.577, so that some times would be negative"),
        ("time: 1,", "time: -1,", "18:10: tasks.load.time: is -1; it must be at least 0"),
        ("time: 1,", "time: '1',", "18:10: tasks.load.time: is '1'; it must be a number (without quotes), or a mapping (`key: value`); allowed: distribution, mean, cv, low, high, values"),
        ("from: face", "from: fcae", "18:19: tasks.load.from: 'fcae' is not a buffer; allowed: coal, face, unpropped; did you mean face?"),
        ("from: face", "from: {fcae: 1}", "18:26: tasks.load.from.fcae: 'fcae' is not a buffer; allowed: coal, face, unpropped; did you mean face?"),
        ("[face, unpropped]", "[face, unproped]", "17:48: tasks.hew.to[1]: 'unproped' is not a buffer; allowed: coal, face, unpropped; did you mean unpropped?"),
        ("tools: pick}", "tools: pik}", "17:60: tasks.hew.tools: 'pik' is not a tool; allowed: pick; did you mean pick?"),
        ("tools: pick}", "tools: {pick: 5}}", "17:68: tasks.hew.tools.pick: holds 5 of `pick` at once, of which there are 4"),
        ("hewer: [hew]", "hewer: []", "23:3: roles.hewer: is empty; at least one is needed"),
        ("speed: 1.1", "speed: {prpo: 2}", "24:41: roles.helper.speed.prpo: 'prpo' is not a task; allowed: all, hew, load, prop; did you mean prop?"),
        ("speed: 1.1", "hours: [50, 40]", "24:3: roles.helper: has `hours` from 50 to 40, which is no time at all"),
        ("hew: 1.5", "hwe: 1.5", "27:22: conditions.ordinary.times.hwe: 'hwe' is not a task; allowed: all, hew, load, prop; did you mean hew?"),
        ("[hewer, helper", "[heewr, helper", f"31:26: factors.roles.crew.roles[0]: 'heewr' is not a role {IN_BOTH}; allowed: all, helper, hewer; did you mean hewer?"),
        ("mean: 3.38", "mean: -3.38", f"29:52: factors.drill.tasks.hew.time.mean: is -3.38; it must be at least 0 {IN_BOTH}"),
        ("prepared]", "prepard]", "34:37: arms.four_roles.with[2]: 'prepard' is not one of the file's `factors`; allowed: drill, prepared, roles; did you mean prepared?"),
        ("{length: 360}", "{lenght: 360}", "34:56: arms.four_roles.shift.lenght: `lenght` is not a key of `shift`; allowed: length, count, every; did you mean length?"),
        ("from: ordinary", "from: ordinry", "36:9: split.from: 'ordinry' is not one of the file's `arms`; allowed: four_roles, ordinary, skipped; did you mean ordinary?"),
        ("to: four_roles}", "to: ordinary}", "36:25: split.to: is `ordinary`, where the split starts; a gain lies between two arms"),
    ],
)  # fmt: skip
def test_what_is_written_wrongly_is_said_at_its_place(tmp_path, old, new, expected):
    assert only(tmp_path, (old, new)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([ZERO, ("[face, unpropped]", "[face, unpropped], blocking: before")],
         ("17:42: tasks.hew.to[0]: waits `before` it begins for room for 1 in `face`, which holds 0: it never begins; "
         "give the buffer room, or block `after`")),
        ([ZERO, ("size: 4", "size: 1"), ("with: [roles, drill, prepared]", "with: [drill, prepared]"), ("with: [roles, drill]", "with: [drill]"), ("  roles: {crew: {roles: [hewer, helper, helper, helper]}}\n", ""), ("  hewer: [hew]\n", ""), ("  helper: {tasks: [prop, load], speed: 1.1}\n", "")],
         ("18:19: tasks.load.from: takes from `face`, which has no room, what the same single worker is still holding; "
         "give the buffer room, or let the worker `follow` the unit")),
        ([ZERO, ("  unpropped: {limit: 6", "  unpropped: {limit: 0")],
         ("17:42: tasks.hew.to[0]: puts into `face` and `unpropped` at once, which have no room: units pass from hand "
         "into one task, not into two (in the arms `ordinary`, `four_roles`)")),
        ([("to: [face, unpropped]", "to: {face: 8, unpropped: 1}")],
         "17:42: tasks.hew.to.face: puts 8 at once into `face`, which holds 6"),
        ([("from: unpropped}", "from: {unpropped: 8}}")],
         ("19:44: tasks.prop.from.unpropped: takes 8 at once from `unpropped`, which holds 6: so many never lie there "
         "(in the arms `ordinary`, `four_roles`)")),
        ([("coal: {}", "coal: {limit: 3}")],
         "18:31: tasks.load.to: puts into `coal`, which holds 3 and which no task empties: it stays full"),
        ([("  prop: {time: {mean: 6.2, cv: .3}, from: unpropped}\n", ""), ("prop, ", ""), ("prop, ", ""), ("tasks.prop.time.mean, range: [5, 8]", "shift.length, range: [300, 400]")],
         ("17:48: tasks.hew.to[1]: puts into `unpropped`, which holds 6 and which no task empties: it stays full "
         "(in the arms `ordinary`, `four_roles`)")),
        ([("coal: {}", "coal: {start: 3}")],
         "13:10: buffers.coal.start: is 3, and no task takes from this buffer: they would lie there to the end"),
        ([("to: coal", "to: face")], "8:1: output: is `coal`, into which no task that can ever start puts anything"),
        ([("to: coal", "to: [{to: coal, share: 0}, {to: face, share: 1}]")],
         "8:1: output: is `coal`, into which no task that can ever start puts anything"),
        ([("coal: {}", "coal: {}\n  stock: {}"), ("from: face", "from: [face, stock]")],
         "19:32: tasks.load.from[1]: takes 1 from `stock`, which is empty at the start and into which no task puts any"),
        ([("coal: {}", "coal: {}\n  x: {start: 2}"), ("tasks:", "tasks:\n  turn: {time: 1, from: x, to: x, automatic: true}")],
         "18:28: tasks.turn.to: puts its units where they only come back to it; no way leads out"),
        ([("tasks:", "tasks:\n  rain: {time: 0, to: coal, automatic: true}")],
         "17:10: tasks.rain.time: is 0 and nothing holds it up: it would go on without end"),
        ([("coal: {}", "coal: {}\n  x: {start: 2}"), ("tasks:", "tasks:\n  turn: {time: 0, from: x, to: [x, coal], automatic: true}")],
         "18:10: tasks.turn.time: is 0 and nothing holds it up: it would go on without end"),
        ([("pick: {count: 4}", "pick: {count: 4, fails: {after: 0, repair: 1}}")],
         "20:34: tools.pick.fails.after: is 0: the tool would break at once"),
        ([("pick: {count: 4}", "pick: {count: 4, fails: {after: 9, repair: .inf}}")],
         "20:44: tools.pick.fails.repair: must be a finite number"),
        ([("{length: 345}", "{length: 345}\nwarm_up: 345")],
         "12:1: warm_up: is 345, and the whole time worked is 345: nothing would be counted (in the arms `ordinary`, `skipped`)"),
        ([("{length: 345}", "{length: 345, count: 2}\nwarm_up: auto")],
         "12:1: warm_up: is `auto`, which is for work that never ends, and there are 2 shifts; give a time"),
        ([("tasks:", "tasks:\n  come: {time: 3, to: coal, automatic: true, parallel: 61}")],
         "26:1: crew: has 4 people beside 61 automatic runs at once; together they may be 64"),
        ([("all: [load, prop, hew]", "all: {tasks: [load, prop, hew], hours: [345, 500]}")],
         "22:35: roles.all.hours: are from 345 to 500, and a shift lasts 345: nobody would ever come (in the arm `ordinary`)"),
        ([("all: [load, prop, hew]", "all: {tasks: [load, prop, hew], training: 345}")],
         "22:35: roles.all.training: is 345, and the whole time worked is 345: nothing would be done (in the arm `ordinary`)"),
        ([("all: [load, prop, hew]", "all: {tasks: [load, prop, hew], breaks: [{at: 400, length: 3}]}")],
         "22:45: roles.all.breaks[0].at: is at 400, and a shift lasts 345: a break lies within the shift (in the arm `ordinary`)"),
        ([("all: [load, prop, hew]", "all: {tasks: [load, prop, hew], breaks: [{at: 40, length: 30}, {at: 60, length: 3}]}")],
         ("22:67: roles.all.breaks[1].at: is at 60, before the break above has ended; put breaks in order, one after the "
         "other (in the arm `ordinary`)")),
        ([("all: [load, prop, hew]", "all: {tasks: [load, prop, hew], follow: true}"), ("from: face,", "from: {face: 2},")],
         ("17:42: tasks.hew.to[0]: puts 1 into `face`, from which `load` takes 2; whoever follows a unit (`all`) carries "
         "one at a time (in the arm `ordinary`)")),
        ([("hew: {time: {mean: 3.38}}", "hwe: {time: {mean: 3.38}}"), ("factors.drill.tasks.hew", "factors.drill.tasks.hwe")],
         f"29:39: factors.drill.tasks.hwe: nobody of the crew may do it; give it to a role of theirs, or make it `automatic` {IN_BOTH}; did you mean hew?"),
        ([("hewer: [hew]", "hewer: [load]")],
         f"29:39: factors.drill.tasks.hew: nobody of the crew may do it; give it to a role of theirs, or make it `automatic` {IN_BOTH}"),
        ([("shift: {length: 360}", "crew: {workers: {jon: {speed: 3}}, size: null, roles: null}"), ("crew: {size: 4, roles: [all]}", "crew: {workers: {john: {role: all}}}"), ("with: [roles, drill, prepared]", "with: [drill, prepared]"), ("with: [roles, drill]", "with: [drill]"), ("  roles: {crew: {roles: [hewer, helper, helper, helper]}}\n", "")],
         "33:58: arms.four_roles.crew.workers.jon.role: is missing; did you mean john?"),
        ([("buffers: {unpropped: {limit: .inf}}", "buffers: {unproped: {limit: .inf}}")],
         "35:45: arms.skipped.buffers.unproped: is a buffer that no task puts into or takes from; did you mean unpropped?"),
        ([("buffers: {unpropped: {limit: .inf}}", "tools: {pik: {count: 9}}")], "35:43: arms.skipped.tools.pik: is a tool that no task holds; did you mean pick?"),
        ([("buffers: {unpropped: {limit: .inf}}", "roles: {hever: [hew]}")], "35:43: arms.skipped.roles.hever: is a role that nobody of the crew has; did you mean hewer?"),
        ([("buffers: {unpropped: {limit: .inf}}", "tools: {pik: null}")],
         "35:43: arms.skipped.tools.pik: is taken away here (`null`), and nothing had it before"),
        ([TWO], "17:3: tasks.hew: has ways `to` go on whose shares add up to 0.9; they must add up to 1"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_said_before_it_runs(tmp_path, changes, expected):
    assert only(tmp_path, *changes) == expected


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ("tasks.prop.time.men", "38:6: assumed[0].at: tasks.prop.time.men leads nowhere: `tasks.prop.time` has no 'men' (there: mean, cv)"),
        ("tasks.prop.time", "38:6: assumed[0].at: tasks.prop.time leads to a mapping; it must lead to a number (there: mean, cv)"),
        ("title", "38:6: assumed[0].at: title leads to 'The shift'; it must lead to a number"),
        ("seed", "38:6: assumed[0].at: seed is no part of an arm: nothing would change"),
        ("''", "38:6: assumed[0].at:  leads to a mapping; it must lead to a number (there: kind, version, title, seed, replications, time, unit, output, norm, credited, shift, buffers, tasks, tools, roles, crew, conditions, factors, arms, split)"),
        ("tasks.load.time.mean", "38:32: assumed[0].range: is from 5 to 8, and the file has 1, which lies outside"),
    ],
)  # fmt: skip
def test_an_assumption_must_lead_to_a_number_of_some_arm(tmp_path, new, expected):
    assert only(tmp_path, ("at: tasks.prop.time.mean", f"at: {new}"))[:80] == expected[:80]


def test_both_ends_of_an_assumption_must_be_ways_of_working(tmp_path):
    assert only(tmp_path, ("[5, 8]", "[-5, 8]")) == (
        "38:32: assumed[0].range: has an end of -5, at which tasks.prop.time.mean is -5.0; it must be at least 0"
    )
    assert only(tmp_path, ("[5, 8]", "[8, 5]")) == (
        "38:5: assumed[0]: has a `range` from 8 to 5; the lower end comes first"
    )
    assert told(tmp_path, changed(("tasks.prop.time.mean, range: [5, 8]", "tools.pick.count, range: [0, 4.5]"))) == [
        "38:28: assumed[0].range: has an end of 0, at which tools.pick.count is 0; it must be at least 1",
        "38:28: assumed[0].range: has an end of 4.5, at which tools.pick.count is 4.5; it must be a whole number",
    ]


def test_an_assumption_about_a_factor_in_no_arm_changes_nothing(tmp_path):
    assert told(tmp_path, changed((", drill, prepared]", ", prepared]"), (", drill]", "]"))) == [
        "39:6: assumed[1].at: factors.drill.tasks.hew.time.mean is part of no arm: nothing would change"
    ]


def test_everything_is_said_at_once_in_the_order_of_the_file(tmp_path):
    text = changed(
        ("title:", "titel:"), ("mean: 6.2", "mean: -6.2"), ("from: face", "from: fcae"), ("[hewer,", "[hwer,"), ("drill, prepared]", "dril, prepared]")
    )  # fmt: skip
    assert [problem.split(";")[0] for problem in told(tmp_path, text)] == [
        "3:1: titel: `titel` is not a key of the scenario",
        "18:19: tasks.load.from: 'fcae' is not a buffer",
        "19:17: tasks.prop.time.mean: is -6.2",
        f"31:26: factors.roles.crew.roles[0]: 'hwer' is not a role {IN_BOTH}",
        "34:30: arms.four_roles.with[1]: 'dril' is not one of the file's `factors`",
    ]


def test_factors_in_no_arm_are_looked_at_too(tmp_path):
    text = changed(("factors:\n", "factors:\n  spare: {tasks: {hew: {tyme: 3}}, shift: {length: -1}}\n"))
    assert [problem.split(";")[0] for problem in told(tmp_path, text)] == [
        "29:25: factors.spare.tasks.hew.tyme: `tyme` is not a key of a task",
        "29:44: factors.spare.shift.length: is -1",
    ]


def test_what_a_bucket_brigade_takes_no_account_of_is_refused(tmp_path):
    text = """kind: work
version: 1
output: out
shift: {length: 60}
buffers: {mid: {start: 2}, out: {}}
tasks:
  a: {time: 1, to: mid, setup: 1}
  b: {time: 1, from: mid, to: out}
roles: {r: {tasks: [a, b], breaks: [{at: 10, length: 5}], fatigue: 0.1}}
crew: {size: 2, roles: [r], rule: bucket_brigade}
"""
    assert told(tmp_path, text) == [
        "5:11: buffers.mid: has a `start`; a bucket brigade keeps its units in hand, and nothing in buffers",
        "7:3: tasks.a: has a `setup` or `learning`; a bucket brigade needs a plain series of tasks",
        "9:9: roles.r: has `fatigue` and `breaks`, of which a bucket brigade takes no account; leave it out",
    ]


def test_a_bucket_brigade_needs_a_line_that_everyone_can_walk(tmp_path):
    found = told(tmp_path, changed(("size: 4,", "rule: bucket_brigade, size: 4,")))
    assert (
        "19:3: tasks.prop: does not put its unit into one buffer; a bucket brigade needs a plain series of tasks"
        in found
    )
    assert any("roles.hewer: leaves out `load`" in problem for problem in found)
    assert any("crew.rule: is `bucket_brigade`, and the tasks are not one series" in problem for problem in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: the file is empty; a register has `version`, `sources` and `metrics`, a scenario `kind` and `version`"),
        ("kind: work\n\tx: 1\n", "2:1: the file has a tab where it is indented; use spaces"),
        ("kind: work\nkind: work\n", "2:1: the file has the key `kind` twice (first on line 1)"),
        ("kind: &a work\n", "1:7: the file has an anchor (`&`); write the value out, or put text in quotes"),
        ("- kind: work\n", "1:1: the file must be a mapping at the top level (`key: value` lines), with no `-` in front"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_ours_is_refused_at_its_line(tmp_path, text, expected):
    assert told(tmp_path, text) == [expected]


def test_a_file_that_is_not_there_is_no_scenario(tmp_path):
    with pytest.raises(ScenarioError, match=r"gone.yml:1:1: the file does not exist"):
        read_scenario(tmp_path / "gone.yml")
