"""Answers read from their buffers: NULL, slices, chunks and types that have to be cast first."""

import datetime

import numpy as np
import pyarrow as pa
import pytest

from pitprop.digest.engine import answer

DAYS = [datetime.date(2024, 2, 29), None, datetime.date(1969, 12, 31), None, datetime.date(1970, 1, 1)]


def read(parts, kind):
    return answer(pa.table({"c": pa.chunked_array(parts)}), {"c": kind})["c"]


@pytest.mark.parametrize("start", [0, 1, 3])
def test_null_days_are_no_day_in_whole_columns_and_in_slices(start):
    found = read([pa.array(DAYS, pa.date32()).slice(start), pa.array(DAYS[:2], pa.date32())], "day")
    expected = [str(d) if d else "NaT" for d in [*DAYS[start:], *DAYS[:2]]]
    assert found.dtype == np.dtype("datetime64[D]")
    assert found.astype(str).tolist() == expected


def test_a_column_of_nothing_but_null_has_no_values():
    assert read([pa.nulls(3, pa.date32())], "day").astype(str).tolist() == ["NaT"] * 3
    assert np.isnan(read([pa.nulls(3, pa.float64())], "number")).tolist() == [True] * 3
    assert read([pa.nulls(3, pa.int64())], "integer").tolist() == [0, 0, 0]
    assert read([pa.nulls(2, pa.string())], "text").tolist() == [None, None]


def test_numbers_of_other_types_are_cast_and_null_is_not_a_number():
    found = read([pa.array([1, None, 3], pa.int32()), pa.array([None, 5], pa.int32())], "number")
    assert found.dtype == np.float64
    assert [None if np.isnan(x) else x for x in found] == [1.0, None, 3.0, None, 5.0]
    assert read([pa.array([7, 8, 9], pa.int16()).slice(1)], "integer").tolist() == [8, 9]


def test_twenty_nulls_in_a_slice_fall_where_they_lie():
    values = [None if i % 3 == 0 else float(i) for i in range(60)]
    found = read([pa.array(values).slice(11, 37)], "number")
    assert [None if np.isnan(x) else x for x in found] == values[11:48]


def test_an_empty_column_is_empty():
    assert len(read([pa.array([], pa.date32())], "day")) == 0
    assert len(read([pa.array([], pa.int64())], "integer")) == 0
