"""A Vega-Lite specification drawn as a small, inert SVG.

Specifications carry data as values only. The drawing is rebuilt from a short list of elements and attributes,
so whatever a title or a category says, the page holds shapes and text.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from functools import lru_cache
from typing import Any

_SVG = "{http://www.w3.org/2000/svg}"
_ATTRIBUTES = frozenset(
    (
        "d",
        "fill",
        "fill-opacity",
        "font-weight",
        "opacity",
        "stroke",
        "stroke-dasharray",
        "stroke-linecap",
        "stroke-opacity",
        "stroke-width",
        "text-anchor",
        "transform",
    )
)
_DEFAULTS = {"opacity": "1", "stroke-opacity": "1", "fill-opacity": "1", "stroke-width": "1", "fill": "none"}
_ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "A": 7, "Z": 0}
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_COMMAND = re.compile(r"([MLHVCAZmlhvcaz])([^MLHVCAZmlhvcaz]*)")
_CIRCLE = re.compile(r"M([\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0Z?")
_TRANSLATION = re.compile(r"translate\(\s*([^,\s]+)[,\s]+([^)\s]+)\s*\)")


def svg(spec: dict[str, Any], label: str) -> str:
    """The drawing as one `<svg>` element without scripts, links, ids, styles or a size of its own.

    Parameters
    ----------
    spec
        A Vega-Lite specification with inline data. Equal specifications are drawn once.
    label
        What the picture shows, for who cannot see it.
    """
    drawing = ElementTree.fromstring(_drawn(json.dumps(spec, allow_nan=False, sort_keys=True)))
    root = ElementTree.Element(
        "svg",
        {
            "class": "chart",
            "viewBox": drawing.get("viewBox", ""),
            "role": "img",
            "aria-label": label,
            "fill": "none",
        },
    )
    for child in drawing:
        _rebuild(child, root, 0.0, 0.0)
    _merge(root)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


@lru_cache(maxsize=128)
def _drawn(spec: str) -> str:
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return drawn


def _rebuild(element: ElementTree.Element, parent: ElementTree.Element, left: float, top: float) -> None:
    """Copy what is known to be harmless into `parent`, with every translation carried out."""
    tag = element.tag.removeprefix(_SVG)
    moved = _TRANSLATION.search(element.get("transform", ""))
    if moved:
        left, top = left + float(moved[1]), top + float(moved[2])
    if tag == "g":
        for child in element:
            _rebuild(child, parent, left, top)
        return
    kept = {name: value for name, value in element.attrib.items() if name in _ATTRIBUTES}
    kept.pop("transform", None)
    kept = {name: value for name, value in kept.items() if _DEFAULTS.get(name) != value}
    if tag == "line":
        right, bottom = float(element.get("x2", 0)), float(element.get("y2", 0))
        kept["d"] = f"M{_short(left)},{_short(top)}" + _towards(left, top, left + right, top + bottom)
        ElementTree.SubElement(parent, "path", kept)
    elif tag == "path" and "fill" in kept and _CIRCLE.fullmatch(element.get("d", "")):
        ElementTree.SubElement(parent, "path", _dot(element, kept["fill"], left, top))
    elif tag == "path" and ("fill" in kept or "stroke" in kept):
        kept["d"] = _translated(element.get("d", ""), left, top)
        ElementTree.SubElement(parent, "path", kept)
    elif tag == "text" and element.text:
        kept["x"], kept["y"] = _short(left), _short(top)
        ElementTree.SubElement(parent, "text", kept).text = element.text


def _towards(left: float, top: float, right: float, bottom: float) -> str:
    if _short(top) == _short(bottom):
        return f"H{_short(right)}"
    if _short(left) == _short(right):
        return f"V{_short(bottom)}"
    return f"L{_short(right)},{_short(bottom)}"


def _dot(element: ElementTree.Element, fill: str, left: float, top: float) -> dict[str, str]:
    """A filled circle as a stroke without length and with round ends, a quarter of the bytes."""
    across = 2 * float(_NUMBER.findall(element.get("d", ""))[0])
    width = _short(across)
    return {
        "stroke": fill,
        "stroke-linecap": "round",
        "stroke-width": width,
        "d": f"M{_short(left)},{_short(top)}h0",
    }


def _translated(path: str, left: float, top: float) -> str:
    parts = []
    for command, arguments in _COMMAND.findall(path):
        numbers = [float(n) for n in _NUMBER.findall(arguments)]
        count = _ARGUMENTS[command.upper()]
        if command.isupper() and count:
            chunks = [numbers[start : start + count] for start in range(0, len(numbers), count)]
            numbers = [n for chunk in chunks for n in _moved(command, chunk, left, top)]
        parts.append(command + ",".join(_short(n) for n in numbers))
    return "".join(parts)


def _moved(command: str, numbers: list[float], left: float, top: float) -> list[float]:
    if command == "H":
        return [numbers[0] + left]
    if command == "V":
        return [numbers[0] + top]
    if command == "A":
        return [*numbers[:5], numbers[5] + left, numbers[6] + top]
    return [n + (left if place % 2 == 0 else top) for place, n in enumerate(numbers)]


def _short(value: float) -> str:
    shown = f"{value:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


def _merge(root: ElementTree.Element) -> None:
    """Join neighbouring paths that differ in their shape only: a hundred bars become one path."""
    before: ElementTree.Element | None = None
    for element in list(root):
        if (
            before is not None
            and before.tag == element.tag == "path"
            and {**before.attrib, "d": ""} == {**element.attrib, "d": ""}
        ):
            before.set("d", before.get("d", "") + element.get("d", ""))
            root.remove(element)
        else:
            before = element
