"""Figures as pictures."""

from __future__ import annotations

from pitprop.examine.figure import Figure, Histogram, Series
from pitprop.report.histogram import histogram
from pitprop.report.intervals import intervals
from pitprop.report.picture import Picture
from pitprop.report.series import series


def picture(figure: Figure) -> Picture | None:
    """The figure drawn; None where it holds nothing to draw."""
    if isinstance(figure, Histogram):
        return histogram(figure)
    if isinstance(figure, Series):
        return series(figure)
    return intervals(figure)
