"""The library: one function for each command of the command line; values in, values out."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pitprop.errors import PitpropError

if TYPE_CHECKING:
    from pitprop.define.problem import Problem
    from pitprop.define.sketch import Sketch
    from pitprop.examine.battery import Entry
    from pitprop.report.audit import Audit
    from pitprop.report.difference import Difference
    from pitprop.report.recorded import Recorded
    from pitprop.simulate.work.results import WorkStudy

REGISTER = "pitprop.yml"
"""What a register is called where no other name is given."""


def audit(
    path: str | os.PathLike[str] = REGISTER,
    *,
    tables: Mapping[str, Any] | None = None,
    select: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    today: date | None = None,
    seed: int = 0,
    allow_outside: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> Audit:
    """Which metrics to keep, challenge or discard, and why.

    Parameters
    ----------
    path
        The register, or the folder that has a `pitprop.yml`.
    tables
        Data frames (pandas, polars or pyarrow) by the name of the register's source that they stand for.
    select, exclude
        Which metrics and checks, as `tag:safety name:tonnes_* check:bunching`: words separated by spaces add
        up, words joined by commas must all hold. Everything where nothing is selected.
    today
        The day on which waivers and reviews are looked at; the present day by default.
    seed
        For resampling: the same seed gives the same bytes.
    allow_outside
        Whether data may lie outside the register's folder.
    progress
        Called with (metrics done, metrics in all, name of the next).

    Returns
    -------
    The verdicts, which show themselves in a notebook; `audit(...).render("html")` is the report.

    Raises
    ------
    pitprop.PitpropError
        If the register cannot be used (every problem is told at once), or the selection matches nothing.
        Data that cannot be read are no exception: they are the `problem` of the verdicts on their metrics.

    Examples
    --------
    >>> import pitprop
    >>> found = pitprop.audit("pitprop.yml", select="tag:safety")
    >>> found["injury_rate"].ruling
    <Ruling.KEEP: 'keep'>
    """
    from pitprop import __version__
    from pitprop.define.read import read
    from pitprop.digest.source import open_source
    from pitprop.examine.battery import battery
    from pitprop.examine.examine import Setting, examine
    from pitprop.examine.selection import plan
    from pitprop.judge.judge import judge
    from pitprop.judge.policy import Policy
    from pitprop.report.audit import Audit

    file = register_file(path)
    day = today or date.today()
    register = read(file, known_checks=[e.name for e in battery()], allow_outside=allow_outside)
    chosen = plan(register, battery(), _words(select), _words(exclude))
    source = open_source(register, folder=file.parent, tables=tables, allow_outside=allow_outside)
    with source:
        source.expect([metric for metric, _ in chosen.metrics])
        setting = Setting(today=day, seed=seed)
        examinations, portfolio = examine(register, source, chosen, setting, progress=progress)
    policy = Policy.of(register.policy)
    return Audit(
        version=__version__,
        register=file.as_posix(),
        policy=policy,
        verdicts=judge(examinations, policy, day),
        portfolio=portfolio,
        places={m.name: place for m in register.metrics if (place := register.where("metrics", m.name))},
    )


def diff(before: str | os.PathLike[str] | Audit, after: str | os.PathLike[str] | Audit) -> Difference:
    """What changed from one audit to another: rulings, findings, effects, definitions, data.

    Parameters
    ----------
    before, after
        Audits, or files that `pitprop audit --format json` wrote.

    Returns
    -------
    The changes; `print` shows them, `fails("worse")` says whether a ruling got worse.

    Raises
    ------
    pitprop.PitpropError
        If a file cannot be read or is no audit; the message names it and what is wrong.

    Examples
    --------
    >>> import pitprop
    >>> print(pitprop.diff("last-month.json", pitprop.audit()))
    """
    from pitprop.report.difference import difference

    return difference(_recorded(before), _recorded(after))


def _recorded(given: str | os.PathLike[str] | Audit) -> Recorded:
    from pitprop.report.as_json import document
    from pitprop.report.audit import Audit
    from pitprop.report.recorded import read_recorded, recorded

    if isinstance(given, Audit):
        return recorded(document(given), given.register)
    return read_recorded(given)


def lint(path: str | os.PathLike[str] = REGISTER, *, allow_outside: bool = False) -> tuple[Problem, ...]:
    """Everything that is wrong with a register or a scenario, each thing at its line; nothing where it can be used.

    Parameters
    ----------
    path
        The register, the folder that has a `pitprop.yml`, or a scenario (which has a `kind`). No data are looked at.
    allow_outside
        Whether data may lie outside the register's folder.
    """
    from pitprop.define.document import has_key
    from pitprop.define.problem import FileError

    file = register_file(path)
    try:
        if has_key(file, "kind"):
            from pitprop.define.scenario import read_scenario

            read_scenario(file)
        else:
            from pitprop.define.read import read
            from pitprop.examine.battery import battery

            read(file, known_checks=[e.name for e in battery()], allow_outside=allow_outside)
    except FileError as error:
        return error.problems
    return ()


def init(
    table: str | os.PathLike[str] | None = None,
    *,
    sheet: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    example: str | None = None,
) -> Sketch:
    """A first register for a table, with its columns guessed, and what was guessed; or an example to change.

    Parameters
    ----------
    table
        A csv, csv.gz, parquet, xlsx or duckdb file; without one the register is an example to fill in.
    sheet
        Worksheet of an xlsx file, or table of a duckdb file; the first or only one by default.
    folder
        Where the register will be, to which the table's path is relative; the table's own folder by default.
    example
        Instead of a register: the scenario of that name among the examples that come with pitprop.

    Returns
    -------
    `text`, the file as YAML with comments, and `guesses`, one sentence for each.

    Raises
    ------
    pitprop.PitpropError
        If the table cannot be read, or there is no example of that name; the message lists them.
    """
    from pitprop.define import sketch as sketches
    from pitprop.define.sketch import Sketch, sketch

    if example is not None:
        from pitprop.define.examples import example_text

        if table is not None:
            raise PitpropError("an example is not made from a table; give one or the other")
        return Sketch(text=example_text(example), guesses=())
    if table is None:
        return Sketch(text=sketches.example(), guesses=())
    from pitprop.digest.columns import columns

    file = Path(table)
    home = file.parent if folder is None else Path(folder)
    written = Path(os.path.relpath(file, home)).as_posix()
    return sketch(written, columns(file, sheet), sheet)


def simulate(
    path: str | os.PathLike[str],
    *,
    arms: Sequence[str] | None = None,
    split: tuple[str, str] | None = None,
    replications: int | None = None,
    seed: int | None = None,
    without: Collection[str] = (),
    threads: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> WorkStudy:
    """What each arm of a scenario yields, where the time goes, and what makes the difference.

    Parameters
    ----------
    path
        The scenario, a file with a `kind`.
    arms
        Only these, in the file's order.
    split
        Two arms; the gain from the first to the second is taken apart, in place of the file's `split`.
    replications, seed
        In place of the file's. The same seed gives the same numbers on any number of cores.
    without
        Parts to leave out, to be quicker: bottleneck, capacity, roles, gain, sensitivity, curves, records.
    threads
        Cores to use; all by default.
    progress
        Is told what is being done.

    Raises
    ------
    pitprop.PitpropError
        If the scenario cannot be used (every problem is told at once), or has no arm of a given name.

    Examples
    --------
    >>> from pitprop import api
    >>> study = api.simulate("examples/mine/shift.yml")
    >>> study["four_roles"].output.mean
    """
    from pitprop import __version__
    from pitprop.define.scenario import read_scenario
    from pitprop.simulate.work.study import PARTS, study

    unknown = set(without) - set(PARTS)
    if unknown:
        raise PitpropError(f"a study has no part {sorted(unknown)[0]!r} to leave out; it has {', '.join(PARTS)}")
    return study(
        read_scenario(path),
        arms=arms,
        split=split,
        replications=replications,
        seed=seed,
        what=[part for part in PARTS if part not in without],
        threads=threads,
        progress=progress,
        version=__version__,
    )


def explain(name: str) -> str:
    """The page of a check (by name or code), or what a ruling, state, grade or family means.

    Raises
    ------
    pitprop.PitpropError
        If there is nothing of that name; the message tells the nearest.
    """
    from difflib import get_close_matches

    from pitprop.examine.battery import battery
    from pitprop.report.glossary import glossary

    pages = {key: _page(entry) for entry in battery() for key in (entry.name, entry.check.code.lower())}
    pages = {**glossary(battery()), **pages}
    key = name.strip().lower().replace("-", "_").replace(" ", "_")
    if key in pages:
        return pages[key]
    close = get_close_matches(key, pages, n=1, cutoff=0.6)
    hint = f" (did you mean {close[0]}?)" if close else ""
    raise PitpropError(f"there is nothing called {name!r} to explain{hint}; `pitprop checks` lists the checks")


def checks() -> tuple[Entry, ...]:
    """All checks of the battery, those of installed plug-ins among them, in order of code."""
    from pitprop.examine.battery import battery

    return battery()


def schema(name: str = "register") -> dict[str, Any]:
    """JSON Schema of a file that pitprop reads: for editors and other programs.

    Raises
    ------
    pitprop.PitpropError
        If there is no schema of that name.
    """
    import json

    from pitprop.define.schema import SCHEMAS, schema_file

    if name not in SCHEMAS:
        known = " and ".join(f"`{known}`" for known in SCHEMAS)
        raise PitpropError(f"there is no schema called {name!r}; there are {known}")
    told: dict[str, Any] = json.loads(schema_file(name).read_text(encoding="utf-8"))
    return told


def register_file(path: str | os.PathLike[str]) -> Path:
    """The register's file: the path itself, or `pitprop.yml` in it where it is a folder."""
    given = Path(path)
    return given / REGISTER if given.is_dir() else given


def _words(told: str | Iterable[str]) -> tuple[str, ...]:
    return (told,) if isinstance(told, str) else tuple(told)


def _page(entry: Entry) -> str:
    head = f"{entry.check.code} {entry.name} ({entry.family})"
    if not entry.check.effect_is:
        return f"{head}\n\n{entry.page}"
    matters = f"Matters beyond {entry.check.smallest_effect:g} ({entry.check.effect_is})"
    return f"{head}\n{matters}; the register's `policy.effects.{entry.name}` sets another.\n\n{entry.page}"
