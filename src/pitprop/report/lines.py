"""Lines of styled text for a terminal: wrapped, and printed with colour or without."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO

from pitprop.report.plain import tamed, width

WIDTH = 100
"""Columns where the output is no terminal."""

Span = tuple[str, str]
"""(text, style); the style is one of rich's, or empty."""

_UNIT = re.compile(r"(?<=\d) (%|[a-zA-Z°£$€]{1,3}\b)")
"""The space between a number and its unit, where a line must not end."""


def written(lines: Iterable[list[Span]]) -> str:
    """The lines as plain text."""
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


def print_lines(lines: Callable[[int], Iterable[list[Span]]], out: TextIO) -> None:
    """Print what `lines` makes for a width: coloured on a terminal (NO_COLOR is honoured), plain in a pipe."""
    if not out.isatty():
        out.write(_fitting(out, written(lines(WIDTH))))
        return
    from rich.console import Console
    from rich.text import Text

    columns = max(40, min(shutil.get_terminal_size((WIDTH, 24)).columns, 120))
    console = Console(file=out, highlight=False, markup=False, emoji=False, soft_wrap=True)
    for line in lines(columns):
        shown = Text(end="")
        for text, style in line:
            shown.append(_fitting(out, text), style or None)
        console.print(shown)


def can_encode(out: TextIO, symbols: str) -> bool:
    """Whether all of the symbols can be written there."""
    return _fitting(out, symbols) == symbols


def _fitting(out: TextIO, text: str) -> str:
    encoding = getattr(out, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def block(spans: Iterable[Span], columns: int, *, hang: int, indent: int = 0) -> Iterator[list[Span]]:
    """Wrap spans, separated by a space, at `columns`; lines after the first are indented by `hang`."""
    if columns < 3 * hang:
        indent, hang = min(indent, 2), min(hang, 4)
    line: list[Span] = [(" " * indent, "")]
    used, fresh = indent, True
    for text, style in spans:
        for word in _UNIT.sub("\u00a0\\1", text).split(" "):
            for piece in _pieces(tamed(word), columns - max(hang, indent)):
                gap = 0 if fresh else 1
                if used + gap + width(piece) > columns and not fresh:
                    yield line
                    line, used, gap = [(" " * hang, "")], hang, 0
                _append(line, " " * gap + piece.replace("\u00a0", " "), style)
                used += gap + width(piece)
                fresh = False
    yield line


def _append(line: list[Span], text: str, style: str) -> None:
    if line and line[-1][1] == style:
        line[-1] = (line[-1][0] + text, style)
    else:
        line.append((text, style))


def _pieces(word: str, room: int) -> Iterator[str]:
    """The word, cut where it is wider than a whole line."""
    while width(word) > room:
        cut = len(word)
        while width(word[:cut]) > room:
            cut -= max(1, (width(word[:cut]) - room) // 2)
        yield word[: max(1, cut)]
        word = word[max(1, cut) :]
    yield word
