"""Text, JSON, Markdown and CSV of a work study built by hand."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sample_work_study
from hypothesis import given
from hypothesis import strategies as st
from sample_work_study import about, alone, arm, crowd, four_roles, hostile, mine, nothing, ordinary, study, worker

from pitprop.errors import PitpropError
from pitprop.report.plain import width
from pitprop.report.simulation import arm_words
from pitprop.report.simulation.amounts import estimate, interval, mean, percent, share_of, signed, times
from pitprop.report.simulation.assumptions import most_moved, moved
from pitprop.report.simulation.text_table import text_table
from pitprop.report.simulation.time_use import uses
from pitprop.report.simulation.work_answer import answer, by_label, by_name, featured
from pitprop.report.simulation.work_csv import COLUMNS
from pitprop.report.simulation.work_render import WORK_FORMS, render_work
from pitprop.report.simulation.work_text import print_work, work_text
from pitprop.simulate.work.results import Estimate

HERE = Path(__file__).parent
WORDS = [form for form in WORK_FORMS if form != "html"]

# ---- every format


@pytest.mark.parametrize("form", WORK_FORMS)
def test_the_same_study_gives_the_same_bytes(form: str) -> None:
    assert render_work(mine(), form) == render_work(mine(), form)


@pytest.mark.parametrize("form", WORK_FORMS)
def test_the_bytes_of_a_study_do_not_depend_on_the_hash_seed(form: str) -> None:
    program = (
        "import sample_work_study, hashlib\n"
        "from pitprop.report.simulation.work_render import render_work\n"
        f"print(hashlib.sha256(render_work(sample_work_study.mine(), {form!r}).encode()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=HERE,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


@pytest.mark.parametrize("form", WORK_FORMS)
def test_hostile_texts_of_a_study_leave_no_control_character(form: str) -> None:
    told = render_work(hostile(), form)
    if form == "json":
        assert "\\u001b" in told
        told = told.replace("\u202e", "")
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert told.encode("utf-8").endswith(b"\n") or form == "html"


@pytest.mark.parametrize("form", WORK_FORMS)
def test_a_study_of_which_nothing_came_is_told_without_a_number_that_is_none(form: str) -> None:
    told = render_work(nothing(), form)
    assert not re.search(r"(?i)(?<![a-z])(nan|inf|infinity)(?![a-z])", told)
    assert "one waits for room in face, and nobody takes from it." in told
    if form in ("text", "markdown", "html"):
        assert "No arm yields anything." in told
        assert "cannot be taken apart" in told


def test_a_study_has_no_other_formats_than_those_listed() -> None:
    with pytest.raises(PitpropError, match=r"'pdf'.*text, json, markdown, csv, html"):
        render_work(mine(), "pdf")


def test_words_about_a_study_need_neither_rich_nor_jinja_nor_vega() -> None:
    program = (
        "import sys, sample_work_study\n"
        "from pitprop.report.simulation.work_render import render_work\n"
        "for form in ('text', 'json', 'markdown', 'csv'): render_work(sample_work_study.mine(), form)\n"
        "print(sorted({'rich', 'jinja2', 'vl_convert', 'scipy', 'duckdb'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=HERE, capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


# ---- numbers


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (about(101.487, 0.17), "101.5 (101.3 to 101.7)"),
        (about(7.0213, 0.031), "7.02 (6.99 to 7.05)"),
        (about(0.4, 0.05), "0.40 (0.35 to 0.45)"),
        (about(102.0, 3.2), "102 (99 to 105)"),
        (about(-0.0004, 0.003), "0.000 (−0.003 to 0.003)"),
        (about(12_345.6, 20), "12,346 (12,326 to 12,366)"),
        (about(5.0), "5"),
        (Estimate(mean=5.123456, low=-math.inf, high=math.inf), "5.123"),
        (Estimate(mean=math.nan, low=math.nan, high=math.nan), "–"),
    ],
)
def test_an_estimate_has_as_many_digits_as_its_interval_gives_it(value: Estimate, shown: str) -> None:
    assert estimate(value) == shown


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_no_estimate_is_written_beside_its_interval(middle: float, half: float) -> None:
    value = Estimate(mean=middle, low=middle - half, high=middle + half)
    numbers = [mean(value), *interval(value).split(" to ")] if interval(value) else [mean(value)]
    read = [float(text.replace(",", "").replace("−", "-")) for text in numbers]
    assert read[0] == pytest.approx(middle, rel=0.06, abs=max(half, 1e-5))
    if len(read) == 3:
        assert read[1] <= read[0] <= read[2]


def test_shares_are_per_cent_and_neither_all_nor_nothing_is_rounded_to() -> None:
    assert [percent(share) for share in (0, 0.001, 0.03, 0.974, 0.996, 1.0, math.nan)] == [
        "0 %",
        "<1 %",
        "3 %",
        "97 %",
        "99.6 %",
        "100 %",
        "–",
    ]
    assert share_of(about(0.52, 0.012)) == "52 % (51 to 53)"
    assert share_of(about(0.52, 0.001)) == "52 %"
    assert [times(value) for value in (4.0, 0.93, 14.52, 1234.5)] == ["4.00", "0.930", "14.5", "1,234.5"]
    assert [signed(about(value)) for value in (2.0, -2.0, 0.0)] == ["+2", "−2", "0"]


# ---- the answer


def test_the_answer_says_what_yields_most_in_all_and_per_head_and_what_it_leaves_undone() -> None:
    said = answer(mine(), by_name)
    assert said == (
        "props_skipped yields most: 107.3 t (107.0 to 107.6) a shift, 15.28 times what ordinary yields.",
        "That is 26.82 t for each of its 4 people; per head historic yields more, 33.87 t.",
        "It leaves more undone: unpropped 32.7 against 2.2.",
        (
            "The headline of four_roles is 14.52 times that of ordinary; the largest factors are "
            "Crew credited to one man ×4.00, Prepared face ×3.28 and Heavy drill ×1.19."
        ),
        "Per head four_roles yields 25.48 t a shift, ordinary 7.02 t.",
    )
    assert answer(mine(), by_label)[0].startswith("“Props skipped” yields most")


def test_one_arm_alone_is_told_without_comparison() -> None:
    assert answer(alone(), by_name) == ("ordinary yields 7.02 t (6.99 to 7.05) a shift.",)
    told = answer(study([four_roles()]), by_name)
    assert told == (
        "four_roles yields 101.9 t (101.6 to 102.2) a shift, 25.48 t for each of its 4 people, 14.6 times the norm.",
    )


def test_arms_whose_intervals_overlap_are_not_told_apart_in_silence() -> None:
    two = [
        arm("a", "", 10.0, 0.2, [worker("x", "x", {"hew": 1.0})]),
        arm("b", "", 10.1, 0.2, [worker("x", "x", {"hew": 1.0})]),
    ]
    assert "(the interval of a overlaps with that)" in answer(study(two), by_name)[0]
    assert "overlaps" not in answer(mine(), by_name)[0]


def test_the_first_arm_may_be_the_best() -> None:
    said = answer(study([four_roles(), ordinary()]), by_name)
    assert said[0] == "four_roles, the first arm, yields most: 101.9 t (101.6 to 102.2) a shift."
    assert said[1] == "That is 25.48 t for each of its 4 people, and per head, too, it is the most."


def test_of_many_arms_the_first_the_best_and_those_of_the_split_are_shown_in_full() -> None:
    many = crowd()
    assert [one.name for one in featured(many, 3)] == ["arm_00", "arm_01", "arm_19"]
    split = dataclasses.replace(mine(), arms=(*many.arms, *mine().arms))
    assert [one.name for one in featured(split, 4)] == ["arm_00", "arm_19", "ordinary", "four_roles"]
    assert featured(mine(), 8) == mine().arms


# ---- one arm


def test_the_headline_tells_how_many_it_leaves_out() -> None:
    assert arm_words.credit(four_roles()) == "the headline credits 1 head with the work of 4"
    assert arm_words.credit(ordinary()) == ""
    assert arm_words.credit(dataclasses.replace(four_roles(), credited=None)) == ""


def test_what_else_would_help_leaves_out_what_is_named_and_what_is_chance() -> None:
    assert arm_words.also(four_roles()) == (
        "one more worker propper +2.1 t (1.8 to 2.4); room in unpropped +0.90 t (0.60 to 1.20)"
    )
    bottleneck = four_roles().bottleneck
    assert bottleneck is not None
    named = dataclasses.replace(bottleneck, says=f"{bottleneck.says}; of everything else the propper adds most")
    said = arm_words.also(dataclasses.replace(four_roles(), bottleneck=named))
    assert said == "one more room in unpropped +0.90 t (0.60 to 1.20)"


def test_the_bound_is_told_as_a_share_of_the_best_possible() -> None:
    assert arm_words.bound(four_roles()) == (
        "96 % of the 106.5 t that is the most the same 4 people could yield, however the work is shared "
        "(then limited by hewer and drill)"
    )
    assert arm_words.bound(dataclasses.replace(four_roles(), capacity=None)) == ""


def test_an_arm_that_breaks_littles_law_says_so_in_every_format_for_people() -> None:
    bad = study([ordinary(), dataclasses.replace(four_roles(), little=0.02)])
    for form in ("text", "markdown", "html"):
        told = " ".join(render_work(bad, form).replace("&#39;", "'").split())
        assert "Little's law, by which runs check themselves, is off by 2 %" in told
    assert "Little's law, by which" not in render_work(mine(), "text")


def test_many_people_are_shown_role_by_role_with_their_average() -> None:
    told = uses(crowd().arms[0])
    assert [use.name for use in told] == ["hewer (15)", "propper (15)", "loader (15)", "guide (15)"]
    hewers = [w.tasks["hew"].mean for w in crowd().arms[0].workers if w.role == "hewer"]
    assert told[0].tasks["hew"] == pytest.approx(sum(hewers) / 15, rel=1e-12)
    assert len(uses(four_roles())) == 4


def test_a_value_that_moves_no_output_is_told_by_the_headline_that_it_moves() -> None:
    found = mine()
    norm = dataclasses.replace(
        found.swings[0],
        at="norm",
        output={"four_roles": (101.9, 101.9)},
        headline={"ordinary": (1.1, 0.9), "four_roles": (20.4, 7.3)},
    )
    move = moved(found, norm)
    assert move is not None
    assert (move.what, move.arm.name, move.ends) == ("headline", "four_roles", (20.4, 7.3))
    output = moved(found, found.swings[0])
    assert output is not None
    assert (output.what, output.arm.name, output.ends) == ("output", "four_roles", (104.2, 82.6))
    arm_moved = most_moved(found)
    assert arm_moved is not None
    assert arm_moved.name == "four_roles"
    assert "four_roles × norm  20.4 to 7.3" in " ".join(
        work_text(dataclasses.replace(found, swings=(norm,))).split("\n")
    )


# ---- text


def test_the_text_has_the_arms_side_by_side_then_each_then_the_gain_and_the_assumptions() -> None:
    lines = render_work(mine(), "text").splitlines()
    assert lines[0] == "mine_shift: The record shift, taken apart"
    assert lines[1] == "5 arms, 400 replications of each on the same random numbers, seed 0; intervals are 95 %."
    heads = [line for line in lines if line and not line.startswith(" ")]
    assert [head for head in heads if head.startswith(("Against", "Where", "Output", "Assumed"))] == [
        "Against ordinary, on the same random numbers",
        "Where the 14.52 times come from: output per credited head over the norm, from ordinary to four_roles",
        "Output with other numbers of people",
        "Assumed values that matter, the one that moves most first",
    ]
    assert "  four_roles         101.9  101.6 to 102.2       4     25.48    16.98   14.56" in lines
    assert "  four_roles      +94.9    94.6 to 95.2    +18.46  14.52  14.45 to 14.59" in lines
    assert "  hewer              96                          2       <1       2" in lines
    assert "  Crew credited to one man   ×4.00    3.96 to 4.04    52 % (51 to 52)   ×4.00  ×3.61" in lines
    assert any(line.startswith("  Per head four_roles yields 25.48 t a shift.") for line in lines)
    assert "  moves nothing by 1 % or more: tools.drill.fails.after.mean, tasks.lead.time.mean" in lines


def test_the_factors_that_are_printed_multiply_to_the_gain_that_is_printed() -> None:
    lines = render_work(mine(), "text").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("  factor ")) + 1
    factors = [float(line.split("×")[1].split()[0]) for line in lines[start : start + 4]]
    whole = float(lines[start + 4].split("×")[1].split()[0])
    assert math.prod(factors) == pytest.approx(whole, rel=0.005)


@pytest.mark.parametrize("columns", [40, 72, 100, 120])
@pytest.mark.parametrize("name", ["mine", "alone", "crowd", "hostile"])
def test_no_line_of_a_study_is_wider_than_asked(name: str, columns: int) -> None:
    told = work_text(getattr(sample_work_study, name)(), columns=columns)
    assert max(width(line) for line in told.splitlines()) <= columns


def test_a_table_that_is_too_wide_is_written_as_sentences() -> None:
    narrow = work_text(mine(), columns=50)
    assert "  four_roles: t a shift 101.9; 95 % interval\n    101.6 to 102.2; people 4;" in narrow
    assert text_table(("a", "b"), [("long word", "1.0")], room=14) == ["a            b", "long word  1.0"]
    assert text_table(("a", "b"), [("long word", "1.0")], room=13) is None


def test_a_study_in_ascii_holds_nothing_else() -> None:
    held = io.BytesIO()
    out = io.TextIOWrapper(held, encoding="ascii", newline="\n")
    print_work(mine(), out)
    out.flush()
    assert b"Crew credited to one man   x4.00" in held.getvalue()
    assert b"?" not in held.getvalue()
    assert work_text(mine(), ascii_only=True).isascii()


def test_a_study_in_a_pipe_is_the_plain_text() -> None:
    out = io.StringIO()
    print_work(mine(), out)
    assert out.getvalue() == render_work(mine(), "text")


def test_arms_that_are_not_shown_in_full_are_counted_and_their_notes_told() -> None:
    many = crowd()
    noted = dataclasses.replace(many.arms[12], notes=("hewer_1 waits for the drill, and propper_1 holds it.",))
    told = work_text(dataclasses.replace(many, arms=(*many.arms[:12], noted, *many.arms[13:])))
    assert "\n12 more arms are not shown in full here; JSON has all of them.\n" in told
    assert "note on arm_12: hewer_1 waits for the drill, and propper_1 holds it." in told


def test_an_arm_alone_has_no_table_of_arms_and_nothing_that_is_missing() -> None:
    told = render_work(alone(), "text")
    assert "Against" not in told
    assert "norm" not in told
    assert "gain" not in told
    assert "  output: 1.170 t (1.165 to 1.175) an hour; 0.316 t standard deviation from shift to shift" in told


# ---- JSON, CSV, Markdown


def test_json_has_the_agreed_keys_of_a_simulation() -> None:
    told = json.loads(render_work(mine(), "json"))
    assert list(told)[:6] == ["pitprop", "scenario", "kind", "title", "description", "seed"]
    assert (told["scenario"], told["kind"], told["seed"], told["replications"]) == ("mine_shift", "work", 0, 400)
    four = told["arms"][2]
    assert four["name"] == "four_roles"
    assert four["output"] == {"mean": 101.9, "ci": [101.9 - 0.31, 101.9 + 0.31], "unit": "t"}
    assert four["per_head"]["mean"] == pytest.approx(25.475)
    assert four["throughput_per_hour"]["mean"] == pytest.approx(101.9 / 6)
    assert four["bottleneck"] == "worker hewer"
    hewer = four["workers"][0]
    assert hewer["name"] == "hewer"
    assert hewer["busy"] == {"hew": 0.957}
    assert hewer["blocked"] == 0.022
    assert hewer["idle"] == pytest.approx(0.0, abs=1e-12)
    assert four["workers"][1]["idle"] == pytest.approx(0.12)
    assert four["buffers"]["delivered"]["limit"] is None
    assert four["buffers"]["unpropped"]["left"]["mean"] == 2.2
    assert four["capacity"]["reached"] == pytest.approx(101.9 / 106.5)
    assert told["gain"]["factors"][0]["times"]["mean"] == 4.0
    assert told["sensitivity"][0]["at"] == "tasks.prop.time.mean"
    assert told["crew_curves"][0]["sizes"][3]["people"] == 4


def test_shares_of_each_workers_time_in_json_add_up_to_one() -> None:
    for one in json.loads(render_work(mine(), "json"))["arms"]:
        for held in one["workers"]:
            waits = ("blocked", "starved", "tool", "room", "switching", "repair", "away")
            assert sum(held["busy"].values()) + sum(held[wait] for wait in waits) == pytest.approx(1.0)


def test_csv_has_one_row_for_each_arm_with_its_intervals() -> None:
    rows = list(csv.DictReader(io.StringIO(render_work(mine(), "csv"))))
    assert len(rows) == 5
    assert tuple(rows[0]) == COLUMNS
    four = rows[2]
    assert (four["arm"], four["people"], four["credited"]) == ("four_roles", "4", "1.0")
    assert float(four["output"]) == 101.9
    assert float(four["output_low"]) == pytest.approx(101.59)
    assert float(four["output_times_first"]) == pytest.approx(101.9 / 7.02)
    assert rows[0]["output_times_first"] == ""
    assert rows[4]["left_undone"] == "unpropped 32.7 (32.6 to 32.9)"


def test_no_cell_of_a_studys_csv_is_a_formula() -> None:
    bad = study([dataclasses.replace(ordinary(), label="=1+1", notes=("@SUM(A1)",))], scenario="+x")
    rows = list(csv.reader(io.StringIO(render_work(bad, "csv"))))
    assert not [cell for cell in rows[1] if cell.startswith(("=", "@", "+"))]
    assert rows[1][2] == "'=1+1"


def test_markdown_of_a_study_has_a_table_of_arms_and_holds_no_html() -> None:
    told = render_work(mine(), "markdown")
    assert "| Four roles, as in the story | 101.9 | 101.6 to 102.2 | 4 | 25.48 | 16.98 | 14.56 |" in told
    assert "- **Bottleneck:** worker hewer is at work 96 % of the time" in told
    spoilt = render_work(hostile(), "markdown")
    assert "<" not in spoilt
    tables = [line for line in spoilt.splitlines() if line.startswith("|")]
    counts = {line.count("|") for line in tables}
    assert min(counts) >= 4
    assert all(line.endswith("|") for line in tables)
