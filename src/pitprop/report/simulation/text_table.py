"""A table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from pitprop.report.plain import plain, width

_GAP = "  "


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, room: int, left: int = 1) -> list[str] | None:
    """The table's lines, the head first; None where they would be wider than `room`.

    Parameters
    ----------
    left
        How many of the first columns are words, set to the left; the others are numbers, set to the right.
    """
    cells = [[plain(cell) for cell in row] for row in (head, *rows)]
    wide = [max(width(row[place]) for row in cells) for place in range(len(head))]
    if sum(wide) + len(_GAP) * (len(wide) - 1) > room:
        return None
    return [
        _GAP.join(_set(cell, wide[place], to_left=place < left) for place, cell in enumerate(row)).rstrip()
        for row in cells
    ]


def _set(cell: str, wide: int, *, to_left: bool) -> str:
    space = " " * (wide - width(cell))
    return cell + space if to_left else space + cell
