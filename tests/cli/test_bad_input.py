"""Bad input: a clear sentence, the right exit code, no traceback, and the other metrics still audited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pitprop.cli import main

GOOD = """
  - name: good
    type: simple
    source: shifts
    agg: average
    expr: tonnes
    entity: crew
    agg_time_dimension: day
    improvement_direction: increase
"""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A register's folder with honest shifts of four crews over a year."""
    rows = [
        f"c{crew},2026-{month:02d}-{day:02d},{6 + crew + (crew * 7 + month * 5 + day * 3) % 23 / 10}"
        for crew in range(4)
        for month in range(1, 13)
        for day in range(1, 11)
    ]
    (tmp_path / "shifts.csv").write_text("crew,day,tonnes\n" + "\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def register(folder: Path, metrics: str, sources: str = "") -> None:
    text = f"version: 1\nsources:\n  shifts: {{path: shifts.csv}}\n{sources}\nmetrics:\n{metrics}"
    (folder / "pitprop.yml").write_text(text)


def metric(name: str = "bad", source: str = "shifts", **fields: str) -> str:
    told = {
        "type": "simple",
        "source": source,
        "agg": "average",
        "expr": "tonnes",
        "entity": "crew",
        "agg_time_dimension": "day",
        "improvement_direction": "increase",
        **fields,
    }
    return f"\n  - name: {name}\n" + "".join(f"    {k}: {v}\n" for k, v in told.items() if v)


def pitprop(*arguments: str):
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return result


def audited(folder: Path, bad: str, sources: str = "") -> tuple[dict, dict, int, str]:
    """The bad metric, the good one, exit code, standard error."""
    register(folder, bad + GOOD, sources)
    result = pitprop("audit", "--format", "json", "--fail-on", "never")
    told = {m["name"]: m for m in json.loads(result.stdout)["metrics"]}
    assert any(f["state"] == "clear" for f in told["good"]["findings"] if f["family"] != "governance") or any(
        f["n"] for f in told["good"]["findings"]
    )
    assert told["good"]["problem"] == ""
    return told["bad"], told["good"], result.exit_code, result.stderr


def data_states(told: dict) -> set[str]:
    return {f["state"] for f in told["findings"] if f["family"] != "governance" and f["check"] != "cost"}


# ---- the register -------------------------------------------------------------------------------------


def test_no_register(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in ("audit", "lint"):
        result = pitprop(command)
        assert result.exit_code == 2
        assert "pitprop.yml" in result.output


def test_an_unknown_key_is_named_with_its_line_and_the_nearest(folder):
    register(folder, metric(guardrial="[]"))
    result = pitprop("audit")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("pitprop: error: pitprop.yml:15:5: metrics[0]")
    assert "guardrial" in result.stderr
    assert "guardrails" in result.stderr


def test_a_wrong_type_is_named_with_its_line(folder):
    register(folder, metric(resolution="coarse"))
    result = pitprop("lint")
    assert result.exit_code == 2
    assert "pitprop.yml:15:5: metrics[0]." in result.stdout
    assert "resolution" in result.stdout


def test_every_problem_is_told_at_once(folder):
    register(folder, metric(resolution="coarse", improvement_direction="up", owner="3"))
    result = pitprop("lint")
    assert result.exit_code == 2
    assert result.stdout.count("pitprop.yml:") == 3
    assert "3 problems" in result.stderr


# ---- the data -----------------------------------------------------------------------------------------


def test_a_missing_file(folder):
    bad, _, code, stderr = audited(folder, metric(source="gone"), "  gone: {path: shift.csv}")
    assert code == 3
    assert bad["ruling"] == "undecided"
    assert "shift.csv" in bad["problem"]
    assert "`shifts.csv`" in bad["problem"]
    assert stderr.startswith("pitprop: error: bad: ")
    assert data_states(bad) == {"not_applicable"}


def test_a_missing_column(folder):
    bad, _, code, _ = audited(folder, metric(expr="tonne"))
    assert code == 3
    assert bad["ruling"] == "undecided"
    assert "tonne" in bad["problem"]
    assert "`tonnes`" in bad["problem"]


def test_a_column_of_the_wrong_kind(folder):
    bad, _, code, _ = audited(folder, metric(expr="crew"))
    assert code == 3
    assert bad["ruling"] == "undecided"
    assert "crew" in bad["problem"]


def test_a_file_that_is_not_what_its_name_says(folder):
    (folder / "odd.parquet").write_text("not a parquet file")
    bad, _, code, _ = audited(folder, metric(source="odd"), "  odd: {path: odd.parquet}")
    assert code == 3
    assert "odd.parquet" in bad["problem"]


def test_an_empty_table(folder):
    (folder / "empty.csv").write_text("crew,day,tonnes\n")
    bad, _, code, _ = audited(folder, metric(source="empty"), "  empty: {path: empty.csv}")
    assert bad["ruling"] == "undecided"
    assert code in (0, 3)
    assert data_states(bad) <= {"not_applicable", "inconclusive"}
    assert "no rows" in " ".join([bad["problem"], *bad["because"]])


def test_a_column_of_nulls(folder):
    rows = "".join(f"c{i % 4},2026-{1 + i % 12:02d}-01,\n" for i in range(60))
    (folder / "nulls.csv").write_text("crew,day,tonnes\n" + rows)
    bad, _, _, _ = audited(folder, metric(source="nulls"), "  nulls: {path: nulls.csv}")
    assert bad["ruling"] == "undecided"
    assert data_states(bad) <= {"not_applicable", "inconclusive"}
    assert bad["problem"] or "60" in " ".join(bad["because"])


def test_infinite_and_nan_values_are_left_out_and_counted(folder):
    text = (folder / "shifts.csv").read_text() + "c0,2026-12-30,inf\nc1,2026-12-30,nan\nc2,2026-12-30,-inf\n"
    (folder / "wild.csv").write_text(text)
    bad, good, code, _ = audited(folder, metric(source="wild"), "  wild: {path: wild.csv}")
    assert code == 0
    assert bad["rows"]["not_finite"] == 3
    assert bad["rows"]["kept"] == good["rows"]["kept"] == 480


@pytest.mark.parametrize(
    "fields",
    [
        {"targets": "[{op: gte, value: 900, on: entity_period, stakes: bonus}]"},
        {"targets": "[{op: gte, value: 900, on: row}]"},
        {"targets": "[{op: gte, value: 7, since: 2031-01-01}]"},
        {"filter": "crew = 'nobody'"},
        {"filter": "crew = 'c0'"},
        {"filter": "day < '2026-02-01'"},
        {"entity": "", "agg_time_dimension": ""},
        {"expr": "0 * tonnes + 3"},
        {"filter": "day = '2026-02-01'"},
    ],
    ids=[
        *("cell target outside the data", "row target outside the data", "target in the future"),
        *("nothing left", "one unit", "one period", "no unit and no time", "constant", "four rows"),
    ],
)
def test_what_cannot_be_measured_is_undecided(folder, fields):
    bad, _, code, _ = audited(folder, metric(**fields))
    assert bad["ruling"] == "undecided"
    assert code == 0
    assert bad["because"][0]


def test_times_of_mixed_zones(folder):
    lines = (folder / "shifts.csv").read_text().splitlines()
    zones = ["+00:00", "+05:30", "-08:00"]
    mixed = [lines[0]]
    for i, line in enumerate(lines[1:]):
        crew, day, tonnes = line.split(",")
        mixed.append(f"{crew},{day}T23:30:00{zones[i % 3]},{tonnes}")
    (folder / "zones.csv").write_text("\n".join(mixed) + "\n")
    bad, _, code, _ = audited(folder, metric(source="zones"), "  zones: {path: zones.csv}")
    assert code in (0, 3)
    assert bad["problem"] or bad["rows"]["kept"] + bad["rows"]["no_time"] == 480


def test_a_database_that_cannot_be_reached_is_told_without_its_password(folder, monkeypatch):
    monkeypatch.setenv("PITPROP_WAREHOUSE_URL", "postgres://me:canary4711@127.0.0.1:1/db")
    bad, _, code, stderr = audited(folder, metric(source="remote"), "  remote: {connection: warehouse, table: shifts}")
    assert code == 3
    assert "warehouse" in bad["problem"]
    assert "canary4711" not in json.dumps(bad) + stderr


def test_a_database_without_an_address(folder):
    bad, _, code, _ = audited(folder, metric(source="remote"), "  remote: {connection: nowhere, table: shifts}")
    assert code == 3
    assert "PITPROP_NOWHERE_URL" in bad["problem"]


def test_data_outside_the_folder_are_refused_unless_allowed(folder):
    (folder.parent / "away.csv").write_text((folder / "shifts.csv").read_text())
    register(folder, metric(source="away") + GOOD, "  away: {path: ../away.csv}")
    refused = pitprop("audit", "--fail-on", "never")
    assert refused.exit_code in (2, 3)
    assert "away.csv" in refused.stderr
    allowed = pitprop("audit", "--fail-on", "never", "--allow-outside")
    assert allowed.exit_code == 0
