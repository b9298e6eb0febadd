"""Source: the data of a register, as grains."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from pitprop.define.metric import Metric, Register, Target
from pitprop.digest import calendar, casemix, cells, folded, loads, survey, tally
from pitprop.digest.companions import with_companions, with_peers
from pitprop.digest.distribution import Distribution
from pitprop.digest.engine import Answer, Engine, Kind, Local, Schema
from pitprop.digest.panel import Panel
from pitprop.digest.problem import SourceError, nearest
from pitprop.digest.profile import Profile
from pitprop.digest.rows import Rows
from pitprop.digest.rowset import Rowset, rowset
from pitprop.digest.scorecard import Scorecard
from pitprop.digest.strata import Strata
from pitprop.digest.versions import Versions
from pitprop.errors import PitpropError

COMPILED_FROM = 5_000_000
"""Rows from which the start of the compiler (0.5 s, and 10 s the first time) is made good."""

Grain = Distribution | Panel | Profile | Strata | Versions | Scorecard
G = TypeVar("G", bound=Grain)


def open_source(
    register: Register,
    *,
    folder: Path,
    tables: Mapping[str, object] | None = None,
    allow_outside: bool = False,
    environ: Mapping[str, str] = os.environ,
    compiled_from: int | None = None,
) -> Source:
    """The data of a register. Files and servers are opened when a metric first asks for them.

    Parameters
    ----------
    register : Register
    folder : Path
        The register's folder; paths are relative to it, and files elsewhere are refused.
    tables : mapping of str to frame, optional
        pandas, polars or pyarrow frames, by the name of the source that they replace.
    allow_outside : bool
        Whether files outside `folder` may be read.
    environ : mapping of str to str
        Where the URLs of connections are, as PITPROP_<NAME>_URL.
    compiled_from : int, optional
        Rows of a local table from which they are summed by compiled code instead of queries; the results are the same.
        By default PITPROP_COMPILED_FROM of `environ`, or else five million.

    Raises
    ------
    SourceError
        If a frame is given for a source that the register does not have.
    """
    given = dict(tables or {})
    for name in given:
        if name not in register.sources:
            raise SourceError(
                f"a frame is given for `{name}`, which is not a source of the register; "
                f"{nearest(name, register.sources)}",
                source=name,
                allowed=register.sources,
            )
    return Source(
        register=register,
        folder=Path(folder),
        tables=given,
        allow_outside=allow_outside,
        environ=environ,
        compiled_from=_threshold(environ) if compiled_from is None else compiled_from,
    )


def _threshold(environ: Mapping[str, str]) -> int:
    told = environ.get("PITPROP_COMPILED_FROM", "")
    return int(told) if told.isdecimal() else COMPILED_FROM


class Source:
    """Answers questions about metrics with sums and counts; rows stay in their engines.

    Every distinct query is put once, whoever asks. Use as a context manager, or call `close`.
    """

    def __init__(
        self,
        *,
        register: Register,
        folder: Path,
        tables: Mapping[str, object],
        allow_outside: bool,
        environ: Mapping[str, str],
        compiled_from: int = COMPILED_FROM,
    ) -> None:
        self._register = register
        self._folder = folder
        self._tables = tables
        self._allow_outside = allow_outside
        self._environ = environ
        self._compiled_from = compiled_from
        self._expected: frozenset[str] | None = None
        self._engines: dict[str, _Remembering | SourceError] = {}
        self._surveyed: dict[str, tuple[Rowset, survey.Survey]] = {}
        self._summed: dict[str, cells.Cells] = {}

    def digest(self, metric: Metric, grain: type[G], target: Target | None = None) -> G:
        """A metric's data as the asked grain.

        Parameters
        ----------
        metric : Metric
            Of the register, or one that uses its sources.
        grain : type
            `Distribution`, `Panel`, `Profile`, `Strata`, `Versions` or `Scorecard`.
        target : Target, optional
            For a distribution: the target whose regimes are told apart. With `on: entity_period` cells are
            counted, otherwise rows. Without a target all rows are `without`.

        Raises
        ------
        SourceError
            If the data cannot be had or are not of the right kind.
        GrainError
            If the metric's declaration has no such grain.
        ExpressionError
            If an expression of the metric is not allowed.
        """
        found = self._grain(metric, grain, target)
        assert isinstance(found, grain)
        return found

    def expect(self, metrics: Sequence[Metric]) -> None:
        """Say beforehand which metrics will be examined; of the others only what these rest on is made ready.

        Only a matter of speed: anything can be asked for all the same.
        """
        self._expected = frozenset(m.name for m in metrics)

    def rows(self, metric: Metric) -> Rows:
        """What became of the metric's rows."""
        return self._survey(metric)[1].rows

    def notes(self, metric: Metric) -> tuple[str, ...]:
        """What was assumed in reading the metric's data (time zones, columns of mixed type), in sentences."""
        return self._survey(metric)[0].notes

    @property
    def statements(self) -> tuple[str, ...]:
        """Every query that was put so far, in DuckDB's dialect and in order."""
        engines = [e for e in self._engines.values() if not isinstance(e, SourceError)]
        return tuple(sql for engine in engines for sql in engine.statements)

    def close(self) -> None:
        """Close files and connections; asking again opens them again."""
        for engine in self._engines.values():
            if not isinstance(engine, SourceError):
                engine.close()
        self._engines.clear()
        self._surveyed.clear()
        self._summed.clear()

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _grain(self, metric: Metric, grain: type[object], target: Target | None) -> Grain:
        if grain is Panel:
            return self._panel(metric)
        if grain is Scorecard:
            return with_peers(self._panel(metric), metric, self._register, self._cells)
        if grain is Profile:
            return self._profile(metric)
        rows, first = self._survey(metric)
        engine = self._engine(metric.source)
        if grain is Versions:
            return loads.versions(rows, first, engine)
        if grain is Strata:
            judged = next((t for t in metric.targets if t.on == "row"), None)
            return casemix.strata(rows, first, engine, lambda: tally.by_row(rows, first, engine, judged))
        if grain is not Distribution:
            raise TypeError(f"there is no grain {grain!r}")
        if target is not None and target.on == "entity_period":
            return tally.by_cell(self._cells(metric), metric, target)
        if engine.local is None:
            folded.learn_values(engine, rows, first)
        return tally.by_row(rows, first, engine, target)

    def _panel(self, metric: Metric) -> Panel:
        panel = with_companions(self._cells(metric).panel, metric, self._register, self._cells)
        return loads.with_late(panel, *self._survey(metric), self._engine(metric.source))

    def _profile(self, metric: Metric) -> Profile:
        found = calendar.profile(*self._survey(metric), self._engine(metric.source))
        return replace(found, placebo={**found.placebo, **self._untargeted(metric)})

    def _untargeted(self, metric: Metric) -> dict[str, Profile]:
        """Daily series of the metric's companions on which no target lies."""
        named = [g.metric for g in metric.guardrails] + list(metric.competing)
        named += [metric.outcome.metric] if metric.outcome is not None else []
        out: dict[str, Profile] = {}
        for name in dict.fromkeys(named):
            try:
                other = self._register.metric(name)
                if other.targets or other.time_granularity != metric.time_granularity:
                    continue
                out[name] = calendar.profile(*self._survey(other), self._engine(other.source))
            except (KeyError, PitpropError):  # a placebo that cannot be had is none
                continue
        return out

    def _survey(self, metric: Metric) -> tuple[Rowset, survey.Survey]:
        key = metric.model_dump_json()
        if key not in self._surveyed:
            engine = self._engine(metric.source)
            rows = rowset(metric, engine)
            self._pass(metric, engine)
            self._surveyed[key] = rows, survey.survey(rows, engine)
        return self._surveyed[key]

    def _pass(self, metric: Metric, engine: _Remembering) -> None:
        """Where there are many rows, or a server has them: learn at once what will be asked about its metrics."""
        if engine.local is None and not engine.passed:
            engine.passed = self._expected is not None
            folded.learn_all(engine, metric, self._register, self._expected or {metric.name})
        if engine.passed or engine.size() < self._compiled_from:
            return
        engine.passed = True
        from pitprop.digest.compiled import learn_all

        others = [m for m in self._register.metrics if m.source == metric.source and m != metric]
        learn_all(engine, [metric, *others], self._expected)

    def _cells(self, metric: Metric) -> cells.Cells:
        key = metric.model_dump_json()
        if key not in self._summed:
            rows, first = self._survey(metric)
            self._summed[key] = cells.cells(rows, first, self._engine(metric.source))
        return self._summed[key]

    def _engine(self, name: str) -> _Remembering:
        if name not in self._engines:
            try:
                self._engines[name] = _Remembering(self._open(name))
            except SourceError as error:  # a server that refuses is asked once, not by every metric
                self._engines[name] = error
        engine = self._engines[name]
        if isinstance(engine, SourceError):
            raise engine
        return engine

    def _open(self, name: str) -> Engine:
        if name not in self._register.sources:
            raise SourceError(
                f"the register has no source `{name}`; {nearest(name, self._register.sources)}",
                source=name,
                allowed=self._register.sources,
            )
        if name in self._tables:
            from pitprop.digest.embedded import open_frame

            return open_frame(self._tables[name], source=name)
        declared = self._register.sources[name]
        if declared.path is not None:
            from pitprop.digest.embedded import open_file

            return open_file(
                declared.path,
                folder=self._folder,
                table=declared.table,
                source=name,
                allow_outside=self._allow_outside,
            )
        from pitprop.digest.remote import open_table

        return open_table(str(declared.connection), str(declared.table), source=name, environ=self._environ)


