"""One YAML file as plain data, with the line and column of everything in it.

YAML 1.2: `no` is text and `010` is ten. What a file does not need and an attacker does is refused while
the file is being scanned, before anything is built: aliases, anchors, tags, directives, several documents,
keys that repeat, deep nesting, control characters, large files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite, nan
from pathlib import Path as File
from typing import Any

from pitprop.define.place import Path
from pitprop.errors import PitpropError

MAX_BYTES = 1_000_000
MAX_NESTING = 40
MAX_DIGITS = 100

_NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.nan|\.NaN|\.NAN")


class DocumentError(PitpropError):
    """A YAML file that cannot be read, or has something that a register must not have.

    Attributes
    ----------
    says : str
        What is wrong and what to do.
    line, column : int
        Where, counted from 1.
    """

    def __init__(self, says: str, *, line: int = 1, column: int = 1) -> None:
        self.says = says
        self.line = line
        self.column = column
        super().__init__(f"{line}:{column}: {says}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file's content as dicts, lists, text, numbers, booleans and None."""

    data: dict[str, Any]
    places: dict[Path, tuple[int, int]]
    """Path from the top -> line and column (from 1) of a mapping's key, or of a list's item."""


def document(path: File) -> Document:
    """The content of a YAML file whose top level is a mapping.

    Parameters
    ----------
    path : pathlib.Path
        A file of at most 1 MB in UTF-8.

    Raises
    ------
    DocumentError
        With the first thing that is wrong, and its line and column.
    """
    return parse(_text(_content(path)))


def has_key(path: File, key: str) -> bool:
    """Whether a file has a key at its top level, by a glance at its lines; False where it cannot be read."""
    try:
        text = _text(_content(path))
        lines = (line.lstrip() for line in text.splitlines())
        if next((line for line in lines if line and not line.startswith(("#", "---"))), "").startswith("{"):
            return key in parse(text).data
    except DocumentError:
        return False
    return re.search(rf"^[\"']?{re.escape(key)}[\"']?[ \t]*:", text, flags=re.MULTILINE) is not None


def parse(text: str) -> Document:
    """The content of a YAML text whose top level is a mapping; raises like `document`."""
    _refuse_controls(text)
    places: dict[Path, tuple[int, int]] = {}
    data = _Builder(text, places).top()
    return Document(data=data, places=places)


