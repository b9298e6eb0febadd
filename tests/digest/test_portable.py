"""Every function that the register allows, on both engines."""

from datetime import date, datetime

import pyarrow as pa
import pytest

from pitprop import digest
from pitprop.define.expression import ExpressionError
from pitprop.define.metric import Register
from pitprop.digest import SourceError
from pitprop.digest.engine import Kind
from pitprop.digest.portable import portable, spelled

ROWS = pa.table(
    {
        "x": [2.5, -2.5, 0.0, 3.75, None],
        "y": [2.0, 0.0, 4.0, -0.5, 1.0],
        "n": pa.array([7, -7, 0, 5, None], pa.int32()),
        "d": [date(2024, 1, 31), date(2024, 2, 29), date(2023, 12, 31), date(2025, 3, 3), None],
        "t": [
            *(datetime(2024, 1, 31, 23, 59), datetime(2024, 3, 1, 0, 1), datetime(2023, 1, 1)),
            *(datetime(2024, 7, 4, 12, 30, 15), None),
        ],
        "s": ["2024-03-05", " pit A ", "ünder", "a-b-c", None],
    }
)  # fmt: skip

SAME = {
    "x / y": [1.25, None, 0.0, -7.5, None],
    "n / 2": [3.5, -3.5, 0.0, 2.5, None],
    "n // 2": [3, -3, 0, 2, None],
    "1 + n % 4 * 2": [7, -5, 1, 3, None],
    "n % 4": [3, -3, 0, 1, None],
    "n % (n - n)": [None] * 5,
    "x / y / y": [0.625, None, 0.0, 15.0, None],
    "round(x)": [3, -3, 0, 4, None],
    "round(x, 1)": [2.5, -2.5, 0.0, 3.8, None],
    "round(n, -1)": [10, -10, 0, 10, None],
    "abs(x)": [2.5, 2.5, 0, 3.75, None],
    "floor(x) + ceil(x)": [5, -5, 0, 7, None],
    "trunc(x)": [2, -2, 0, 3, None],
    "sign(x)": [1, -1, 0, 1, None],
    "sqrt(y * y)": [2, 0, 4, 0.5, 1],
    "cbrt(y * y * y)": [2, 0, 4, -0.5, 1],
    "power(x, 2)": [6.25, 6.25, 0, 14.0625, None],
    "exp(x - x)": [1, 1, 1, 1, None],
    "ln(exp(y))": [2, 0, 4, -0.5, 1],
    "log10(100 + y - y)": [2] * 5,
    "log(1000 + y - y)": [3] * 5,
    "log2(8 + y - y)": [3] * 5,
    "greatest(x, y)": [2.5, 0, 4, 3.75, 1],
    "least(x, y)": [2, -2.5, 0, -0.5, 1],
    "coalesce(x, 9)": [2.5, -2.5, 0, 3.75, 9],
    "nullif(x, 0)": [2.5, -2.5, None, 3.75, None],
    "if(x > 0, 1, 2)": [1, 2, 2, 1, 2],
    "case when x > 0 then 1 when x < 0 then -1 else 0 end": [1, -1, 0, 1, 0],
    "year(d) * 100 + month(d)": [202401, 202402, 202312, 202503, None],
    "day(d)": [31, 29, 31, 3, None],
    "quarter(d)": [1, 1, 4, 1, None],
    "week(d)": [5, 9, 52, 10, None],
    "dayofweek(d)": [3, 4, 0, 1, None],
    "isodow(d)": [3, 4, 7, 1, None],
    "extract(month from d)": [1, 2, 12, 3, None],
    "date_part('year', d)": [2024, 2024, 2023, 2025, None],
    "hour(t) * 60 + minute(t)": [1439, 1, 0, 750, None],
    "epoch(t) / 60": [28445759.0, 28487521.0, 27875520.0, 28668270.25, None],
    "date_diff('day', d, t)": [0, 1, -364, -242, None],
    "date_diff('month', d, t)": [0, 1, -11, -8, None],
    "date_diff('quarter', d, t)": [0, 0, -3, -2, None],
    "date_diff('year', d, t)": [0, 0, 0, -1, None],
    "day(date_trunc('month', t))": [1, 1, 1, 1, None],
    "day(date_add(d, interval 1 day))": [1, 1, 1, 4, None],
    "day(d + interval 1 month)": [29, 29, 31, 3, None],
    "day(last_day(d))": [31, 29, 31, 31, None],
    "month(make_date(2024, 1 + n - n, 1))": [1, 1, 1, 1, None],
    "d - make_date(2024, 1, 1)": [30, 59, -1, 427, None],
    "length(trim(s))": [10, 5, 5, 5, None],
    "contains(s, 'a')": [0, 0, 0, 1, None],
    "starts_with(s, '20')": [1, 0, 0, 0, None],
    "length(upper(s) || lower(s))": [20, 14, 10, 10, None],
    "length(concat(s, '!'))": [11, 8, 6, 6, 1],
    "length(replace(s, '-', ''))": [8, 7, 5, 3, None],
    "length(split_part(s, '-', 2))": [2, 0, 0, 1, None],
    "length(left(s, 4)) + length(right(s, 2))": [6, 6, 6, 6, None],
    "length(substring(s, 2, 3))": [3, 3, 3, 3, None],
    "s like '%A%'": [0, 1, 0, 0, None],
    "s ilike '%a%'": [0, 1, 0, 1, None],
    "s in ('ünder', 'x')": [0, 0, 1, 0, None],
    "x between 0 and 3": [1, 0, 1, 0, None],
    "x is null": [0, 0, 0, 0, 1],
    "x is not distinct from y": [0, 0, 0, 0, 0],
    "isnan(x)": [0, 0, 0, 0, None],
    "isfinite(x)": [1, 1, 1, 1, None],
    "isinf(x)": [0, 0, 0, 0, None],
    "not (x > 0 and y > 0)": [0, 1, 1, 1, None],
    "cast(n as double) * 0.1": [0.7, -0.7, 0, 0.5, None],
    "cast(s = 'a-b-c' as integer)": [0, 0, 0, 1, None],
    "year(strptime('05/03/2024', '%d/%m/%Y'))": [2024] * 5,
    "length(strftime(d, '%Y-%m'))": [7, 7, 7, 7, None],
    "year(cast('2024-05-06' as date))": [2024] * 5,
}
"""Expression -> its value on each row."""


