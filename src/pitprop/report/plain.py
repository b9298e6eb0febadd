"""Text of unknown origin, made fit to be shown on one line: nothing in it moves a cursor or hides a word."""

from __future__ import annotations

import unicodedata

_KEPT_FORMATS = frozenset("\u200c\u200d")
"""Joiners that some scripts need to be spelled."""


def plain(text: object) -> str:
    """One line of printable text: `visible`, with each run of white space as one space.

    Parameters
    ----------
    text
        Anything; `str` is applied to it.
    """
    return visible(" ".join(str(text).split()))


def visible(text: str) -> str:
    """The text without what cannot be seen.

    Control characters (terminal escapes, NUL), format characters that reorder or hide text, unpaired
    surrogates and non-characters become U+FFFD; line ends and tabs become spaces.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in _KEPT_FORMATS:
        return character
    if character in "\n\r\t":
        return " "
    category = unicodedata.category(character)
    noncharacter = ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
    return "\ufffd" if category in ("Cc", "Cf", "Cs", "Zl", "Zp") or noncharacter else character


def tamed(word: str) -> str:
    """The word, or two where at the start of a line it would command a runner: `::error::`, `##[section]`."""
    return f"{word[0]} {word[1:]}" if word.startswith(("::", "##[", "##vso[")) else word


def shortened(text: object, most: int) -> str:
    """The text on one line, cut with an ellipsis where it has more than `most` characters."""
    words = plain(text)
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def width(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
