"""The command line: parse, call, print, exit code. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pitprop import __version__
from pitprop.errors import PitpropError

if TYPE_CHECKING:
    from datetime import datetime

    from pitprop.report.audit import Audit

FORMS = ("text", "json", "jsonl", "markdown", "csv", "html", "junit", "sarif", "github")
"""What `audit` can print: those of `report.render`, told here so that `--help` stays quick."""
SUFFIXES = {
    ".txt": "text",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".csv": "csv",
    ".xml": "junit",
    ".sarif": "sarif",
}
"""What `-o FILE` is written as where no format is given."""
SEVERITY = ("discard", "challenge", "undecided")
"""Rulings in the order of `--fail-on`: each fails for those before it too."""

for _threads in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")  # our matrices are small: threads made them thirty times slower
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for them reads every installed package
gc.set_threshold(50_000, 20, 20)  # imports make much that lasts and little that is garbage

PASSED, FAILED, INVALID, NOT_RUN, INTERRUPTED = 0, 1, 2, 3, 130


class Program(click.Group):
    """A group whose errors are sentences on standard error and whose exit codes are ours."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run; leaves through SystemExit with 0, 1, 2, 3 or 130."""
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
            _flush()
        except click.exceptions.Exit as error:
            code = error.exit_code
        except click.ClickException as error:
            code = _told(error.format_message(), INVALID)
            if isinstance(error, click.UsageError) and error.ctx is not None:
                click.echo(f"try `{error.ctx.command_path} --help`", err=True)
        except PitpropError as error:
            code = _told(str(error), error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            code = _told("interrupted", INTERRUPTED)
        except BrokenPipeError:
            _close_pipe()
            code = PASSED
        except Exception as error:
            if os.environ.get("PITPROP_TRACEBACK"):
                raise
            fault = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            code = _told(f"a fault in pitprop itself ({fault}); PITPROP_TRACEBACK=1 shows where, for a report", NOT_RUN)
        sys.exit(code if isinstance(code, int) else PASSED)


F = TypeVar("F", bound=Callable[..., Any])


def option(*names: str, **told: Any) -> Callable[[F], F]:
    """An option that can also be given as PITPROP_, its command and its name."""
    return click.option(*names, show_envvar=True, **told)


def folder_option() -> Callable[[F], F]:
    return option("--allow-outside", is_flag=True, help="Read data that lie outside the register's folder as well.")


register_argument = click.argument("path", default="pitprop.yml", metavar="[PATH]")


@click.group(
    cls=Program,
    context_settings={
        "auto_envvar_prefix": "PITPROP",
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
    epilog="Exit codes: 0 passed; 1 a ruling at or above --fail-on; 2 wrong usage or an invalid register; "
    "3 something could not be run; 130 interrupted.",
)
@click.version_option(__version__, prog_name="pitprop", message="%(prog)s %(version)s")
def main() -> None:
    """Keep metrics honest: which numbers to keep, challenge or discard, and why."""


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

    form = form or (_by_suffix(output) if output else "text")
    if output and not output.parent.is_dir():
        raise PitpropError(f"cannot write {output}: there is no folder {output.parent}; make it, or write elsewhere")
    progress = _progress() if sys.stderr.isatty() else None
    found = api.audit(
        path,
        select=select,
        exclude=exclude,
        today=today.date() if today else None,
        seed=seed,
        allow_outside=allow_outside,
        progress=progress,
    )
    if output:
        _write(output, found.render(form, fail_on=fail_on))
    if output or form == "text":
        _print(found)
    else:
        _echo(found.render(form, fail_on=fail_on))
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
    _echo(found.render(form))
    return FAILED if found.fails(fail_on) else PASSED


@main.command()
@register_argument
@folder_option()
def lint(path: str, allow_outside: bool) -> int:
    """Check a register or a scenario without looking at data; every problem at its line."""
    from pitprop import api

    problems = api.lint(path, allow_outside=allow_outside)
    for problem in problems:
        click.echo(str(problem))
    name = api.register_file(path)
    if problems:
        return _told(f"{name}: {len(problems)} problem{'s' if len(problems) > 1 else ''}", INVALID)
    click.echo(f"{name}: nothing wrong")
    return PASSED


@main.command()
@click.argument("table", required=False, type=click.Path(path_type=Path))
@option("--sheet", help="Worksheet of an xlsx file, or table of a duckdb file.")
@option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it; pitprop.yml, or the example's own name.",
)
@option("--example", metavar="NAME", help="Write the example scenario NAME instead: a way of working to change.")
@option("--force", is_flag=True, help="Overwrite the file if it exists.")
def init(table: Path | None, sheet: str | None, output: Path | None, example: str | None, force: bool) -> None:
    """Write a first register, with TABLE's columns guessed, or an example scenario.

    TABLE is a csv, parquet, xlsx or duckdb file; without one the register is an example to fill in.
    """
    from pitprop import api

    output = output or Path(f"{example.rsplit('/')[-1]}.yml" if example else "pitprop.yml")
    if output.exists() and not force:
        raise PitpropError(f"{output} exists; --force overwrites it, -o writes elsewhere")
    drawn = api.init(table, sheet=sheet, folder=output.parent, example=example)
    _write(output, drawn.text)
    for guess in drawn.guesses:
        click.echo(guess)
    then = "simulate" if example else "audit"
    click.echo(f"Wrote {output}. Next: pitprop lint {output}, then pitprop {then} {output}")


@main.command()
@click.argument("name")
def explain(name: str) -> None:
    """Explain a check (by name or code), a ruling, a state, a grade or a family of checks."""
    from pitprop import api

    click.echo(api.explain(name))


@main.command()
@option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    envvar="PITPROP_CHECKS_FORMAT",
    default="text",
    show_default=True,
    help="Format of the list.",
)
def checks(form: str) -> None:
    """List the checks."""
    from pitprop import api

    entries = api.checks()
    if form == "json":
        import json

        told = [
            {
                "code": e.check.code,
                "name": e.name,
                "family": e.family,
                "title": e.check.title,
                "of": "register" if getattr(e.asks, "__name__", "") == "Register" else "metric",
                "needs": list(e.check.needs),
                "smallest_effect": e.check.smallest_effect,
                "effect_is": e.check.effect_is,
                "source": e.check.source,
            }
            for e in entries
        ]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    wide = max(len(e.name) for e in entries)
    wider = max(len(e.family) for e in entries)
    for e in entries:
        click.echo(f"{e.check.code}  {e.name:<{wide}}  {e.family:<{wider}}  {e.check.title}")


