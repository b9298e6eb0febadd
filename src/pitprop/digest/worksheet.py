"""Worksheets: a table of a spreadsheet file as Arrow columns, one type for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from pitprop.digest.problem import SourceError, nearest

ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA"})


def worksheet(path: Path, table: str | None, *, shown: str, source: str = "") -> tuple[Any, tuple[str, ...]]:
    """The named worksheet (or the first one) as a pyarrow table, and what was assumed, in sentences.

    The first row that is not empty holds the names of the columns. Empty rows below are left out, and so are
    columns with neither a name nor a value. A column that holds both text and numbers or dates is text.

    Raises
    ------
    SourceError
        If the file is no workbook, has no such worksheet, or names two columns alike.
    """
    import pyarrow as pa

    name = _named(source)
    rows = _cells(path, table, shown=shown, source=source)
    if not rows:
        return pa.table({}), (f"`{shown}` has no rows",)
    header, body = rows[0], [r for r in rows[1:] if any(not _empty(c) for c in r)]
    width = max(len(r) for r in rows)
    columns: dict[str, Any] = {}
    notes: list[str] = []
    for i in range(width):
        cells = [r[i] if i < len(r) else "" for r in body]
        title = "" if i >= len(header) or _empty(header[i]) else _text(header[i]).strip()
        if not title and all(_empty(c) for c in cells):
            continue
        title = title or f"column_{i + 1}"
        if title in columns:
            raise SourceError(f"{name}`{shown}` has two columns named `{title}`; give each its own name", source=source)
        columns[title], note = _column(cells)
        if note:
            notes.append(f"`{title}` of `{shown}` {note}")
    return pa.table(columns), tuple(notes)


def worksheets(path: Path, *, shown: str, source: str = "") -> tuple[str, ...]:
    """Names of a workbook's worksheets, in their order."""
    return tuple(_workbook(path, shown=shown, source=source).sheet_names)


def _named(source: str) -> str:
    return f"source `{source}`: " if source else ""


def _workbook(path: Path, *, shown: str, source: str) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError, ValueError) as error:
        raise SourceError(
            f"{_named(source)}`{shown}` cannot be read as an xlsx workbook; "
            "if it has a password or another format, save it again as xlsx without one",
            source=source,
        ) from error


def _cells(path: Path, table: str | None, *, shown: str, source: str) -> list[list[Any]]:
    book = _workbook(path, shown=shown, source=source)
    names = list(book.sheet_names)
    if table is not None and table not in names:
        raise SourceError(
            f"{_named(source)}`{shown}` has no worksheet `{table}`; {nearest(table, names)}",
            source=source,
            allowed=names,
        )
    if not names:
        return []
    from python_calamine import CalamineError

    try:
        sheet = book.get_sheet_by_name(table if table is not None else names[0])
        rows = [list(r) for r in sheet.to_python(skip_empty_area=True)]
    except CalamineError as error:
        raise SourceError(
            f"{_named(source)}a worksheet of `{shown}` cannot be read; save the file again",
            source=source,
        ) from error
    return [r for r in rows if any(not _empty(c) for c in r)]


def _empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and (not cell.strip() or cell in ERRORS))


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (datetime, date)):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()
    return str(cell)


def _column(cells: Sequence[Any]) -> tuple[Any, str]:
    """The cells as one Arrow array, and what had to be assumed."""
    import pyarrow as pa

    kinds = {_kind(c) for c in cells if not _empty(c)}
    errors = sum(isinstance(c, str) and c in ERRORS for c in cells)
    note = f"has {errors} cells with an error of the spreadsheet, taken as empty" if errors else ""
    values = [None if _empty(c) else c for c in cells]
    if kinds <= {"number"}:
        whole = all(v is None or (float(v).is_integer() and abs(v) < 2**53) for v in values)
        if whole:
            return pa.array([None if v is None else int(v) for v in values], pa.int64()), note
        return pa.array([None if v is None else float(v) for v in values], pa.float64()), note
    if kinds == {"date"}:
        return pa.array(values, pa.date32()), note
    if kinds <= {"date", "time"} and "time" in kinds:
        stamps = [datetime(v.year, v.month, v.day) if type(v) is date else v for v in values]
        return pa.array(stamps, pa.timestamp("us")), note
    if kinds == {"boolean"}:
        return pa.array(values, pa.bool_()), note
    if len(kinds) > 1:
        words = " and ".join(sorted(kinds))
        example = next(_text(c) for c in cells if not _empty(c) and _kind(c) == sorted(kinds)[-1])
        note = f"holds {words} (such as `{example[:40]}`): read as text" + (f"; {note}" if note else "")
    return pa.array([None if v is None else _text(v) for v in values], pa.string()), note


def _kind(cell: Any) -> str:
    if isinstance(cell, bool):
        return "boolean"
    if isinstance(cell, (int, float)):
        return "number"
    if isinstance(cell, datetime):
        return "time"
    if isinstance(cell, date):
        return "date"
    if isinstance(cell, (time, timedelta)):
        return "duration"
    return "text"
