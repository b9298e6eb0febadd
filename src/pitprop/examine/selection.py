"""Selection: which checks are to be run on which metrics, in dbt's way of saying it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from pitprop.define.metric import Metric, Register
from pitprop.errors import PitpropError
from pitprop.examine.battery import Entry

OF_METRICS: dict[str, Callable[[Metric], tuple[str, ...]]] = {
    "name": lambda metric: (metric.name,),
    "tag": lambda metric: metric.config.tags,
    "source": lambda metric: (metric.source,),
    "status": lambda metric: (metric.status,),
    "owner": lambda metric: (metric.owner.name,) if metric.owner else (),
}
"""Methods that select metrics: the values that a pattern is held against."""
OF_CHECKS: dict[str, Callable[[Entry], tuple[str, ...]]] = {
    "check": lambda entry: (entry.name, entry.check.code),
    "family": lambda entry: (entry.family,),
}
"""Methods that select checks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be examined."""

    metrics: tuple[tuple[Metric, tuple[Entry, ...]], ...]
    """Metrics in the register's order, each with its checks in order of code."""
    portfolio: tuple[Entry, ...]
    """Checks of the register as a whole."""


Pair = tuple[str, str]
"""(metric's name, check's name); an empty metric's name stands for the register as a whole."""


def plan(register: Register, entries: Sequence[Entry], select: Iterable[str] = (), exclude: Iterable[str] = ()) -> Plan:
    """The checks to run on each metric.

    Parameters
    ----------
    register, entries
        What there is.
    select
        Words of the form `method:pattern`, as dbt has them: `tag:safety`, `name:tonnes_*`, `source:shifts`,
        `status:active`, `owner:*office`, `check:bunching`, `family:noise`; a word without a method is a
        metric's name. A pattern may have `*` and `?`. Words separated by spaces (or in separate strings)
        add up; words joined by commas must all hold. Nothing selects everything.
    exclude
        The same; what it matches is left out.

    Raises
    ------
    PitpropError
        If a method is unknown, a pattern matches nothing, or nothing is left.
    """
    scope = _Scope(register=register, entries=tuple(entries))
    wanted = [word for text in select for word in text.split()]
    chosen = scope.everything if not wanted else scope.union(wanted)
    left = chosen - scope.union([word for text in exclude for word in text.split()])
    if not left:
        raise PitpropError("nothing is left to examine: `--exclude` takes away all that `--select` chooses")
    own = tuple((metric, tuple(e for e in entries if (metric.name, e.name) in left)) for metric in register.metrics)
    return Plan(
        metrics=tuple((metric, checks) for metric, checks in own if checks),
        portfolio=tuple(e for e in entries if ("", e.name) in left),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """All pairs of a metric and a check, and how words pick among them."""

    register: Register
    entries: tuple[Entry, ...]

    @property
    def everything(self) -> frozenset[Pair]:
        return frozenset(self._pairs(lambda metric: True, lambda entry: True))

    def union(self, words: Iterable[str]) -> frozenset[Pair]:
        return frozenset(pair for word in words for pair in self._intersection(word))

    def _intersection(self, word: str) -> frozenset[Pair]:
        out = self.everything
        for part in word.split(","):
            out &= self._matching(part)
        if not out:
            raise PitpropError(f"no metric and check match all of `{word}`")
        return out

    def _matching(self, part: str) -> frozenset[Pair]:
        method, colon, pattern = part.partition(":")
        if not colon:
            method, pattern = "name", part
        if method in OF_METRICS:
            values = OF_METRICS[method]
            self._demand(part, pattern, (v for m in self.register.metrics for v in values(m)))
            return frozenset(
                pair
                for pair in self._pairs(lambda metric: _any(values(metric), pattern), lambda entry: True)
                if pair[0]
            )
        if method in OF_CHECKS:
            names = OF_CHECKS[method]
            self._demand(part, pattern, (v for e in self.entries for v in names(e)))
            return frozenset(self._pairs(lambda metric: True, lambda entry: _any(names(entry), pattern)))
        known = (*OF_METRICS, *OF_CHECKS)
        raise PitpropError(
            f"`{part}`: there is no selection by `{method}`{_like(method, known)}; "
            f"there is {', '.join(known)}, as in `tag:safety`"
        )

    def _demand(self, part: str, pattern: str, values: Iterator[str]) -> None:
        known = tuple(dict.fromkeys(values))
        if not _any(known, pattern):
            shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
            there = f"there is {shown}" if known else "there is none at all"
            raise PitpropError(f"`{part}` matches nothing{_like(pattern, known)}; {there}")

    def _pairs(self, of_metric: Callable[[Metric], bool], of_entry: Callable[[Entry], bool]) -> Iterator[Pair]:
        for entry in self.entries:
            if not of_entry(entry):
                continue
            if entry.asks is Register:
                yield "", entry.name
                continue
            for metric in self.register.metrics:
                if of_metric(metric):
                    yield metric.name, entry.name


def _any(values: Iterable[str], pattern: str) -> bool:
    return any(fnmatchcase(value, pattern) for value in values)


def _like(word: str, known: Sequence[str]) -> str:
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""
