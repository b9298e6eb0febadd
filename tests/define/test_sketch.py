"""A first register for a table: always readable, and every guess said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitprop.define import RegisterError, read
from pitprop.define.expression import columns, parse
from pitprop.define.sketch import ColumnProfile, example, sketch


def number(name, *, rows=24, distinct=20, low=1.0, high=100.0, kind="number", decimals=1, examples=("2.5",)):
    return ColumnProfile(
        name=name,
        kind=kind,
        rows=rows,
        nulls=0,
        distinct=distinct,
        minimum=low,
        maximum=high,
        decimals=0 if kind == "integer" else decimals,
        examples=examples,
    )


def text(name, examples, *, rows=24, distinct=24, nulls=0, low=None, high=None):
    return ColumnProfile(
        name=name,
        kind="text",
        rows=rows,
        nulls=nulls,
        distinct=distinct,
        minimum=low or min(examples),
        maximum=high or max(examples),
        examples=tuple(examples),
    )


def time(name, low, high, *, distinct, rows=None):
    rows = rows or distinct
    return ColumnProfile(
        name=name, kind="time", rows=rows, nulls=0, distinct=distinct, minimum=low, maximum=high, examples=(low, high)
    )


MONTHS = ("Jan-24", "Feb-24", "Mar-24", "Apr-24", "May-24")
MONTH = text("Month", MONTHS)


@pytest.fixture
def made(tmp_path):
    def make(*profiles, path="kpis.xlsx", table=None):
        found = sketch(path, profiles, table)
        file = tmp_path / "pitprop.yml"
        file.write_text(found.text, encoding="utf-8")
        return read(file), found

    return make


def test_a_row_a_month_and_a_column_a_metric_becomes_a_register(made):
    register, found = made(
        MONTH,
        number("Calls answered", kind="integer"),
        number("Average wait (min)"),
        number("Complaints", kind="integer"),
        number("SLA %"),
        table="Sheet 1",
    )
    assert [m.name for m in register.metrics] == ["calls_answered", "average_wait_min", "complaints", "sla_percent"]
    assert [m.label for m in register.metrics] == ["Calls answered", "Average wait (min)", "Complaints", "SLA %"]
    assert [m.agg for m in register.metrics] == ["sum", "average", "sum", "average"]
    assert [m.unit for m in register.metrics] == ["", "min", "", "%"]
    directions = ["increase", "decrease", "decrease", "increase"]
    assert [m.improvement_direction for m in register.metrics] == directions
    assert {m.time_granularity for m in register.metrics} == {"month"}
    assert {m.agg_time_dimension for m in register.metrics} == {"try_strptime(\"Month\", '%b-%y')"}
    assert {m.entity for m in register.metrics} == {None}
    assert register.sources["kpis"].table == "Sheet 1"
    assert any("Complaints" in guess and "better" in guess for guess in found.guesses)


def test_every_guess_stands_in_the_file_too(made):
    _, found = made(MONTH, number("Wait"), number("Wait target", distinct=1), text("Notes", ["a", "b"], distinct=2))
    comments = " ".join(line.strip(" #") for line in found.text.splitlines() if line.strip().startswith("#"))
    assert len(found.guesses) >= 5
    assert [guess for guess in found.guesses if f"GUESS: {guess}" not in comments] == []


@pytest.mark.parametrize(
    ("columns_", "targets"),
    [
        ((number("Calls"), number("Calls target")), {"calls": '"Calls target"'}),
        ((number("Calls"), number("Wait"), number("Target wait")), {"calls": None, "wait": '"Target wait"'}),
        ((number("Calls"), number("Target"), number("Wait")), {"calls": '"Target"', "wait": None}),
        ((number("Sales"), number("Sales Quota", distinct=1)), {"sales": '"Sales Quota"'}),
        ((number("Calls"), number("% target met")), {"calls": None, "percent_target_met": None}),
        ((number("Matches"), number("Goals scored")), {"matches": None, "goals_scored": None}),
    ],
)
def test_a_target_column_becomes_the_target_of_the_metric_it_is_about(made, columns_, targets):
    register, _ = made(MONTH, *columns_)
    found = {m.name: m.targets[0].value if m.targets else None for m in register.metrics}
    assert found == targets


def test_a_target_where_less_is_better_is_an_upper_limit(made):
    register, _ = made(MONTH, number("Wait"), number("Wait target"))
    assert register.metric("wait").targets[0].op == "lte"


@pytest.mark.parametrize(
    ("column", "expr", "granularity"),
    [
        (time("Month", "2023-01-31", "2024-12-31", distinct=24), '"Month"', "month"),
        (time("day", "2024-01-01", "2024-03-31", distinct=65), '"day"', "day"),
        (time("wk", "2024-01-01", "2024-12-30", distinct=53), "wk", "week"),
        (time("q", "2020-01-01", "2024-10-01", distinct=20), "q", "quarter"),
        (time("y", "2000-01-01", "2024-01-01", distinct=25), "y", "year"),
        (time("at", "2024-01-01T00:03:00", "2024-12-31T23:50:00", distinct=9000), "at", "month"),
        (number("yearID", kind="integer", low=1975, high=2008, distinct=34), '"yearID"', "year"),
        (number("Year", kind="integer", low=2010, high=2023, distinct=14), '"Year"', "year"),
        (
            number("Period", kind="integer", low=202301, high=202412, examples=("202301", "202302")),
            'make_date("Period" // 100, "Period" % 100, 1)',
            "month",
        ),
        (text("m", ["2024-01", "2024-02"]), "try_strptime(m, '%Y-%m')", "month"),
        (text("m", ["2024-01-31", "2024-02-29"], distinct=2), "try_cast(m as date)", "month"),
        (text("m", ["January 2024", "May 2024"]), "try_strptime(m, '%B %Y')", "month"),
        (text("m", ["31/01/2024", "29/02/2024"]), "try_strptime(m, '%d/%m/%Y')", "month"),
        (text("m", ["01/31/2024", "02/29/2024"]), "try_strptime(m, '%m/%d/%Y')", "month"),
        (text("q", ["2023-Q1", "2024 Q4"]), None, "quarter"),
        (text("y", ["2022/23", "2023/24"]), "try_cast(left(y, 4) as integer)", "year"),
    ],
)
def test_the_time_and_the_reporting_period_are_guessed(made, column, expr, granularity):
    register, _ = made(column, number("x", rows=column.rows))
    metric = register.metric("x")
    assert metric.time_granularity == granularity
    assert columns(parse(metric.agg_time_dimension)) == (column.name,)
    if expr is not None:
        found = parse(metric.agg_time_dimension).sql("duckdb")
        assert found == parse(expr).sql("duckdb")


def test_a_year_and_a_month_column_are_one_time(made):
    year = number("Year", kind="integer", low=2022, high=2024, distinct=3, rows=36)
    month = number("Month", kind="integer", low=1, high=12, distinct=12, rows=36)
    register, _ = made(year, month, number("x", rows=36))
    assert [m.name for m in register.metrics] == ["x"]
    assert columns(parse(register.metrics[0].agg_time_dimension)) == ("Year", "Month")
    assert (register.metrics[0].time_granularity, register.metrics[0].entity) == ("month", None)


def test_day_and_month_are_not_mixed_up_silently(made):
    register, found = made(text("d", ["01/02/2024", "03/04/2024"]), number("x"))
    assert register.metrics[0].agg_time_dimension is None
    assert any("%d/%m/%Y" in guess and "%m/%d/%Y" in guess for guess in found.guesses)


def test_who_is_judged_is_the_column_that_makes_one_row_a_period(made):
    rows = 120
    register, _ = made(
        number("Year", kind="integer", low=2010, high=2019, distinct=10, rows=rows),
        text("Kind", ["a", "b"], rows=rows, distinct=2),
        text("Trust", ["RA1", "RB2"], rows=rows, distinct=12),
        number("Infections", rows=rows, distinct=80, kind="integer"),
    )
    metric = register.metric("infections")
    assert (metric.entity, metric.agg, metric.improvement_direction) == ('"Trust"', "sum", "decrease")


def test_rows_of_events_are_averaged_where_a_sum_says_little(made):
    rows = 10_000
    register, _ = made(
        number("shift_id", kind="integer", rows=rows, distinct=rows),
        text("crew", ["A", "B"], rows=rows, distinct=12),
        time("start", "2023-01-01T06:00:00", "2024-12-31T22:00:00", distinct=9_000, rows=rows),
        number("calls", kind="integer", rows=rows),
        number("tonnes", rows=rows),
        number("Headcount number", rows=rows),
        number("speed", rows=rows),
        number("weekday", kind="integer", low=1, high=7, distinct=7, rows=rows),
        number("delay", kind="integer", rows=rows),
        ColumnProfile(name="on_time", kind="boolean", rows=rows, nulls=0, distinct=2),
    )
    found = {m.name: (m.agg, m.expr, m.improvement_direction) for m in register.metrics}
    assert found == {
        "calls": ("sum", "calls", "increase"),
        "tonnes": ("sum", "tonnes", "increase"),
        "headcount_number": ("sum", '"Headcount number"', "increase"),
        "speed": ("average", "speed", "increase"),
        "delay": ("average", "delay", "decrease"),
        "on_time": ("average", "cast(on_time as integer)", "increase"),
    }
    assert {m.entity for m in register.metrics} == {"crew"}


def test_a_column_of_metric_names_becomes_one_metric_each(made):
    register, found = made(
        time("Date", "2024-01-01", "2024-12-01", distinct=12, rows=72),
        text("KPI", ["Sales", "it's late", "NPS"], rows=72, distinct=6),
        number("Value", rows=72, distinct=70),
    )
    assert [(m.name, m.filter) for m in register.metrics] == [
        ("sales", "\"KPI\" = 'Sales'"),
        ("it_s_late", "\"KPI\" = 'it''s late'"),
        ("nps", "\"KPI\" = 'NPS'"),
    ]
    assert any("3 more" in guess for guess in found.guesses)


def test_text_that_is_a_number_is_read_as_one(made):
    register, _ = made(MONTH, text("SLA", ["85%", "91.5 %"]), text("Calls", ["1,234", "987"]))
    assert register.metric("sla").expr == "try_cast(replace(\"SLA\", '%', '') as double)"
    assert (register.metric("sla").agg, register.metric("sla").unit) == ("average", "%")
    assert register.metric("calls").expr == "try_cast(replace(\"Calls\", ',', '') as double)"


def test_what_is_no_metric_is_left_out_and_named(made):
    register, found = made(
        MONTH,
        number("x"),
        number("Ticket number", kind="integer"),
        number("Constant", distinct=1),
        text("Notes", ["a", "b"]),
        ColumnProfile(name="Void", kind="text", rows=24, nulls=24, distinct=0),
    )
    assert [m.name for m in register.metrics] == ["x"]
    left = " ".join(guess for guess in found.guesses if guess.startswith("Left out"))
    assert all(f'"{name}"' in left for name in ("Ticket number", "Constant", "Notes", "Void"))


@pytest.mark.parametrize("profiles", [(), (text("Notes", ["a", "b"]),), (MONTH,)])
def test_a_table_without_numbers_still_gives_a_register(made, profiles):
    register, _ = made(*profiles)
    assert [(m.name, m.agg) for m in register.metrics] == [("row_count", "count")]


ODD = [
    "Calls answered",
    "  spaces  ",
    "tab\there",
    "two\nlines",
    "carriage\r\nreturn",
    'quote"d',
    "it's",
    "both \"' quotes",
    "back\\slash",
    "Größe",
    "приём",
    "件数",
    "🚀 launches",
    "👩‍👩‍👧 families",
    "non\u00a0breaking",
    "zero\u200bwidth",
    "right\u202eto left",
    "\ufeffbom",
    "2024 sales",
    "100",
    "1.5",
    "x" * 200,
    "y" * 1000,
    "]",
    "[",
    "}",
    "{",
    "#",
    "# comment",
    "a: b",
    "a #b",
    "- item",
    "? key",
    "& anchor",
    "* alias",
    "! tag",
    "% percent",
    "@ at",
    "`tick`",
    "| pipe",
    "> fold",
    ",",
    ":",
    "null",
    "~",
    "true",
    "No",
    "yes",
    "on",
    "NaN",
    ".inf",
    "=",
    "<<",
    "---",
    "...",
    "select",
    "order",
    "group by",
    "user",
    "date",
    "interval",
    "current_date",
    "case",
    "sum(x)",
    "a;b",
    "a--b",
    "/* a */",
    "$1",
    "?",
    "a.b",
    "{{ jinja }}",
    "_",
    "__",
    "a__b",
    "Trailing_",
    "Calls Answered",
    "calls answered",
    "CALLS-ANSWERED",
    "\x07bell",
    "\x85next",
    "é",
    "e\u0301",
    "\U0010ffff",
    "\ue000",
]


@pytest.mark.parametrize("header", ODD)
def test_a_column_of_any_name_is_read_back_as_that_column(made, header):
    register, _ = made(MONTH, number(header), path="a/b c.csv", table=header)
    (metric,) = register.metrics
    assert columns(parse(metric.expr)) == (header,)
    assert register.sources["b_c"].table == header


def test_columns_whose_names_fall_together_get_names_of_their_own(made):
    register, _ = made(MONTH, *[number(header) for header in ODD])
    names = [m.name for m in register.metrics]
    assert len(set(names)) == len(names)
    assert [columns(parse(m.expr)) for m in register.metrics] == [(header,) for header in ODD]


def test_names_that_no_query_can_hold_are_left_out_and_said(made):
    register, found = made(MONTH, number(""), number("a\0b"), number("\ud800"), number("z" * 5000), number("x"))
    assert [m.name for m in register.metrics] == ["x"]
    assert any(guess.startswith("4 columns without a name") for guess in found.guesses)


def test_the_commented_fields_may_be_uncommented(tmp_path):
    found = sketch("k.csv", [MONTH, number("x"), number("another metric")])
    uncommented = []
    for line in found.text.splitlines():
        plain = line.startswith("    # ") and not line.startswith("    # Declare")
        uncommented.append("    " + line.removeprefix("    # ") if plain else line)
    file = tmp_path / "pitprop.yml"
    file.write_text("\n".join(uncommented), encoding="utf-8")
    metric = read(file).metric("x")
    assert metric.outcome.metric == "another_metric"
    assert (metric.cost.hourly_rate, metric.information.break_even) == ((30.0, 30.0), 5.0)
    assert (metric.waivers[0].check, metric.decisions_per_year) == ("heaping", 12)


def test_the_example_is_a_register(tmp_path):
    file = tmp_path / "pitprop.yml"
    file.write_text(example(), encoding="utf-8")
    register = read(file)
    assert [m.name for m in register.metrics] == ["tonnes_per_shift", "tonnes_delivered", "injuries"]
    assert register.metrics[0].guardrails[0].metric == "injuries"


values = st.none() | st.text(max_size=12) | st.floats(allow_nan=False, allow_infinity=False)
profiles = st.builds(
    ColumnProfile,
    name=st.text(max_size=30),
    kind=st.sampled_from(["integer", "number", "boolean", "time", "text"]),
    rows=st.integers(0, 1000),
    nulls=st.integers(0, 1000),
    distinct=st.integers(0, 1000),
    minimum=values,
    maximum=values,
    examples=st.lists(st.text(max_size=12), max_size=5).map(tuple),
    decimals=st.none() | st.integers(0, 6),
)


@settings(max_examples=100, deadline=None)
@given(columns_=st.lists(profiles, max_size=6), table=st.none() | st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_table_gives_a_register_that_can_be_read(tmp_path_factory, columns_, table):
    found = sketch("data/table.csv", columns_, table)
    file = tmp_path_factory.getbasetemp() / "sketched.yml"
    file.write_text(found.text, encoding="utf-8")
    if table is not None and "\0" in table:
        with pytest.raises(RegisterError, match="no character"):
            read(file)
    else:
        assert len(read(file).metrics) >= 1