class _Remembering:
    """An engine that puts every query once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._answers: dict[str, Answer] = {}
        self._learned: dict[str, Callable[[], Answer | None]] = {}
        self._put: list[str] = []
        self.passed = False
        """Whether a pass over all rows has been tried."""
        self._kinds: dict[str, Kind] = {}
        self.where = engine.where
        self.table = engine.table
        self.columns = engine.columns
        self.notes = engine.notes

    @property
    def statements(self) -> tuple[str, ...]:
        return tuple(self._put)

    def kinds(self, expressions: Sequence[str]) -> tuple[Kind, ...]:
        new = [e for e in expressions if e not in self._kinds]
        self._kinds.update(zip(new, self._engine.kinds(new), strict=True))
        return tuple(self._kinds[e] for e in expressions)

    def ask(self, sql: str, schema: Schema) -> Answer:
        if sql not in self._answers:
            self._answers[sql] = self._learn(sql, schema) or self._put_to_engine(sql, schema)
        return self._answers[sql]

    def learn(self, sql: str, found: Callable[[], Answer | None]) -> None:
        """Keep what gives the answer to a query without the engine."""
        self._learned[sql] = found

    def knows(self, sql: str) -> bool:
        """Whether a query has been put, or what gives its answer is kept."""
        return sql in self._answers or sql in self._learned

    def _learn(self, sql: str, schema: Schema) -> Answer | None:
        if sql not in self._learned:
            return None
        found = self._learned[sql]()
        return {name: found[name] for name in schema} if found is not None and set(schema) <= set(found) else None

    def _put_to_engine(self, sql: str, schema: Schema) -> Answer:
        self._put.append(sql)
        return self._engine.ask(sql, schema)

    def size(self) -> int:
        """About how many rows there are, as far as they could be read here; 0 for those of a server."""
        return self._engine.size() if isinstance(self._engine, Local) else 0

    @property
    def local(self) -> Local | None:
        """The engine, where it can hand over its rows."""
        return self._engine if isinstance(self._engine, Local) else None

    def close(self) -> None:
        self._engine.close()
