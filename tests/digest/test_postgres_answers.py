"""What a PostgreSQL server answers arrives as it is, whatever the text holds and however long it is."""

import math

import pyarrow as pa
import pytest

from pitprop.digest import postgres as module
from pitprop.digest.remote import open_table

pytestmark = pytest.mark.postgres

LABELS = ['a"b', "x\ny", "", "a,b", "ünder", "1", "NULL", "'", "\\N", None, " c ", '"']
NUMBERS = [0.1, 1 / 3, 1e-300, -0.0, 1e100, 5e-324, 123456789.123456789, math.nan, math.inf, None, 2.5, -7.0]


@pytest.fixture
def engine(postgres):
    count = len(LABELS)
    table = pa.table({"n": pa.array(range(count), pa.int64()), "label": LABELS, "x": pa.array(NUMBERS, pa.float64())})
    postgres.load("labels", table)
    engine = open_table("mine", "labels", source="rows", environ={"PITPROP_MINE_URL": postgres.url()})
    yield engine
    engine.close()


ASKED = 'SELECT "n" AS n, "label" AS label, "x" AS x FROM "labels" ORDER BY n'
SCHEMA = {"label": "text", "n": "integer", "x": "number"}


@pytest.mark.parametrize("lines", [50_000, 5, 1])
def test_texts_and_numbers_arrive_to_the_last_bit_however_they_are_parted(engine, monkeypatch, lines):
    monkeypatch.setattr(module, "LINES", lines)
    found = engine.ask(ASKED, SCHEMA)
    assert found["n"].tolist() == list(range(len(LABELS)))
    assert found["label"].tolist() == LABELS
    expected = [math.nan if x is None else x for x in NUMBERS]
    assert list(map(repr, found["x"].tolist())) == list(map(repr, expected))


def test_an_answer_without_a_line_has_its_columns(engine):
    found = engine.ask(
        'SELECT "label" AS label, "x" AS x FROM "labels" WHERE "n" > 99', {"label": "text", "x": "number"}
    )
    assert {name: len(column) for name, column in found.items()} == {"label": 0, "x": 0}


def test_a_line_of_nothing_but_null_is_a_line(engine):
    found = engine.ask('SELECT CAST(NULL AS DATE) AS d FROM "labels" WHERE "n" < 3', {"d": "day"})
    assert found["d"].astype(str).tolist() == ["NaT"] * 3