def evaluate(engine, expression: str) -> list:
    sql = f"({portable(expression, engine.columns, KeyError)})"
    if engine.kinds([sql])[0] is Kind.BOOLEAN:
        sql = f"(CASE WHEN {sql} THEN 1 WHEN NOT {sql} THEN 0 END)"
    asked = f"SELECT CAST(CAST({sql} AS DOUBLE) AS VARCHAR) AS v FROM {engine.table} ORDER BY COALESCE(n, 99), y"
    return [None if v is None else float(v) for v in engine.ask(asked, {"v": "text"})["v"]]


def ordered(values: list) -> list:
    """In the order of (n, y): rows 1, 2, 3, 0, 4."""
    return [values[i] for i in (1, 2, 3, 0, 4)]


@pytest.fixture(scope="module")
def local():
    from pitprop.digest.embedded import open_frame

    engine = open_frame(ROWS, source="rows")
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def remote(postgres):
    from pitprop.digest.remote import open_table

    postgres.load("functions", ROWS)
    environ = {"PITPROP_MINE_URL": postgres.url()}
    engine = open_table("mine", "functions", source="rows", environ=environ)
    yield engine
    engine.close()


def close_to(expected: list) -> list:
    return [None if v is None else pytest.approx(v, rel=1e-12, abs=1e-12) for v in ordered(expected)]


@pytest.mark.parametrize("expression", SAME)
def test_duckdb_evaluates_what_is_allowed(expression, local):
    assert evaluate(local, expression) == close_to(SAME[expression])


@pytest.mark.postgres
@pytest.mark.parametrize("expression", SAME)
def test_postgres_evaluates_it_alike(expression, remote):
    assert evaluate(remote, expression) == close_to(SAME[expression])


@pytest.mark.postgres
def test_what_a_server_cannot_do_is_a_sentence(postgres, remote):
    declared = Register.model_validate(
        {
            "version": 1,
            "sources": {"r": {"connection": "mine", "table": "functions"}},
            "metrics": [
                {"name": "m", "type": "simple", "agg": "average", "expr": "year(try_cast(s as date))", "source": "r"}
                | {"improvement_direction": "neutral"}
            ],
        }
    )  # fmt: skip
    from pitprop.digest import Panel

    with (
        digest.open(declared, folder=".", environ={"PITPROP_MINE_URL": postgres.url()}) as source,
        pytest.raises(SourceError, match=r"source `r`.*the server refused the query: invalid input syntax"),
    ):
        source.digest(declared.metrics[0], Panel)


def test_columns_are_found_as_written_or_without_regard_to_case_where_one_fits():
    columns = dict.fromkeys(("Tonnes", "tonnes", "Shift", 'odd "name"'), Kind.NUMBER)
    assert spelled("tonnes", columns) == "tonnes"
    assert spelled("TONNES", columns) is None
    assert spelled("shift", columns) == "Shift"
    assert portable('"odd ""name""" + shift', columns, KeyError) == '"odd ""name""" + "Shift"'


@pytest.mark.parametrize("sql", ["x // 2", "-x // n", "(n + 0.5) // 2", "n // 2.0", "floor(x) // 2", "s // n"])
def test_whole_division_of_numbers_with_fractions_is_refused_with_what_to_write(sql):
    kinds = {"x": Kind.NUMBER, "n": Kind.INTEGER, "s": Kind.SINGLE}
    with pytest.raises(ExpressionError, match=r"write floor\(a / b\)"):
        portable(sql, kinds, KeyError)
    assert portable("cast(x as int) // n", kinds, KeyError) == 'CAST("x" AS INT) // NULLIF("n", 0)'
