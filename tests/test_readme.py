"""The README is true: its commands exist, its output is what is printed, its register is valid."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

import pitprop
from pitprop import api
from pitprop.cli import main
from pitprop.report.simulation.work_render import render_work

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_rulings_shown_are_the_rulings_printed() -> None:
    shown = blocks("text")[0].strip("\n").splitlines()
    assert len(shown) >= 4
    audit = pitprop.audit(
        ROOT / "examples" / "public" / "pitprop.yml", select=("name:batting_average_3*",), today=date(2026, 11, 23)
    )
    printed = audit.render("text").splitlines()
    missing = [line for line in shown if line.rstrip() not in [p.rstrip() for p in printed]]
    assert missing == []


def test_the_sentence_of_the_simulation_is_the_one_printed() -> None:
    study = api.simulate(ROOT / "examples" / "mine" / "shift.yml", without=["sensitivity", "curves", "roles"])
    said = re.findall(r'says: "([^"]+)"', README.replace("\n", " "))
    assert [sentence for sentence in said if sentence in " ".join(render_work(study).split())] == said != []


def test_every_command_named_exists() -> None:
    named = {
        m.group(1) for m in re.finditer(r"\bpitprop (init|lint|audit|diff|explain|checks|schema|simulate)\b", README)
    }
    assert named == set(main.commands)


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"\bmake (demo|test|setup|bench|check)\b", README)) <= targets


def test_the_register_shown_is_valid_but_for_the_two_metrics_it_leaves_out(tmp_path: Path) -> None:
    path = tmp_path / "pitprop.yml"
    path.write_text(blocks("yaml")[0], encoding="utf-8")
    problems = pitprop.lint(path)
    assert [p.says for p in problems] == [
        "'coal_delivered' is not a metric of this register",
        "'injury_rate' is not a metric of this register",
    ]


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_every_file_linked_is_there(link: str) -> None:
    assert (ROOT / link).exists()
