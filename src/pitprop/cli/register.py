"""`pitprop lint`, `pitprop init` and `pitprop schema`: the files that people write."""

from __future__ import annotations

from pathlib import Path

import click

from pitprop.cli.output import INVALID, PASSED, told, write
from pitprop.cli.program import folder_option, main, option, register_argument
from pitprop.errors import PitpropError


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
        return told(f"{name}: {len(problems)} problem{'s' if len(problems) > 1 else ''}", INVALID)
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
    write(output, drawn.text)
    for guess in drawn.guesses:
        click.echo(guess)
    then = "simulate" if example else "audit"
    click.echo(f"Wrote {output}. Next: pitprop lint {output}, then pitprop {then} {output}")


@main.command()
@click.argument("name", default="register")
def schema(name: str) -> None:
    """Print the JSON Schema of a kind of file: register, or work (a scenario)."""
    import json

    from pitprop import api

    click.echo(json.dumps(api.schema(name), indent=2, ensure_ascii=False))
