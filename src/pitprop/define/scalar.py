"""Text as YAML writes it, so that it is read back as the same text whatever is in it."""

from __future__ import annotations

import re


def scalar(text: str) -> str:
    """The text as a YAML scalar: plain where that cannot be mistaken, else in single or double quotes."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*([ ./][A-Za-z0-9_]+)*", text) and text.lower() not in _WORDS:
        return text
    if text.isprintable() and not _AMBIGUOUS.search(text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(character) for character in text) + '"'


def one_line(text: str) -> str:
    """The text as it may stand in a comment: one line, no control characters."""
    return "".join(c if c.isprintable() and not _AMBIGUOUS.search(c) else " " for c in text)


_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_AMBIGUOUS = re.compile("[\ud800-\udfff\ufeff\ufffe\uffff]")


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable() and not _AMBIGUOUS.search(character):
        return character
    code = ord(character)
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
