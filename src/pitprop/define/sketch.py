"""A first register for a table: what its columns seem to be, each guess said aloud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from pitprop.define.column import ColumnProfile
from pitprop.define.guess import Guess, MetricGuess, guess
from pitprop.define.scalar import one_line, scalar

__all__ = ["ColumnProfile", "Sketch", "example", "sketch"]

_HEAD = """\
# What these numbers are, what they are for, and who is judged by them.
# Written by `pitprop init`; lines marked GUESS are guesses from the table: read and correct them.
# `pitprop lint` checks this file, `pitprop audit` audits it.
"""

_MORE = """\
    # Declare what is known; a check that needs what is missing says so instead of guessing.
    # owner: {name: Who answers for the number, email: office@example.org}
    # purpose: What the work is for, which this number stands for
    # decision: The decision that the number informs
    # decisions_per_year: 12
    # not_for: [ranking, individual_pay]          # uses that are ruled out
    # filter: "status <> 'test'"                  # rows for which this is not true are left out
    # targets:                                    # what has to be reached, since when, and what hangs on it
    #   - {op: gte, value: 7.0, on: entity_period, since: 2025-01-01, stakes: bonus}
    # outcome: {metric: another_metric, lag: 1}   # real success, possibly some periods later
    # guardrails:                                 # what must not get worse while this gets better
    #   - {metric: another_metric, margin: 5%}
    # competing: [another_metric]                 # work for the same hours that nobody is rewarded for
    # serves: []                                  # which of the register's `purposes` it stands for
    # case_mix: risk_group                        # differences between these are no merit of who is judged
    # exclusion: exempted                         # rows taken out of the number: left out, and watched
    # revisions: {loaded: loaded_at, mode: append, due: 10}   # when rows came in; days until it is due
    # events:                                     # what is known to have changed, in the definition or the work
    #   - {date: 2025-03-01, kind: definition, note: New scale}
    # cost: {hours_per_period: 3, hourly_rate: 30, amount: 0, currency: EUR}     # of measuring, a period
    # information: {benefit_per_unit: 100, break_even: 5}    # what a better decision is worth
    # resolution: 0.5                             # the instrument's honest resolution, if known
    # alternatives: [rationed, payday]            # innocent explanations of a pile or a jump
    # known_risks: [{kind: shortcut, note: How the number could be reached without the work}]
    # review_by: 2027-06-30
    # waivers:                                    # findings that were looked at and accepted for a while
    #   - {check: heaping, reason: The scale reads in 0.5 t, owner: Office, expires: 2027-01-31}
"""

_EXAMPLE = """\
# What these numbers are, what they are for, and who is judged by them.
# Change this to your own table, then: `pitprop lint` checks this file, `pitprop audit` audits it.
version: 1

# Where the rows come from: csv, csv.gz, parquet, xlsx or duckdb files beside this one,
# or a table of a connection, whose address is set outside as PITPROP_WAREHOUSE_URL:
#   warehouse_shifts: {connection: warehouse, table: ops.shifts}
sources:
  shifts: {path: data/shifts.csv}

metrics:
  - name: tonnes_per_shift                        # lower case, digits and single underscores
    label: Tonnes per shift
    type: simple                                  # simple, or ratio with numerator and denominator
    source: shifts
    agg: average                                  # or sum, count, count_distinct, min, max, median, share
    expr: tonnes                                  # a column, or an SQL expression with one value per row
    entity: crew                                  # who is judged
    agg_time_dimension: shift_date                # when
    time_granularity: month                       # the reporting period: day, week, month, quarter, year
    unit: t
    improvement_direction: increase               # increase, decrease or neutral
    owner: {name: Mine office, email: office@example.org}
    purpose: Coal for the winter without harm to the people who cut it
    decision: How many crews are needed next month
    decisions_per_year: 12
    not_for: [individual_pay]                     # uses that are ruled out
    targets:                                      # on: row (each shift), entity_period (each crew and month)
      - {op: gte, value: 7.0, on: entity_period, since: 2025-09-01, stakes: bonus}
    outcome: {metric: tonnes_delivered, lag: 1}   # real success, one period later
    guardrails:                                   # what must not get worse while this gets better
      - {metric: injuries, margin: 5%}
    cost: {hours_per_period: 3, hourly_rate: 30, currency: EUR}      # of measuring, a period
    # information: {benefit_per_unit: 100, break_even: 5}   # what a better decision is worth
    # competing: [timber_cut]                     # work for the same hours that nobody is rewarded for
    # serves: [coal]                              # which of the `purposes` below it stands for
    # case_mix: risk_group                        # differences between these are no merit of who is judged
    # exclusion: exempted                         # rows taken out of the number: left out, and watched
    # revisions: {loaded: loaded_at, mode: append, due: 10}   # when rows came in; days until it is due
    # events:                                     # what is known to have changed, in the definition or the work
    #   - {date: 2025-03-01, kind: definition, note: New scale}
    # filter: "pit <> 'training'"                 # rows for which this is not true are left out
    # resolution: 0.5                             # the instrument's honest resolution, if known
    # alternatives: [rationed]                    # innocent explanations of a pile or a jump
    known_risks:
      - {kind: safety_shortcut, note: Props are skipped}
    review_by: 2027-06-30
    # waivers:                                    # findings that were looked at and accepted for a while
    #   - {check: heaping, reason: The scale reads in 0.5 t, owner: Mine office, expires: 2027-01-31}

  - name: tonnes_delivered
    type: simple
    source: shifts
    agg: sum
    expr: delivered
    entity: crew
    agg_time_dimension: shift_date
    improvement_direction: increase

  - name: injuries
    type: ratio                                   # injuries per thousand hours
    source: shifts
    numerator: {agg: sum, expr: injured}
    denominator: {agg: sum, expr: hours / 1000}
    entity: crew
    agg_time_dimension: shift_date
    improvement_direction: decrease

