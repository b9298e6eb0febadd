from datetime import date, datetime

import openpyxl
import pytest

from pitprop import digest
from pitprop.define.metric import Register
from pitprop.digest import Panel, SourceError
from pitprop.digest.worksheet import worksheet, worksheets


@pytest.fixture
def book(tmp_path):
    """Makes a workbook of (sheet, rows) pairs."""

    def make(*sheets):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for name, rows in sheets:
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "book.xlsx"
        made.save(path)
        return path

    return make


def test_each_column_gets_one_type(book):
    day, time = date(2024, 1, 31), datetime(2024, 1, 31, 12, 30)
    path = book(
        (
            "kpis",
            [["when", "moment", "n", "x", "ok", "who"], [day, time, 1, 1.5, True, "a"], [day, day, 2, 2, False, None]],
        )
    )
    table, notes = worksheet(path, None, shown="book.xlsx")
    assert [str(f.type) for f in table.schema] == ["date32[day]", "timestamp[us]", "int64", "double", "bool", "string"]
    assert table.to_pylist() == [
        {"when": day, "moment": time, "n": 1, "x": 1.5, "ok": True, "who": "a"},
        {"when": day, "moment": datetime(2024, 1, 31), "n": 2, "x": 2.0, "ok": False, "who": None},
    ]
    assert notes == ()


def test_a_column_of_several_kinds_is_text_and_that_is_said(book, tmp_path):
    book(("kpis", [["x", "y"], [1, 1], ["n/a", 2], [2.5, 3]]))
    table, notes = worksheet(tmp_path / "book.xlsx", None, shown="book.xlsx")
    assert table.column("x").to_pylist() == ["1", "n/a", "2.5"]
    assert notes == ("`x` of `book.xlsx` holds number and text (such as `n/a`): read as text",)
    metric = {
        "name": "m",
        "type": "simple",
        "agg": "sum",
        "expr": "x",
        "source": "s",
        "improvement_direction": "increase",
    }
    declared = Register.model_validate({"version": 1, "sources": {"s": {"path": "book.xlsx"}}, "metrics": [metric]})
    with digest.open(declared, folder=tmp_path) as source:
        with pytest.raises(SourceError, match=r"`x` in file `book\.xlsx` holds text"):
            source.digest(declared.metrics[0], Panel)
        tried = declared.metrics[0].model_copy(update={"expr": "try_cast(x as double)"})
        assert source.digest(tried, Panel).metric.value.tolist() == [3.5]
        assert source.rows(tried).null == 1
        assert source.notes(tried) == notes


def test_empty_rows_and_nameless_columns_are_left_out(book):
    rows = [
        [None, None, None],
        ["month", None, "x"],
        ["2024-01", None, 5],
        [None, None, None],
        ["2024-02", None, 6],
        [" ", None, None],
    ]
    table, _ = worksheet(book(("a", rows)), None, shown="book.xlsx")
    assert table.to_pylist() == [{"month": "2024-01", "x": 5}, {"month": "2024-02", "x": 6}]


def test_a_column_with_values_and_no_name_gets_one(book):
    table, _ = worksheet(book(("a", [["month", None], ["2024-01", 5]])), None, shown="book.xlsx")
    assert table.column_names == ["month", "column_2"]


def test_the_first_worksheet_serves_where_none_is_named(book):
    path = book(("one", [["x"], [1]]), ("two", [["x"], [2]]))
    assert worksheets(path, shown="book.xlsx") == ("one", "two")
    assert worksheet(path, None, shown="book.xlsx")[0].to_pylist() == [{"x": 1}]
    assert worksheet(path, "two", shown="book.xlsx")[0].to_pylist() == [{"x": 2}]
    with pytest.raises(SourceError, match="has no worksheet `tow`; did you mean `two`"):
        worksheet(path, "tow", shown="book.xlsx")


def test_two_columns_of_one_name_are_refused(book):
    with pytest.raises(SourceError, match="two columns named `x`"):
        worksheet(book(("a", [["x", "x"], [1, 2]])), None, shown="book.xlsx")


def test_an_empty_worksheet_is_refused_by_the_metric_that_needs_it(book, tmp_path):
    book(("a", []))
    with pytest.raises(SourceError, match="has no columns"):
        digest.columns(tmp_path / "book.xlsx")


def test_a_header_alone_is_an_empty_table(book):
    table, _ = worksheet(book(("a", [["x", "y"]])), None, shown="book.xlsx")
    assert (table.column_names, table.num_rows) == (["x", "y"], 0)
