"""The pictures of a work study: what they show, and that they hold nothing else."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import sample_work_study
from sample_work_study import TASKS, about, crowd, four_roles, hostile, mine, records

from pitprop.report.picture import FLAG, WIDTH, Picture
from pitprop.report.simulation.arms_compared import arms_compared
from pitprop.report.simulation.buffer_trace import buffer_trace, traced
from pitprop.report.simulation.crew_size import crew_size
from pitprop.report.simulation.crew_timeline import crew_timeline
from pitprop.report.simulation.gain_waterfall import gain_waterfall
from pitprop.report.simulation.shades import TASKS as TASK_SHADES
from pitprop.report.simulation.shades import palette
from pitprop.report.simulation.time_shares import time_shares
from pitprop.report.simulation.tornado import gain_moved, output_moved
from pitprop.report.simulation.work_html import work_html
from pitprop.simulate.work.results import WorkStudy

BARS = re.compile(r"M([-\d.]+),([-\d.]+)h([-\d.]+)v([-\d.]+)")


def pictures(study: WorkStudy) -> list[Picture]:
    swatches = palette(study)
    shown = [arms_compared(study), crew_size(study), gain_moved(study), output_moved(study)]
    shown += [gain_waterfall(study, study.gain)] if study.gain else []
    for arm in study.arms[:3]:
        shown.append(time_shares(arm, swatches=swatches))
        if arm.name in study.records:
            held = study.records[arm.name]
            shown.append(crew_timeline(held, heads=arm.heads, time=arm.time, swatches=swatches))
            shown += [buffer_trace(buffer, held, time=arm.time) for buffer in traced(arm, held)]
    return [picture for picture in shown if picture is not None]


def bars(picture: Picture, fill: str) -> list[tuple[float, ...]]:
    """Left, top, width and height of each bar of that fill."""
    root = ElementTree.fromstring(picture.svg)
    drawn = "".join(str(e.get("d")) for e in root if e.get("fill") == fill)
    return [tuple(float(n) for n in hit) for hit in BARS.findall(drawn)]


def texts(picture: Picture) -> list[str]:
    return [str(e.text) for e in ElementTree.fromstring(picture.svg) if e.tag == "text"]


@pytest.mark.parametrize("name", ["mine", "crowd", "hostile"])
def test_pictures_of_a_study_are_shapes_and_text_and_nothing_else(name: str) -> None:
    for picture in pictures(getattr(sample_work_study, name)()):
        root = ElementTree.fromstring(picture.svg)
        assert {e.tag for e in root.iter()} == {"svg", "path", "text"}
        names = {attribute for e in root.iter() for attribute in e.attrib}
        assert names.isdisjoint({"id", "style", "href", "width", "height", "clip-path", "onclick"})
        assert float(str(root.get("viewBox")).split()[2]) == pytest.approx(WIDTH, abs=0.6)
        assert "NaN" not in picture.svg
        assert picture.rows
        assert {len(row) for row in picture.rows} == {len(picture.columns)}


def test_each_task_has_one_shade_in_all_pictures_and_neighbours_differ_in_lightness() -> None:
    assert palette(mine()) == {"hew": "task0", "prop": "task1", "load": "task2", "lead": "task3"}

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light = [luminance(shade.fill) for shade in TASK_SHADES]
    for before, after in itertools.pairwise(light):
        assert (max(before, after) + 0.05) / (min(before, after) + 0.05) > 1.9
    assert len({(round(x, 1), shade.stripes) for x, shade in zip(light, TASK_SHADES, strict=True)}) == 6


def test_tasks_beyond_the_shades_share_one_and_are_named() -> None:
    names = tuple(f"task_{i}" for i in range(9))
    one = dataclasses.replace(
        four_roles(),
        done={name: about(10 - i) for i, name in enumerate(names)},
        workers=tuple(sample_work_study.worker(f"w{i}", "w", {name: 0.9 - 0.05 * i}) for i, name in enumerate(names)),
    )
    study = sample_work_study.study([one])
    swatches = palette(study)
    assert [swatches[name] for name in names[:6]] == [f"task{i}" for i in range(6)]
    assert {swatches[name] for name in names[6:]} == {"other"}
    picture = time_shares(one, swatches=swatches)
    assert picture is not None
    assert "other tasks: task_6, task_7, task_8" in [entry.means for entry in picture.key]


# ---- timeline


def test_a_timeline_draws_each_run_where_it_was_in_the_workers_row() -> None:
    study = mine()
    held = study.records["roles_alone"]
    picture = crew_timeline(held, heads=4, time="minute", swatches=palette(study))
    assert picture is not None
    hewn = bars(picture, TASK_SHADES[0].fill)
    first = np.flatnonzero((held.task == 0) & (held.finish > held.work))
    assert len(hewn) == len(first)
    scale = hewn[5][0] - hewn[0][0]
    wide = (held.work[first[5]] - held.work[first[0]]) / scale
    for bar, run in zip(hewn, first, strict=True):
        assert bar[2] * wide == pytest.approx(held.finish[run] - held.work[run], abs=0.3)
    assert len({top for _, top, _, _ in hewn}) == 1
    assert [text for text in texts(picture) if text in held.slots] == ["hewer", "propper", "loader", "guide"]


def test_what_a_worker_waits_for_is_in_the_timeline_and_its_table() -> None:
    study = mine()
    picture = crew_timeline(study.records["roles_alone"], heads=4, time="minute", swatches=palette(study))
    assert picture is not None
    blocked = [wait for wait in study.records["roles_alone"].waits if wait[1] == 0]
    assert len(bars(picture, FLAG)) == len(blocked)
    assert {row[3] for row in picture.rows} <= {*TASKS, "blocked", "no work", ""}
    assert picture.columns == ("From", "to", "who", "does")


def test_a_long_record_is_drawn_in_part_and_the_title_says_which() -> None:
    held = records(sample_work_study.ONE, horizon=20_000, slow=1.0)
    picture = crew_timeline(held, heads=1, time="minute", swatches=palette(mine()))
    assert picture is not None
    assert re.fullmatch(
        r"Who did what when: the first [\d,.]+ of 20,000 min, as it went in one replication", picture.title
    )
    assert len(picture.svg) < 20_000
    assert picture.rows[-1][2].endswith("more")


def test_a_big_crew_is_drawn_in_part_and_the_key_says_so() -> None:
    study = crowd()
    picture = crew_timeline(study.records["arm_00"], heads=60, time="minute", swatches=palette(study))
    assert picture is not None
    means = [entry.means for entry in picture.key]
    assert "24 of 60 people are drawn" in means
    assert "runs that follow each other at once are drawn as one" in means
    assert len(picture.svg) < 60_000


# ---- the others


def test_the_bars_of_everybodys_time_are_as_long_as_the_shares() -> None:
    picture = time_shares(four_roles(), swatches=palette(mine()))
    assert picture is not None
    hew = bars(picture, TASK_SHADES[0].fill)[0][2]
    prop = bars(picture, TASK_SHADES[1].fill)[0][2]
    assert prop / hew == pytest.approx(0.88 / 0.957, abs=0.003)
    assert picture.rows[0][:2] == ("hewer", "96 %")


def test_a_buffers_line_reaches_its_limit_and_levels_of_no_length_are_left_out() -> None:
    study = mine()
    held = study.records["four_roles"]
    buffer = next(b for b in four_roles().buffers if b.name == "unpropped")
    picture = buffer_trace(buffer, held, time="minute")
    assert picture is not None
    assert "limit 6" in texts(picture)
    assert max(int(row[4]) for row in picture.rows) == 6
    at, level = held.levels["unpropped"]
    whole = float((level * np.diff(np.append(at, held.horizon))).sum() / held.horizon)
    assert np.mean([float(row[2]) for row in picture.rows]) == pytest.approx(whole, abs=0.02)


def test_a_buffer_that_changes_often_is_drawn_as_least_to_most() -> None:
    held = mine().records["four_roles"]
    at = np.linspace(0, 359, 4001)
    level = (np.arange(4001) * 7) % 5
    often = dataclasses.replace(held, levels={"unpropped": (at, level)})
    buffer = next(b for b in four_roles().buffers if b.name == "unpropped")
    picture = buffer_trace(buffer, often, time="minute")
    assert picture is not None
    assert picture.key[0].means == "least to most in each short while"
    assert len(picture.svg) < 15_000
    assert {row[3:] for row in picture.rows[:-1]} == {("0", "4")}


def test_buffers_of_debt_come_first_and_what_only_piles_up_is_not_drawn() -> None:
    held = mine().records["four_roles"]
    up = (np.array([0.0, 5.0, 9.0]), np.array([0, 1, 2]))
    down = (np.array([0.0, 5.0, 9.0]), np.array([0, 1, 0]))
    many = dataclasses.replace(held, levels={"face": down, "carts": down, "delivered": up, "unpropped": up})
    assert [b.name for b in traced(four_roles(), many)] == ["unpropped", "carts", "face"]


def test_the_waterfall_ends_where_the_factors_together_lead() -> None:
    study = mine()
    assert study.gain is not None
    picture = gain_waterfall(study, study.gain)
    assert picture is not None
    steps = bars(picture, "#47749f")
    (whole,) = bars(picture, TASK_SHADES[0].fill)
    assert steps[-1][0] + steps[-1][2] == pytest.approx(whole[0] + whole[2], abs=0.3)
    assert steps[0][2] / whole[2] == pytest.approx(math.log(4.0) / math.log(101.9 / 7.02), abs=0.003)
    assert len(bars(picture, FLAG)) == 1
    assert [t for t in texts(picture) if t.startswith("×")] == ["×4.00", "×0.930", "×1.19", "×3.28", "×14.52"]
    assert "makes it smaller" in [entry.means for entry in picture.key]


def test_a_gain_with_a_factor_of_nothing_is_not_drawn_but_told() -> None:
    study = mine()
    assert study.gain is not None
    none = dataclasses.replace(study.gain.factors[0], times=about(0.0))
    gain = dataclasses.replace(study.gain, factors=(none, *study.gain.factors[1:]))
    assert gain_waterfall(study, gain) is None
    assert "The gain, taken apart" in work_html(dataclasses.replace(study, gain=gain))


def test_the_widest_swing_is_on_top_and_reaches_the_two_ends() -> None:
    picture = output_moved(mine())
    assert picture is not None
    low, high = bars(picture, "#9dbad4"), bars(picture, "#47749f")
    assert picture.rows[0][0] == "tasks.prop.time.mean"
    assert low[0][2] / high[0][2] == pytest.approx((104.2 - 101.9) / (101.9 - 82.6), abs=0.01)
    assert picture.rows[0][-1] == "Nobody timed the propping; from memoirs."
    gain = gain_moved(mine())
    assert gain is not None
    assert "as assumed: 14.5" in texts(gain)


def test_values_that_move_nothing_are_not_drawn_and_said_to_be_left_out() -> None:
    study = mine()
    still = dataclasses.replace(study.swings[0], at="norm", output={"four_roles": (101.9, 101.9)})
    picture = output_moved(dataclasses.replace(study, swings=(still, *study.swings)))
    assert picture is not None
    assert "norm" not in texts(picture)
    assert picture.rows[0][0] == "norm"
    assert any(entry.means.startswith("5 of 6 are drawn") for entry in picture.key)


def test_arms_side_by_side_show_how_far_each_is_from_the_best_possible() -> None:
    picture = arms_compared(mine())
    assert picture is not None
    ticks = [e for e in ElementTree.fromstring(picture.svg) if e.get("stroke") == "#6a4c93"]
    assert sum(str(e.get("d")).count("M") for e in ticks) == 3
    assert picture.rows[2] == ("Four roles, as in the story", "101.9", "101.6 to 102.2", "25.48", "106.5")


def test_output_against_people_has_a_point_for_each_size() -> None:
    for per_head in (False, True):
        picture = crew_size(mine(), per_head=per_head)
        assert picture is not None
        assert texts(picture)[-6:] == list("123456")
        assert picture.rows[3] == ("4", "“Four roles, as in the story”", "101.9", "101.6 to 102.2", "25.48")


# ---- the page


def test_the_page_of_a_big_study_is_small_enough_and_says_what_is_not_drawn() -> None:
    told = work_html(crowd())
    assert len(told.encode("utf-8")) < 2_000_000
    assert "Pictures are drawn for 8 of 20 arms; the numbers of all are here." in told
    assert told.count('<section class="metric arm"') == 20


def test_the_page_of_one_arm_has_only_what_there_is() -> None:
    told = work_html(sample_work_study.alone())
    assert "The gain, taken apart" not in told
    assert "What rests on assumptions" not in told
    assert "How many people" not in told
    assert told.count("<figure>") == 1


def test_no_text_of_a_study_becomes_markup() -> None:
    told = work_html(hostile())
    assert "<script" not in told
    assert "<img" not in told
    assert told.count("<style>") == 1
    assert "\x1b" not in told
