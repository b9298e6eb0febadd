"""What can be wrong with data, in sentences that say what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from pitprop.errors import PitpropError


class SourceError(PitpropError):
    """Data that a metric needs cannot be had: no file, no column, no connection, not the right type.

    Attributes
    ----------
    source : str
        Name of the register's source, or the path where there is no register; empty where it is not known.
    column : str
        The column or expression that is wrong; empty where it is not about one.
    allowed : tuple of str
        What is there instead (columns, tables, files), as far as it is known.
    """

    exit_code = 3

    def __init__(self, message: str, *, source: str = "", column: str = "", allowed: Iterable[str] = ()) -> None:
        self.source = source
        self.column = column
        self.allowed = tuple(allowed)
        super().__init__(message)


class GrainError(PitpropError):
    """The metric's declaration has no such grain: what is missing, and what to declare.

    Raised where the question does not arise (a profile without dates, a dated target without time); the
    data themselves are not at fault. A battery turns it into NOT_APPLICABLE.
    """


def nearest(name: str, allowed: Iterable[str], *, shown: int = 12) -> str:
    """`did you mean`, then what there is: the tail of a sentence about a name that does not exist."""
    names = list(allowed)
    if not names:
        return "there is none at all"
    lower = {n.lower(): n for n in names}
    close = [lower[m] for m in get_close_matches(name.lower(), lower, n=3, cutoff=0.6)]
    hint = f"did you mean {' or '.join(f'`{c}`' for c in close)}? " if close else ""
    listed = ", ".join(f"`{n}`" for n in names[:shown])
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"{hint}There are: {listed}{more}"
