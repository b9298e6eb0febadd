"""`pitprop simulate`: what each way of working yields, and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pitprop.cli.output import PASSED, by_suffix, close_pipe, echo, say, write
from pitprop.cli.program import main, option
from pitprop.errors import PitpropError

if TYPE_CHECKING:
    from pitprop.simulate.work.results import WorkStudy

WORK_FORMS = ("text", "json", "markdown", "csv", "html")
"""What `simulate` can print: those of `render_work`, told here so that `--help` stays quick."""
PARTS = ("bottleneck", "capacity", "roles", "gain", "sensitivity", "curves", "records")
"""What a study can leave out."""


@main.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@option("--arm", "arms", multiple=True, metavar="NAME", help="Only this arm; may be given several times.")
@option("--split", nargs=2, metavar="FROM TO", help="Take the gain from one arm to another apart.")
@option("-n", "--replications", type=click.IntRange(min=1, max=1_000_000), help="In place of the file's number.")
@option("--seed", type=click.IntRange(min=0), help="In place of the file's.")
@option("--without", multiple=True, type=click.Choice(PARTS), help="Leave a part of the study out, to be quicker.")
@option("--threads", type=click.IntRange(min=1), help="Cores to use; all by default. The result is the same.")
@option(
    "--format",
    "form",
    type=click.Choice(WORK_FORMS),
    envvar="PITPROP_SIMULATE_FORMAT",
    help="Format of the report; text, or by -o's ending.",
)
@option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the report to this file, and the text to standard output.",
)
@option(
    "--runs",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every run of each arm's first replication to this csv file: who, what, which unit, when.",
)
def simulate(
    path: Path,
    arms: tuple[str, ...],
    split: tuple[str, str] | None,
    replications: int | None,
    seed: int | None,
    without: tuple[str, ...],
    threads: int | None,
    form: str | None,
    output: Path | None,
    runs: Path | None,
) -> int:
    """Simulate a scenario: what each of its arms yields, where the time goes, and what makes the difference.

    FILE is a scenario, such as `pitprop init --example mine` writes.
    """
    from pitprop import api

    form = form or (by_suffix(output) if output else "text")
    if form not in WORK_FORMS:
        raise click.UsageError(f"a simulation is not written as {form}; give --format, one of {', '.join(WORK_FORMS)}")
    for file in (output, runs):
        if file and not file.parent.is_dir():
            raise PitpropError(f"cannot write {file}: there is no folder {file.parent}; make it, or write elsewhere")
    if runs and "records" in without:
        raise click.UsageError("--runs needs the records that --without records leaves out")
    found = api.simulate(
        path,
        arms=arms or None,
        split=split or None,
        replications=replications,
        seed=seed,
        without=without,
        threads=threads,
        progress=say if sys.stderr.isatty() else None,
    )
    if output:
        from pitprop.report.simulation.work_render import render_work

        write(output, render_work(found, form))
    if output or form == "text":
        _print(found)
    else:
        from pitprop.report.simulation.work_render import render_work

        echo(render_work(found, form))
    if runs:
        from pitprop.report.simulation.work_runs import runs_csv

        write(runs, runs_csv(found))
        click.echo(f"pitprop: the runs are in {runs}", err=True)
    if output:
        click.echo(f"pitprop: the report is in {output}", err=True)
    return PASSED


def _print(found: WorkStudy) -> None:
    from pitprop.report.simulation.work_text import print_work

    try:
        print_work(found, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        close_pipe()
