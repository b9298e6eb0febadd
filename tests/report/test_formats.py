"""Text, JSON, JSON lines, Markdown and CSV of an audit built by hand."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sample_audit
from sample_audit import finding, hostile, metric, sample, verdict

from pitprop.errors import PitpropError
from pitprop.examine.finding import State
from pitprop.judge.verdict import Ruling
from pitprop.report.as_json import json_value
from pitprop.report.audit import Audit
from pitprop.report.csv import COLUMNS, cell
from pitprop.report.markdown import escaped
from pitprop.report.plain import plain, width
from pitprop.report.render import FORMS, render, summary_html
from pitprop.report.steps import steps
from pitprop.report.text import as_text, print_audit
from pitprop.report.wording import number, probability

HERE = Path(__file__).parent


def only(*verdicts: object) -> Audit:
    return dataclasses.replace(sample(), verdicts=verdicts, portfolio=())  # type: ignore[arg-type]


# ---- every format


@pytest.mark.parametrize("form", FORMS)
def test_the_same_audit_gives_the_same_bytes(form: str) -> None:
    assert render(sample(), form) == render(sample(), form)


@pytest.mark.parametrize("form", FORMS)
def test_bytes_do_not_depend_on_the_hash_seed(form: str) -> None:
    program = (
        "import sample_audit, hashlib\n"
        f"print(hashlib.sha256(sample_audit.sample().render({form!r}).encode()).hexdigest())"
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


@pytest.mark.parametrize("form", FORMS)
def test_hostile_texts_leave_no_control_character_and_can_be_written_as_utf8(form: str) -> None:
    written = render(hostile(), form).encode("utf-8").decode("utf-8")
    assert "\x1b" not in written
    assert "\x00" not in written
    if form not in ("json", "jsonl"):
        assert "\u202e" not in written


def test_an_unknown_format_is_refused_with_the_list_of_formats() -> None:
    known = "text, json, jsonl, markdown, csv, html, junit, sarif, github"
    with pytest.raises(PitpropError, match=f"'pdf'; choose one of {known}$"):
        render(sample(), "pdf")


def test_text_and_json_need_neither_rich_nor_jinja_nor_vega() -> None:
    program = (
        "import sys, sample_audit as s; a = s.sample()\n"
        "for form in ('text', 'json', 'jsonl', 'markdown', 'csv', 'junit', 'sarif', 'github'): a.render(form)\n"
        "print(sorted({'rich', 'jinja2', 'vl_convert'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=HERE, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---- JSON


def test_json_has_the_agreed_shape() -> None:
    told = json.loads(render(sample(), "json"))
    assert list(told) == ["pitprop", "register", "policy", "metrics", "portfolio"]
    assert told["pitprop"] == "0.1.0"
    assert told["policy"]["fdr"] == 0.10
    assert told["policy"]["effects"] == {"bunching": 0.02}
    first = told["metrics"][0]
    assert {"name", "ruling", "because", "remedy", "definition_hash", "findings"} <= set(first)
    assert first["ruling"] == "challenge"
    assert first["rows"] == {
        "kept": 20_000,
        "filtered": 412,
        "null": 31,
        "not_finite": 2,
        "no_entity": 0,
        "no_time": 5,
        "excluded": 0,
        "superseded": 0,
    }
    bunching = first["findings"][0]
    agreed = {"code", "check", "family", "state", "effect", "effect_is", "interval", "beyond"}
    agreed |= {"p_value", "q_value", "n", "grade", "says", "data"}
    assert agreed <= set(bunching)
    assert bunching["interval"] == [0.281, 0.343]
    assert bunching["data"] == {"window": [6.6, 7.2]}
    assert told["portfolio"][0]["check"] == "concentration"


def test_json_never_holds_a_number_that_is_not_finite() -> None:
    broken = finding(
        "bunching",
        State.INCONCLUSIVE,
        "x",
        effect=math.nan,
        interval=(-math.inf, math.inf),
        data={"a": [math.inf, np.float64("nan")], "b": np.array([1.5, -np.inf]), "c": np.int64(3)},
    )
    audit = only(verdict(metric("a"), Ruling.UNDECIDED, findings=(broken,)))
    for form in ("json", "jsonl"):
        assert "NaN" not in render(audit, form)
        assert "Infinity" not in render(audit, form)
    told = json.loads(render(audit, "json"))["metrics"][0]["findings"][0]
    assert told["effect"] is None
    assert told["interval"] == [None, None]
    assert told["data"] == {"a": [None, None], "b": [1.5, None], "c": 3}


def test_json_values_keep_numbers_exact_and_put_sets_in_order() -> None:
    assert json_value(0.1 + 0.2) == 0.30000000000000004
    assert json_value({State.CLEAR: {"b", "a"}}) == {"clear": ["a", "b"]}
    assert json_value((1, True, None, "x")) == [1, True, None, "x"]


def test_jsonl_has_one_line_for_each_metric_and_says_where_it_is_from() -> None:
    lines = [json.loads(line) for line in render(sample(), "jsonl").splitlines()]
    assert [line["name"] for line in lines] == [v.metric.name for v in sample().verdicts]
    assert {(line["pitprop"], line["register"]) for line in lines} == {("0.1.0", "pitprop.yml")}
    assert lines[0]["findings"] == json.loads(render(sample(), "json"))["metrics"][0]["findings"]


# ---- CSV


def test_csv_has_one_row_for_each_finding_and_one_for_a_metric_without_any() -> None:
    rows = list(csv.DictReader(io.StringIO(render(sample(), "csv"))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 8 + 2 + 1 + 1 + 1 + 1
    assert float(rows[0]["effect"]) == 0.312
    assert int(rows[0]["n"]) == 20_000
    assert rows[-2]["metric"] == "lamps_lit"
    assert rows[-2]["check"] == ""
    assert (rows[-1]["metric"], rows[-1]["check"]) == ("", "concentration")


def test_csv_cells_that_a_spreadsheet_would_run_start_with_an_apostrophe() -> None:
    rows = list(csv.reader(io.StringIO(render(hostile(), "csv"))))
    cells = [held for row in rows[1:] for held in row]
    assert any(held.startswith("'=HYPERLINK") for held in cells)
    for held in cells:
        if held.startswith(("=", "+", "-", "@", "\t", "\r")):
            float(held)
    assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1"])
def test_text_that_looks_like_a_formula_is_escaped_and_numbers_stay_numbers(text: str) -> None:
    assert str(cell(text)).startswith("'")
    assert cell(-1.5) == -1.5
    assert cell(math.inf) == ""


# ---- Markdown


def test_markdown_escapes_markup_links_cells_and_html() -> None:
    assert escaped("a|b") == "a&#124;b"
    assert escaped("<b>&") == "&lt;b&gt;&amp;"
    assert escaped("[x](http://y)") == "\\[x\\]\\(http&#58;//y\\)"
    assert escaped("*a* _b_ `c`") == "\\*a\\* \\_b\\_ \\`c\\`"
    assert escaped("one\ntwo\r\n# three") == "one two \\# three"
    assert escaped("1. x") == "1\\. x"
    assert escaped("- x") == "\\- x"
    assert escaped("www.evil.example") == "www&#46;evil.example"


def test_a_markdown_table_keeps_its_columns_whatever_the_texts_say() -> None:
    for audit in (sample(), hostile()):
        lines = render(audit, "markdown").splitlines()
        tables = [line for line in lines if line.startswith("|")]
        rulings = [line for line in tables if line.count("|") == 7]
        evidence = [line for line in tables if line.count("|") == 9]
        assert len(rulings) == 2 + 5
        assert len(rulings) + len(evidence) == len(tables)


def test_markdown_of_hostile_texts_holds_no_raw_html_and_no_address() -> None:
    written = render(hostile(), "markdown")
    assert "<" not in written
    assert "http:" not in written
    assert "javascript:" not in written
    assert not any(line.startswith("# heading") for line in written.splitlines())


# ---- text


def test_text_starts_each_metric_with_symbol_and_word_then_name_then_why() -> None:
    lines = render(sample(), "text").splitlines()
    assert lines[0] == "pitprop.yml 5 metrics: 1 discard, 1 challenge, 2 undecided, 1 keep"
    assert lines[2].startswith("! challenge  tonnes_per_shift (Tonnes per shift): Pattern consistent with")
    assert sum(line.startswith("? undecided  ") for line in lines) == 2
    assert sum(line.startswith("✓ keep       injury_rate") for line in lines) == 1


def test_text_shows_evidence_only_where_it_matters() -> None:
    written = render(sample(), "text")
    assert "▲ suspect bunching" in written
    assert "heaping" not in written
    assert "reliability:" not in written
    assert "there is no such file" in " ".join(written.split())


@pytest.mark.parametrize("columns", [24, 60, 100, 140])
def test_no_line_of_text_is_wider_than_asked_and_no_word_is_lost(columns: int) -> None:
    long = dataclasses.replace(sample().verdicts[0], metric=metric("a" * 120, label="測定" * 60))
    written = as_text(only(long), columns=columns)
    assert max(width(line) for line in written.splitlines()) <= columns
    assert "a" * 120 in "".join(written.split())
    assert "測定" * 60 in "".join(written.split())


def test_a_number_is_not_parted_from_its_unit_at_the_end_of_a_line() -> None:
    for columns in range(50, 110):
        lines = as_text(sample(), columns=columns).splitlines()
        assert not any(line.lstrip().startswith("% ") for line in lines)


def terminal(audit: Audit) -> str:
    """What a terminal is sent."""
    outer, inner = pty.openpty()
    with os.fdopen(inner, "w", encoding="utf-8") as file:
        print_audit(audit, file)
    told = b""
    while True:
        try:
            part = os.read(outer, 65536)
        except OSError:
            break
        if not part:
            break
        told += part
    os.close(outer)
    return told.decode("utf-8")


def short() -> Audit:
    return only(sample().verdicts[2])


def test_a_terminal_gets_colour_and_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    told = terminal(short())
    assert "\x1b[1;32m" in told
    assert "keep" in told


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    told = terminal(short())
    assert "\x1b[1;32m" not in told
    assert "\x1b[32m" not in told
    assert "✓ keep" in told.replace("\x1b[1m", "")


def test_a_pipe_gets_plain_text() -> None:
    out = io.StringIO()
    print_audit(sample(), out)
    assert out.getvalue() == render(sample(), "text")


def test_a_file_that_cannot_hold_the_symbols_gets_ascii_ones() -> None:
    held = io.BytesIO()
    out = io.TextIOWrapper(held, encoding="ascii", newline="\n")
    print_audit(sample(), out)
    out.flush()
    assert b"\n+ keep       injury_rate" in held.getvalue()
    assert b"\n             ^ suspect bunching" in held.getvalue()


# ---- words


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (7.0, "7"),
        (20_000.0, "20,000"),
        (-0.00412, "−0.00412"),
        (0.312345, "0.312"),
        (1234.56, "1,235"),
        (0.00001234, "1.23e−5"),
        (1e-30, "1e−30"),
        (99.96, "100"),
        (math.inf, "no upper limit"),
        (-math.inf, "no lower limit"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_numbers_are_written_for_people(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_probabilities_are_never_written_as_zero() -> None:
    assert probability(0.0) == "<0.001"
    assert probability(0.0514) == "0.051"
    assert probability(1.0) == "1"
    assert probability(None) == "–"


def test_plain_text_keeps_scripts_and_drops_what_hides() -> None:
    assert plain("Größe 測定 é") == "Größe 測定 é"
    assert plain("a\u202eb\x1b[0m\ud800c\n\td") == "a\ufffdb\ufffd[0m\ufffdc d"


def test_what_to_do_first_goes_from_discard_to_undecided_and_joins_equal_remedies() -> None:
    todo = steps(sample())
    assert [step.ruling for step in todo] == [Ruling.DISCARD, Ruling.CHALLENGE, Ruling.UNDECIDED]
    assert [v.metric.name for v in todo[2].verdicts] == ["ponies_per_gallery", "lamps_lit"]


# ---- notebook


def test_the_notebook_summary_is_one_escaped_table() -> None:
    told = summary_html(hostile())
    assert told == hostile()._repr_html_()
    assert told.count("<tr") == 1 + 5
    assert "<script" not in told
    assert "<img" not in told
    assert "&lt;script&gt;" in told
    assert sample_audit.sample()._repr_html_().count("challenge") >= 2


def test_the_lead_is_the_first_sentence_and_what_fits_after_it() -> None:
    from pitprop.report.wording import lead

    text = "About 43% (17% to 68%) of 3.5 were moved. Pattern consistent with pushing. More."
    assert lead(text, most=0) == "About 43% (17% to 68%) of 3.5 were moved."
    assert lead(text, most=75) == "About 43% (17% to 68%) of 3.5 were moved. Pattern consistent with pushing."
    assert lead(text) == text
    assert lead("Ask J. Smith. Then wait.", most=0) == "Ask J. Smith."
    assert lead("") == ""


def test_text_names_poor_declarations_and_open_questions_in_a_line_each() -> None:
    poor = finding("outcome", State.SUSPECT, "No outcome.", code="PP504")
    open_one = finding("reliability", State.INCONCLUSIVE, "Who knows.", code="PP301", waived="seen")
    written = as_text(only(verdict(metric("a"), Ruling.UNDECIDED, findings=(open_one, poor))))
    assert "             ▲ declaration incomplete: outcome\n" in written
    assert "             ~ inconclusive: reliability (waived)\n" in written
    assert "Who knows" not in written
