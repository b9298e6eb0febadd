"""What changed between two audits."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_audit import finding, hostile, metric, sample, verdict

import pitprop
from pitprop.errors import PitpropError
from pitprop.examine.finding import Finding, State
from pitprop.judge.policy import Policy
from pitprop.judge.verdict import Ruling, Verdict
from pitprop.report.audit import Audit
from pitprop.report.difference import GATES, Difference


def audit(*verdicts: Verdict, **changes: Any) -> Audit:
    return dataclasses.replace(sample(), verdicts=verdicts, portfolio=(), **changes)


def ruled(ruling: Ruling = Ruling.KEEP, name: str = "m0", **given: Any) -> Verdict:
    kept = {"definition_hash": "d1", "data_fingerprint": "f1", "because": ("Because.",)}
    told = {key: given.pop(key) for key in ("status",) if key in given}
    return verdict(metric(name, **told), ruling, **kept | given)


def effect(value: float | None, low: float | None = None, high: float | None = None, **given: Any) -> Finding:
    interval = None if low is None and high is None else (low, high)
    told = {"effect": value, "interval": interval, "effect_is": "share moved", "code": "PP101"}
    return finding("bunching", given.pop("state", State.CLEAR), "A finding.", **told | given)


def changes(before: Audit, after: Audit) -> list[tuple[str, str, str, bool | None]]:
    return [(c.metric, c.kind, c.check, c.worse) for c in pitprop.diff(before, after).changes]


def test_an_audit_is_no_different_from_itself() -> None:
    found = pitprop.diff(sample(), sample())
    assert found.changes == ()
    assert found.compared == len(sample().verdicts)
    assert not any(found.fails(gate) for gate in GATES)
    with pytest.raises(PitpropError, match="nothing fails on 'wrose'"):
        found.fails("wrose")
    assert "5 metrics in both: 0 got worse, 0 got better" in found.render("text")


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (Ruling.KEEP, Ruling.UNDECIDED, True),
        (Ruling.UNDECIDED, Ruling.CHALLENGE, True),
        (Ruling.CHALLENGE, Ruling.DISCARD, True),
        (Ruling.DISCARD, Ruling.KEEP, False),
        (Ruling.CHALLENGE, Ruling.UNDECIDED, False),
    ],
)
def test_a_ruling_gets_worse_from_keep_over_undecided_and_challenge_to_discard(
    before: Ruling, after: Ruling, worse: bool
) -> None:
    found = pitprop.diff(audit(ruled(before)), audit(ruled(after)))
    (change,) = found.changes
    assert (change.kind, change.before, change.after, change.worse) == ("ruling", before.value, after.value, worse)
    assert found.fails("worse") is worse
    assert found.fails("any")
    assert not found.fails("never")
    assert (found.count(worse=True), found.count(worse=False)) == (int(worse), int(not worse))


def test_a_ruling_says_whether_definition_or_data_changed() -> None:
    old = audit(ruled())

    def says(**given: str) -> str:
        return pitprop.diff(old, audit(ruled(Ruling.DISCARD, **given))).changes[0].says

    assert "(neither its definition nor its data changed)" in says()
    assert "(its data changed)" in says(data_fingerprint="f2")
    assert "(its definition changed)" in says(definition_hash="d2")
    assert "(its definition changed and its data changed)" in says(definition_hash="d2", data_fingerprint="f2")
    assert "whether its data changed is not known" in says(data_fingerprint="")


def test_definition_and_data_are_told_apart_and_new_data_fail_no_gate() -> None:
    assert changes(audit(ruled()), audit(ruled(definition_hash="d2"))) == [("m0", "definition", "", None)]
    new = pitprop.diff(audit(ruled()), audit(ruled(data_fingerprint="f2")))
    assert [c.kind for c in new.changes] == ["data"]
    assert not new.fails("any")


def test_metrics_added_and_removed() -> None:
    old, new = audit(ruled(name="m0"), ruled(name="m1")), audit(ruled(name="m2"), ruled(name="m1"))
    assert changes(old, new) == [("m2", "added", "", None), ("m0", "removed", "", None)]
    assert not pitprop.diff(old, new).fails("worse")


def test_a_metric_that_can_no_longer_be_measured_is_worse_and_never_better() -> None:
    old = audit(ruled(Ruling.DISCARD, findings=(effect(0.3, 0.2, 0.4, state=State.SUSPECT),)))
    gone = finding("bunching", State.NOT_APPLICABLE, "The data could not be had.")
    found = pitprop.diff(old, audit(ruled(Ruling.UNDECIDED, problem="there is no file", findings=(gone,))))
    assert [(c.kind, c.worse) for c in found.changes] == [("run", True), ("ruling", None)]
    assert found.fails("worse")
    assert (found.count(worse=True), found.count(worse=False)) == (1, 0)


def test_a_check_that_breaks_down_is_worse() -> None:
    broken = finding("bunching", State.NOT_APPLICABLE, "It broke down.", data={"crashed": "ValueError"})
    old, new = audit(ruled(findings=(effect(0.0, -0.1, 0.1),))), audit(ruled(findings=(broken,)))
    assert changes(old, new) == [("m0", "run", "bunching", True)]
    assert changes(new, old) == [("m0", "run", "bunching", False)]


def test_a_metric_that_is_retired_did_not_get_worse() -> None:
    found = pitprop.diff(audit(ruled()), audit(ruled(Ruling.UNDECIDED, status="retired")))
    assert [(c.kind, c.worse) for c in found.changes] == [("ruling", None)]
    assert "(it was retired)" in found.changes[0].says


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (State.CLEAR, State.SUSPECT, True),
        (State.NOT_APPLICABLE, State.SUSPECT, True),
        (State.SUSPECT, State.CLEAR, False),
        (State.SUSPECT, State.INCONCLUSIVE, None),
        (State.CLEAR, State.INCONCLUSIVE, None),
    ],
)
def test_a_finding_that_changes_its_state(before: State, after: State, worse: bool | None) -> None:
    old, new = (audit(ruled(findings=(effect(0.1, 0.0, 0.2, state=s),))) for s in (before, after))
    assert changes(old, new) == [("m0", "state", "bunching", worse)]


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ((0.1, 0.0, 0.2), (0.5, 0.4, 0.6), True),
        ((0.1, 0.0, 0.2), (0.15, 0.05, 0.25), False),
        ((0.1, 0.0, 0.2), (0.21, 0.0, 0.5), False),
        ((0.1, 0.0, math.inf), (0.5, 0.4, 0.6), False),
        ((0.1, 0.0, 0.2), (0.3, 0.25, math.inf), True),
        ((0.1, None, None), (0.5, 0.4, 0.6), True),
        ((0.1, None, None), (0.5, None, None), False),
        ((None, None, None), (0.5, 0.4, 0.6), False),
        ((0.1, 0.1, 0.1), (0.1 * (1 + 1e-9), 0.1, 0.1), False),
        ((0.1, 0.1, 0.1), (0.1 * (1 + 1e-5), 0.1 * (1 + 1e-5), 0.1 * (1 + 1e-5)), True),
    ],
)
def test_an_effect_moves_where_each_is_outside_the_others_interval(
    old: tuple[float, ...], new: tuple[float, ...], moved: bool
) -> None:
    told = changes(*(audit(ruled(findings=(effect(*numbers),))) for numbers in (old, new)))
    assert told == ([("m0", "effect", "bunching", None)] if moved else [])


def test_effects_that_mean_two_things_are_not_compared() -> None:
    old, new = effect(0.1, 0.0, 0.2), effect(0.5, 0.4, 0.6, effect_is="minutes")
    assert changes(audit(ruled(findings=(old,))), audit(ruled(findings=(new,)))) == []


def test_waivers_given_and_expired() -> None:
    suspect = effect(0.1, 0.05, 0.2, state=State.SUSPECT)
    waived = dataclasses.replace(suspect, waived="known (office)")
    bare, excused = audit(ruled(findings=(suspect,))), audit(ruled(findings=(waived,)))
    assert changes(bare, excused) == changes(excused, bare) == [("m0", "waiver", "bunching", None)]


def test_checks_that_only_one_audit_asked() -> None:
    with_it, without = audit(ruled(findings=(effect(0.1, 0.0, 0.2),))), audit(ruled())
    assert changes(without, with_it) == [("m0", "asked", "bunching", None)]
    assert "no longer asked" in pitprop.diff(with_it, without).changes[0].says


def test_new_checks_without_suspicion_share_a_line_and_a_suspicion_has_its_own() -> None:
    quiet = tuple(finding(name, State.CLEAR, "Fine.") for name in ("digits", "smoothness"))
    loud = finding("bunching", State.SUSPECT, "A pile.")
    told = pitprop.diff(audit(ruled()), audit(ruled(findings=(*quiet, loud)))).render("text").splitlines()
    assert told[4:] == [
        "  changed  bunching was not asked before; it is suspect: A pile.",
        "  changed  Asked now and not before, without suspicion: digits, smoothness.",
    ]


def test_policy_version_and_the_register_as_a_whole() -> None:
    old = audit(ruled(), policy=Policy(fdr=0.1, effects={"bunching": 0.02}))
    new = audit(ruled(), policy=Policy(fdr=0.05, effects={"bunching": 0.02 * (1 + 1e-9)}), version="0.2.0")
    assert changes(old, new) == [("", "version", "", None), ("", "policy", "", None)]
    assert "fdr` went from 0.1 to 0.05" in pitprop.diff(old, new).render("text")
    clear = finding("concentration", State.CLEAR, "Fine.", code="PP506")
    told = changes(dataclasses.replace(old, portfolio=(clear,)), dataclasses.replace(old, portfolio=sample().portfolio))
    assert told == [("", "state", "concentration", None)]


def test_files_and_audits_compare_alike(tmp_path: Path) -> None:
    old, new = audit(ruled(findings=(effect(0.1, 0.0, math.inf),))), sample()
    for name, held in (("old.json", old), ("new.json", new)):
        (tmp_path / name).write_text(held.render("json"), encoding="utf-8")
    from_files = pitprop.diff(tmp_path / "old.json", str(tmp_path / "new.json"))
    assert from_files.changes == pitprop.diff(old, new).changes
    assert pitprop.diff(tmp_path / "new.json", new).changes == ()


# ---- renderings


def worsened() -> Difference:
    old = audit(ruled(), ruled(name="m1"), ruled(name="m2"))
    new = audit(ruled(Ruling.DISCARD), ruled(name="m1", data_fingerprint="f2"), ruled(name="m3"))
    return pitprop.diff(old, new)


def test_the_text_shows_what_changed_metric_by_metric() -> None:
    assert worsened().render("text") == (
        "pitprop.yml -> pitprop.yml\n"
        "2 metrics in both: 1 got worse, 0 got better, 0 with another definition, 1 with other data, 1 added, "
        "1 removed.\n"
        "\nm0\n"
        "  worse    Its ruling went from keep to discard (neither its definition nor its data changed):\n"
        "           Because.\n"
        "\nm3\n"
        "  changed  It is new, and its ruling is keep: Because.\n"
        "\nm2\n"
        "  changed  It is gone; its ruling was keep.\n"
    )
    assert str(worsened()) == worsened().render("text")


def test_the_json_has_every_change() -> None:
    told = json.loads(worsened().render("json"))
    assert list(told) == ["before", "after", "compared", "worse", "better", "changes"]
    assert (told["compared"], told["worse"], told["better"]) == (2, 1, 0)
    assert [(c["metric"], c["kind"], c["worse"]) for c in told["changes"]] == [
        ("m0", "ruling", True),
        ("m1", "data", None),
        ("m3", "added", None),
        ("m2", "removed", None),
    ]


def test_the_markdown_is_a_table() -> None:
    lines = worsened().render("markdown").splitlines()
    assert lines[0] == "# Changes from pitprop.yml to pitprop.yml"
    assert "| m0 | **worse** | " in lines[6]
    assert len(lines) == 9


def test_hostile_texts_harm_no_rendering() -> None:
    found = pitprop.diff(audit(ruled()), hostile())
    for form in ("text", "markdown"):
        told = found.render(form)
        assert "\x1b" not in told
        assert "\u202e" not in told
    assert "<script" not in found.render("markdown")
    assert json.loads(found.render("json"))["compared"] == 0
    with pytest.raises(PitpropError, match="no format 'html'"):
        found.render("html")


# ---- files that are no audits


def broken(**changes: Any) -> str:
    document = json.loads(sample().render("json"))
    document["metrics"][0] |= changes
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not JSON (line 1, column 1"),
        ("{", "is not JSON (line 1, column 2"),
        ("[1]", "is no audit: it has no `pitprop` and `metrics`"),
        ('{"pitprop": "1", "metrics": {}}', "metrics has to be a list"),
        ('{"pitprop": "1", "metrics": [1]}', "metrics[0] has to be a mapping"),
        ('{"pitprop": 1, "metrics": []}', "pitprop has to be text"),
        ('{"pitprop": "1", "metrics": [NaN]}', "NaN is no JSON"),
        ("[" * 100_000, "nested too deeply"),
        (broken(ruling="fine"), 'metrics[0].ruling is "fine"; it has to be one of keep, challenge, discard, undecided'),
        (broken(ruling=["x"]), 'metrics[0].ruling is ["x"]; it has to be one of'),
        (broken(name="reports_filed"), "metrics has two items of one name"),
        (broken(name=None), "metrics has an item without a name"),
        (broken(findings=[{"check": "a", "state": "odd"}]), 'metrics[0].findings[0].state is "odd"'),
        (broken(findings=[{"check": "a", "state": "clear", "effect": "x"}]), "findings[0].effect has to be a number"),
        (broken(findings=[{"check": "a", "state": "clear", "effect": True}]), "findings[0].effect has to be a number"),
        (broken(findings=[{"check": "a", "state": "clear", "interval": [1]}]), "interval has to be a list of two"),
    ],
)
def test_a_file_that_is_no_audit_is_named_with_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(PitpropError) as raised:
        pitprop.diff(sample(), tmp_path / "odd.json")
    assert str(raised.value).startswith(f"{tmp_path / 'odd.json'}: ")
    assert says in str(raised.value)


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_bytes(b"\xff\xfe\x00")
    for name, says in (("gone.json", "cannot be read: no such file"), ("odd.json", "is not in UTF-8"), (".", "cannot")):
        with pytest.raises(PitpropError, match=says):
            pitprop.diff(tmp_path / name, sample())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda held: (
        st.lists(held, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "ruling", "findings", "effect", "interval", "x"]), held, max_size=4)
    ),
    max_leaves=10,
)


@given(JSON, st.sampled_from(["metrics", "portfolio", "policy", "register", "pitprop"]))
def test_no_document_breaks_the_comparison(value: object, key: str) -> None:
    from pitprop.report.recorded import recorded

    try:
        assert recorded({"pitprop": "1", "metrics": [], key: value}, "f.json").name == "f.json"
    except PitpropError as error:
        assert str(error).startswith("f.json: ")