# purposes:                                       # what the work is for; weights say how much each matters
#   - {name: coal, weight: 2}
#   - {name: safety, description: Everybody goes home, weight: 2}
# policy:                                         # everything has documented defaults
#   fdr: 0.10                                     # false discovery rate over the register
#   minimum_group: 10                             # nothing is shown about fewer rows of one entity
#   effects: {bunching: 0.02}                     # smallest effect that matters, by check
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """A register to start from.

    Attributes
    ----------
    text : str
        YAML that `read` accepts, with comments.
    guesses : tuple of str
        One plain sentence for each thing that was guessed or left out; all are comments of `text` too.
    """

    text: str
    guesses: tuple[str, ...]


def example() -> str:
    """A commented register to start from where there is no table yet."""
    return _EXAMPLE


def sketch(path: str, columns: Sequence[ColumnProfile], table: str | None = None) -> Sketch:
    """A commented register for a table, from the profiles of its columns.

    Parameters
    ----------
    path : str
        The table's file, relative to where the register will lie.
    columns : sequence of ColumnProfile
        In the table's order.
    table : str, optional
        Worksheet, or table of a database file.
    """
    guessed = guess(columns, source=path)
    lines = [_HEAD, "version: 1", "", "sources:"]
    lines.append(f"  {guessed.source}:")
    lines.append(f"    path: {scalar(path)}")
    if table is not None:
        lines.append(f"    table: {scalar(table)}")
    lines += ["", *_comment(guessed.notes, ""), "metrics:"]
    for i, metric in enumerate(guessed.metrics):
        lines += _metric(metric, guessed, full=i == 0)
    text = "\n".join(lines).rstrip() + "\n"
    notes = [note for metric in guessed.metrics for note in metric.notes]
    return Sketch(text=text, guesses=tuple(one_line(note) for note in (*guessed.notes, *notes)))


def _metric(metric: MetricGuess, table: Guess, *, full: bool) -> list[str]:
    lines = [*_comment(metric.notes, "  "), f"  - name: {scalar(metric.name)}"]
    pairs = [
        ("label", metric.label),
        ("type", "simple"),
        ("source", table.source),
        ("agg", metric.agg),
        ("expr", metric.expr),
        ("filter", metric.filter),
        ("entity", table.entity),
        ("agg_time_dimension", table.time),
        ("time_granularity", table.granularity if table.time else None),
        ("unit", metric.unit),
        ("improvement_direction", metric.direction),
    ]
    lines += [f"    {key}: {scalar(value)}" for key, value in pairs if value]
    if metric.target:
        op = "lte" if metric.direction == "decrease" else "gte"
        lines += [
            "    targets:",
            f"      - {{op: {op}, value: {scalar(metric.target)}, on: {metric.judged}}}",
        ]
        lines.append("        # since: 2025-01-01, stakes: bonus    <- since when it counts, and what hangs on it")
    if full:
        declared = [key for key, value in (("targets", metric.target), ("filter", metric.filter)) if value]
        lines += _more(declared)
    return [*lines, ""]


def _more(declared: Sequence[str]) -> list[str]:
    """What else can be declared, as comments, without what is declared already."""
    lines, keep = [], True
    for line in _MORE.splitlines():
        if not line.startswith("    #  "):
            keep = not line.removeprefix("    # ").startswith(tuple(f"{key}:" for key in declared))
        if keep:
            lines.append(line)
    return lines


def _comment(notes: Sequence[str], indent: str) -> list[str]:
    lines = []
    for note in notes:
        parts = wrap(f"GUESS: {one_line(note)}", width=100, break_long_words=False, break_on_hyphens=False)
        lines += [f"{indent}# {part}" for part in parts]
    return lines
