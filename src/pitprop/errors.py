"""The one family of exceptions that pitprop raises on purpose."""

from __future__ import annotations


class PitpropError(Exception):
    """What the user asked for is wrong or cannot be done; the message says what to do about it."""

    exit_code = 2
