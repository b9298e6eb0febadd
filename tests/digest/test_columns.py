from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pitprop.define.column import ColumnProfile
from pitprop.digest import SourceError, columns


def test_columns_are_described_by_kind_and_range(tmp_path):
    table = pa.table(
        {
            "n": pa.array([3, 1, None, 2], pa.int32()),
            "x": [1.25, -0.5, float("nan"), 1.25],
            "small": pa.array([22.45, 1, 1, 1], pa.float32()),
            "ok": [True, None, False, True],
            "d": [date(2024, 1, 2), None, date(2023, 1, 1), date(2024, 1, 2)],
            "t": [datetime(2024, 1, 2, 3), None, None, None],
            "s": ["b", "a", "a", None],
            "iso": ["2024-01-02", "2024-01-03", None, "2024-02-29"],
            'a "b"': [None] * 4,
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    found = {c.name: c for c in columns(tmp_path / "a.parquet")}
    assert list(found) == table.column_names
    assert found["n"] == ColumnProfile(
        name="n",
        kind="integer",
        rows=4,
        nulls=1,
        distinct=3,
        minimum=1.0,
        maximum=3.0,
        examples=("1", "2", "3"),
        decimals=0,
    )
    assert (found["x"].kind, found["x"].minimum, found["x"].maximum, found["x"].decimals) == ("number", -0.5, 1.25, 2)
    assert (found["small"].decimals, found["small"].maximum) == (2, 22.45)
    assert found["ok"].kind == "boolean"
    assert (found["d"].kind, found["d"].minimum, found["d"].maximum) == ("time", "2023-01-01", "2024-01-02")
    assert found["t"].kind == "time"
    assert (found["s"].kind, found["s"].distinct, found["s"].examples) == ("text", 2, ("a", "b"))
    assert (found["iso"].kind, found["iso"].nulls) == ("time", 1)
    assert (found['a "b"'].nulls, found['a "b"'].minimum, found['a "b"'].examples) == (4, None, ())


def test_a_spreadsheet_of_months_is_described(tmp_path):
    import pandas as pd

    pd.DataFrame({"Month": ["2024-01-01", "2024-02-01"], "Late %": [1.5, 2.5]}).to_excel(
        tmp_path / "kpis.xlsx", index=False
    )
    found = columns(str(tmp_path / "kpis.xlsx"))
    assert [(c.name, c.kind, c.rows) for c in found] == [("Month", "time", 2), ("Late %", "number", 2)]


def test_a_missing_file_is_a_sentence():
    with pytest.raises(SourceError, match=r"there is no file `nothing\.csv`"):
        columns(Path("nothing.csv"))