def _content(path: File) -> bytes:
    try:
        if path.is_dir():
            raise DocumentError("is a folder; name a file in it, such as pitprop.yml")
        if not path.exists():
            raise DocumentError("does not exist; `pitprop init` writes a register to start from, or an example")
        if not path.is_file():
            raise DocumentError("is not a regular file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except PermissionError:
        raise DocumentError("may not be read by this user (permission denied)") from None
    except (OSError, ValueError) as error:
        raise DocumentError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > MAX_BYTES:
        raise DocumentError(
            f"is larger than {MAX_BYTES // 1_000_000} MB; a register can be split into files named under `metrics`"
        )
    return content


def _text(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DocumentError("is in UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", errors="replace")
        raise _at("is not UTF-8 here; save the file as UTF-8", before, len(before)) from None


def _at(says: str, text: str, position: int) -> DocumentError:
    lines = re.split(r"\r\n|\r|\n", text[:position])
    return DocumentError(says, line=len(lines), column=len(lines[-1]) + 1)


def _refuse_controls(text: str) -> None:
    found = _NOT_TEXT.search(text)
    if found:
        name = "a NUL byte" if found[0] == "\0" else f"the control character U+{ord(found[0]):04X}"
        raise _at(f"contains {name}; delete it", text, found.start())


def _refused(says: str, mark: Any) -> DocumentError:
    return DocumentError(says, line=mark.line + 1, column=mark.column + 1)


def _events(text: str) -> Iterator[Any]:
    """ruamel's events, from a scanner that refuses as soon as it sees what a register must not have."""
    from ruamel.yaml import YAML
    from ruamel.yaml.scanner import Scanner

    class Strict(Scanner):  # type: ignore[misc, unused-ignore]
        def fetch_alias(self) -> None:
            raise _refused("has an alias (`*`); write the value out, or put text in quotes", self.reader.get_mark())

        def fetch_anchor(self) -> None:
            raise _refused("has an anchor (`&`); write the value out, or put text in quotes", self.reader.get_mark())

        def fetch_tag(self) -> None:
            raise _refused("has a tag (`!`); write plain values, or put text in quotes", self.reader.get_mark())

        def fetch_directive(self) -> None:
            raise _refused("has a directive (`%`); delete it, or put text in quotes", self.reader.get_mark())

        def fetch_flow_collection_start(self, *args: Any, **named: Any) -> None:
            self._deeper()
            super().fetch_flow_collection_start(*args, **named)

        def add_indent(self, column: int) -> bool:
            deeper: bool = super().add_indent(column)
            if deeper:
                self._deeper()
            return deeper

        def fetch_more_tokens(self) -> Any:
            try:
                return super().fetch_more_tokens()
            except (ValueError, OverflowError) as error:
                says = f"is not valid YAML: an escape after `\\` is no character ({error})"
                raise _refused(says, self.reader.get_mark()) from None

        def _deeper(self) -> None:
            if len(self.flow_context) + len(self.indents) >= MAX_NESTING:
                raise _refused(f"is nested more than {MAX_NESTING} levels deep", self.reader.get_mark())

    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = Strict
    return iter(yaml.parse(text))


class _Builder:
    """Builds plain data from events, and notes where each key and item stands."""

    def __init__(self, text: str, places: dict[Path, tuple[int, int]]) -> None:
        self._stream = _events(text)
        self._places = places

    def top(self) -> dict[str, Any]:
        event = self._next()
        while type(event).__name__ in ("StreamStartEvent", "DocumentStartEvent"):
            event = self._next()
        if type(event).__name__ == "StreamEndEvent":
            raise DocumentError(
                "is empty; a register has `version`, `sources` and `metrics`, a scenario `kind` and `version`"
            )
        if type(event).__name__ != "MappingStartEvent":
            raise _refused(
                "must be a mapping at the top level (`key: value` lines), with no `-` in front",
                event.start_mark,
            )
        data: dict[str, Any] = self._value(event, ())
        event = self._next()
        while type(event).__name__ == "DocumentEndEvent":
            event = self._next()
        if type(event).__name__ != "StreamEndEvent":
            raise _refused("starts a second document (`---`); one is allowed", event.start_mark)
        return data

    def _next(self) -> Any:
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            return next(self._stream)
        except MarkedYAMLError as error:
            says = _plainly(str(error.problem or error.context))
            unclosed = "end of stream" in str(error.problem)
            mark = (unclosed and error.context_mark) or error.problem_mark or error.context_mark
            raise DocumentError(says) if mark is None else _refused(says, mark) from None
        except (YAMLError, StopIteration) as error:
            raise DocumentError(_plainly(str(error))) from None

    def _value(self, event: Any, path: Path) -> Any:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            return _scalar(event)
        if kind == "SequenceStartEvent":
            return self._list(path)
        return self._mapping(path)

    def _list(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while type(event := self._next()).__name__ != "SequenceEndEvent":
            here = (*path, len(items))
            self._note(here, event.start_mark)
            items.append(self._value(event, here))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while type(event := self._next()).__name__ != "MappingEndEvent":
            if type(event).__name__ != "ScalarEvent":
                raise _refused("has a list or mapping as a key; a key is a word", event.start_mark)
            _scalar(event)
            key = event.value
            here = (*path, key)
            if key in mapping:
                first = self._places[here][0]
                raise _refused(f"has the key `{_short(key)}` twice (first on line {first})", event.start_mark)
            self._note(here, event.start_mark)
            mapping[key] = self._value(self._next(), here)
        return mapping

    def _note(self, path: Path, mark: Any) -> None:
        self._places[path] = (mark.line + 1, mark.column + 1)


_MEANS = {
    "mapping values are not allowed": "has `: ` within a value; put the value in quotes",
    "found character '\\t'": "has a tab where it is indented; use spaces",
    "that cannot start any token": "has a value that starts with a sign reserved by YAML; put it in quotes",
    "could not find expected ':'": "has a line without `:`, or a quote above that is not closed",
    "expected <block end>": "is indented differently from the lines above, or has text after a closing quote",
    "expected ',' or": "has a list or mapping in brackets whose bracket or comma is missing",
    "found unexpected end of stream": "has a quote that is not closed",
}


def _plainly(problem: str) -> str:
    for pattern, says in _MEANS.items():
        if pattern in problem:
            return says
    return f"is not valid YAML: {_short(problem)}"


def _short(text: str) -> str:
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 60 else text[:57] + "..."


def _scalar(event: Any) -> Any:
    text: str = event.value
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise _refused("contains an escape that is no character (\\0 or half a surrogate pair)", event.start_mark)
    if event.style is not None:
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOLEAN.fullmatch(text):
        return text.lower() == "true"
    if len(text) > MAX_DIGITS and (_FLOAT.fullmatch(text) or _BASED.fullmatch(text)):
        raise _refused(f"has a number of more than {MAX_DIGITS} digits; text stands in quotes", event.start_mark)
    if _INTEGER.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        value = float(text)
        return value if isfinite(value) else inf
    if _INFINITE.fullmatch(text):
        return nan if "n" in text.lower()[:2] else -inf if text[0] == "-" else inf
    return text
