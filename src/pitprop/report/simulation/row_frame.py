"""The frame of a picture whose vertical axis counts rows, each with a label beside it or above it."""

from __future__ import annotations

from collections.abc import Sequence

from pitprop.report.picture import CHARACTER, WIDTH, Frame, Label
from pitprop.report.plain import plain, shortened, width

_BESIDE, _ABOVE, _FEW = 18, 44, 12


def row_frame(
    names: Sequence[str], x: tuple[float, float], *, head: int = 0, step: float = 26.0
) -> tuple[Frame, list[Label]]:
    """The frame and the rows' labels; long labels of few rows stand above their rows.

    Parameters
    ----------
    head
        Lines of text above the area.
    step
        Height of a row whose label stands beside it.
    """
    longest = max(width(plain(name)) for name in names)
    above = longest > _BESIDE and len(names) <= _FEW
    step = 46.0 if above else step
    shown = [shortened(name, _ABOVE if above else _BESIDE) for name in names]
    frame = Frame(
        x=x,
        y=(len(names) - 0.45, -0.72 if above else -0.55),
        head=head,
        tall=round(step * (len(names) + (0.27 if above else 0.1)), 1),
        left=16 if above else min(WIDTH / 2.4, max(width(name) for name in shown) * (CHARACTER + 0.6) + 14),
        rows=True,
    )
    labels = [
        Label(text=name, x=0, y=frame.height_of(row - 0.3), align="left")
        if above
        else Label(text=name, x=-8, y=frame.height_of(row) + 4, align="right")
        for row, name in enumerate(shown)
    ]
    return frame, labels


def half_bar(frame: Frame, rows: int) -> float:
    """Half the height of a bar, in rows."""
    return 0.2 if frame.tall / rows > 40 else 0.4
