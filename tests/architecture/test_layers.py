"""The house stays in order: layers, independent checks, who may import what, and a quick start."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {
    *("numpy", "scipy", "pydantic", "duckdb", "pyarrow", "ibis", "rich", "sqlglot"),
    *("ruamel", "jinja2", "pandas", "statsmodels", "vl_convert", "python_calamine"),
}


def imported_by(*arguments: str) -> set[str]:
    """Top-level packages that a command imports."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, check=True, cwd=ROOT
    )
    names = [line.rsplit("|", 1)[1].strip() for line in ran.stderr.splitlines() if "import time:" in line]
    return {name.split(".")[0] for name in names}


def test_every_import_contract_is_kept():
    from click.testing import CliRunner
    from importlinter.cli import lint_imports_command

    result = CliRunner().invoke(lint_imports_command, ["--config", str(ROOT / "pyproject.toml"), "--no-cache"])
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert f"Contracts: {len(contracts)} kept, 0 broken." in result.output
    assert result.exit_code == 0


@pytest.mark.parametrize("command", [["--help"], ["audit", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(command):
    found = imported_by("-m", "pitprop", *command)
    assert "click" in found
    assert found & HEAVY == set()


def test_importing_the_package_imports_nothing_heavy():
    assert imported_by("-c", "import pitprop") & HEAVY == set()


def test_the_public_names_are_there_and_documented():
    import pitprop

    assert pitprop.__version__ == "0.1.0"
    for name in ("audit", "checks", "diff", "explain", "init", "lint", "schema", "PitpropError"):
        assert name in pitprop.__all__
        assert len(getattr(pitprop, name).__doc__.splitlines()[0]) > 20
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = pitprop.nothing


def test_the_pre_commit_hook_lints():
    from ruamel.yaml import YAML

    (hook,) = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"] == "pitprop lint"
    import re

    assert re.search(hook["files"], "audits/pitprop.yml")
    assert re.search(hook["files"], "metrics/coal.yml")
    assert not re.search(hook["files"], "notes/mypitprop.yml.bak")
