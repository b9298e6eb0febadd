"""`pitprop audit` and `pitprop diff`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pitprop.cli.output import FAILED, NOT_RUN, PASSED, by_suffix, close_pipe, count, echo, told, write
from pitprop.cli.program import folder_option, main, option, register_argument
from pitprop.errors import PitpropError

if TYPE_CHECKING:
    from datetime import datetime

    from pitprop.report.audit import Audit

FORMS = ("text", "json", "jsonl", "markdown", "csv", "html", "junit", "sarif", "github")
"""What `audit` can print: those of `report.render`, told here so that `--help` stays quick."""
SEVERITY = ("discard", "challenge", "undecided")
"""Rulings in the order of `--fail-on`: each fails for those before it too."""


@main.command()
@register_argument
@option("-s", "--select", multiple=True, help='What to audit: "tag:safety name:tonnes_* check:bunching".')
@option("--exclude", multiple=True, help="What to leave out, in the same words.")
@option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    envvar="PITPROP_AUDIT_FORMAT",
    help="Format of the report; text, or by -o's ending.",
)
@option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the report to this file, and the text to standard output.",
)
@option(
    "--fail-on",
    type=click.Choice([*SEVERITY, "never"]),
    default="discard",
    show_default=True,
    help="Exit with 1 where a ruling is this or worse.",
)
@option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day on which waivers and reviews are looked at.")
@option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="For resampling.")
@folder_option()
@click.pass_context
def audit(
    ctx: click.Context,
    path: str,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    form: str | None,
    output: Path | None,
    fail_on: str,
    today: datetime | None,
    seed: int,
    allow_outside: bool,
) -> int:
    """Rule on every metric of a register: keep, challenge, discard or undecided.

    PATH is the register, or the folder that has a pitprop.yml.
    """
    from pitprop import api

    form = form or (by_suffix(output) if output else "text")
    if output and not output.parent.is_dir():
        raise PitpropError(f"cannot write {output}: there is no folder {output.parent}; make it, or write elsewhere")
    found = api.audit(
        path,
        select=select,
        exclude=exclude,
        today=today.date() if today else None,
        seed=seed,
        allow_outside=allow_outside,
        progress=count if sys.stderr.isatty() else None,
    )
    if output:
        write(output, found.render(form, fail_on=fail_on))
    if output or form == "text":
        _print(found)
    else:
        echo(found.render(form, fail_on=fail_on))
    if output:
        click.echo(f"pitprop: the report is in {output}", err=True)
    if form == "github" and (page := os.environ.get("GITHUB_STEP_SUMMARY")):
        _append_summary(found, Path(page))
    return _gate(found, fail_on)


@main.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    envvar="PITPROP_DIFF_FORMAT",
    default="text",
    show_default=True,
    help="Format of the changes.",
)
@option(
    "--fail-on",
    type=click.Choice(["worse", "any", "never"]),
    default="worse",
    show_default=True,
    help="Exit with 1 where a ruling got worse, or on any change but new data.",
)
def diff(before: Path, after: Path, form: str, fail_on: str) -> int:
    """Tell what changed between two audits: rulings, findings, effects, definitions, data.

    BEFORE and AFTER are files that `pitprop audit --format json` wrote.
    """
    from pitprop import api

    found = api.diff(before, after)
    echo(found.render(form))
    return FAILED if found.fails(fail_on) else PASSED


def _gate(found: Audit, fail_on: str) -> int:
    unrun = found.unrun()
    for sentence in unrun:
        told(sentence, NOT_RUN)
    if unrun:
        return NOT_RUN
    return FAILED if found.failing(fail_on) else PASSED


def _append_summary(found: Audit, page: Path) -> None:
    """Add the audit to the summary of the step; one that cannot be written changes no exit code."""
    from pitprop.report.github import SUMMARY_BYTES, summary

    try:
        with page.open("ab") as file:
            before = b"\n" if file.tell() else b""
            file.write(before + summary(found, SUMMARY_BYTES - file.tell() - len(before)).encode())
    except OSError as error:
        click.echo(f"pitprop: no summary is in {page}: {(error.strerror or str(error)).lower()}", err=True)


def _print(found: Audit) -> None:
    from pitprop.report.text import print_audit

    try:
        print_audit(found, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        close_pipe()