@main.command()
@click.argument("name", default="register")
def schema(name: str) -> None:
    """Print the JSON Schema of a kind of file: register, or work (a scenario)."""
    import json

    from pitprop import api

    click.echo(json.dumps(api.schema(name), indent=2, ensure_ascii=False))


def _gate(found: Audit, fail_on: str) -> int:
    unrun = found.unrun()
    for sentence in unrun:
        _told(sentence, NOT_RUN)
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


def _by_suffix(output: Path) -> str:
    form = SUFFIXES.get(output.suffix.lower())
    if form is None:
        known = ", ".join(SUFFIXES)
        raise click.UsageError(f"no format goes with the ending of {output}; give --format, or one of {known}")
    return form


def _write(output: Path, text: str) -> None:
    """Write a file all at once or not at all."""
    import tempfile

    folder = output.parent
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=folder, prefix=f".{output.name}.", delete=False
        ) as draft:
            draft.write(text)
        Path(draft.name).chmod(0o666 & ~_umask())
        Path(draft.name).replace(output)
    except OSError as error:
        raise PitpropError(f"cannot write {output}: {(error.strerror or str(error)).lower()}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _print(found: Audit) -> None:
    from pitprop.report.text import print_audit

    try:
        print_audit(found, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        _close_pipe()


def _echo(text: str) -> None:
    try:
        click.echo(text.encode(), nl=False)
    except BrokenPipeError:
        _close_pipe()


def _flush() -> None:
    sys.stdout.flush()


def _close_pipe() -> None:
    """Whoever read our output has left: write the rest to nowhere."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())


def _progress() -> Callable[[int, int, str], None]:
    def show(done: int, total: int, name: str) -> None:
        line = f"{done + 1}/{total} {name}"[:78] if done < total else ""
        click.echo(f"\r{line:<78}\r", nl=False, err=True)

    return show


def _told(says: str, code: int) -> int:
    for line in says.splitlines() or [""]:
        click.echo(f"pitprop: error: {line}", err=True)
    return code


if __name__ == "__main__":
    main()
