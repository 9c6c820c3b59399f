"""Vector drawings, written anew from what is known to be harmless. Only for files that the operator imports: uploads take no SVG.

An element or attribute that is not listed here refuses the whole drawing: nothing is dropped silently, nothing unknown is kept.
"""

import re
from xml.etree import ElementTree as ET

from surehold.adapters.images.words import SIDE_MAX, RefusedError, Rendered, Rendition

SVG = "http://www.w3.org/2000/svg"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
ELEMENTS = frozenset(
    [
        "svg",
        "g",
        "defs",
        "symbol",
        "use",
        "title",
        "desc",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
        "mask",
        "pattern",
    ]
)
ATTRIBUTES = frozenset(
    [
        "id",
        "d",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "fx",
        "fy",
        "dx",
        "dy",
        "width",
        "height",
        "viewBox",
        "preserveAspectRatio",
        "points",
        "transform",
        "version",
        "fill",
        "fill-opacity",
        "fill-rule",
        "clip-path",
        "clip-rule",
        "clipPathUnits",
        "mask",
        "maskUnits",
        "maskContentUnits",
        "patternUnits",
        "patternContentUnits",
        "patternTransform",
        "gradientUnits",
        "gradientTransform",
        "spreadMethod",
        "offset",
        "stop-color",
        "stop-opacity",
        "stroke",
        "stroke-width",
        "stroke-opacity",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stroke-dasharray",
        "stroke-dashoffset",
        "opacity",
        "color",
        "visibility",
        "display",
        "vector-effect",
        "shape-rendering",
        "font-family",
        "font-size",
        "font-weight",
        "font-style",
        "text-anchor",
        "letter-spacing",
        "dominant-baseline",
        "href",
        "role",
    ]
)
ELEMENTS_MAX = 50_000
DEPTH_MAX = 64
_INSIDE = re.compile(r"^#[A-Za-z_][\w.:-]*$")
_ADDRESS = re.compile(r"url\s*\(\s*(?!['\"]?#)", re.IGNORECASE)
_LENGTH = re.compile(r"^\s*([0-9.]+)\s*(px)?\s*$")


def is_drawing(body: bytes) -> bool:
    """Whether the bytes mean to be an SVG."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<svg", b"<?xml", b"<!--"))


def redraw(body: bytes) -> Rendered:
    """The drawing, written anew. RefusedError for what is none, or has anything in it that is not plainly a shape."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body or b"<?xml-stylesheet" in body:
        raise RefusedError("The drawing has a document type, entities or a style sheet; export it as plain SVG.")
    try:
        root = ET.fromstring(body)  # noqa: S314 - without a document type there are no entities
    except (ET.ParseError, ValueError, LookupError) as error:
        raise RefusedError("The drawing is no well-formed SVG.") from error
    width, height = _size_of(root)
    drawn = _Pen().copy(root, 0)
    ET.register_namespace("", SVG)
    text = ET.tostring(drawn, encoding="utf-8", xml_declaration=False)
    return Rendered(width=width, height=height, files=[Rendition(suffix="svg", width=width, height=height, body=text)])


class _Pen:
    """Copies element by element, and counts them."""

    def __init__(self) -> None:
        self._drawn = 0

    def copy(self, element: ET.Element, depth: int) -> ET.Element:
        """An element with all in it, as it is allowed to be."""
        self._drawn += 1
        if depth > DEPTH_MAX or self._drawn > ELEMENTS_MAX:
            raise RefusedError(f"The drawing has more than {ELEMENTS_MAX} shapes, or is nested too deeply.")
        name = element.tag.removeprefix(f"{{{SVG}}}")
        if name not in ELEMENTS:
            raise RefusedError(f"The drawing has a <{name}> in it; only shapes, gradients and text are taken.")
        made = ET.Element(f"{{{SVG}}}{name}", dict(_attribute(*item) for item in element.attrib.items()))
        made.text, made.tail = element.text, element.tail
        made.extend([self.copy(child, depth + 1) for child in element])
        return made


def _attribute(name: str, value: str) -> tuple[str, str]:
    name = "href" if name == XLINK_HREF else name
    if name not in ATTRIBUTES:
        raise RefusedError(f"The drawing has the attribute {name}; it is not one of those that are taken.")
    if (name == "href" and not _INSIDE.match(value)) or _ADDRESS.search(value) or "\\" in value:
        raise RefusedError(f"The drawing refers to something outside of itself in {name}.")
    return name, value


def _size_of(root: ET.Element) -> tuple[int, int]:
    if root.tag != f"{{{SVG}}}svg":
        raise RefusedError("The drawing is no SVG.")
    box = root.get("viewBox", "").replace(",", " ").split()
    sides = box[2:] if len(box) == 4 else [root.get("width", ""), root.get("height", "")]
    found = [_LENGTH.match(side) for side in sides]
    try:
        width, height = (round(float(match[1])) if match else 0 for match in found)
    except ValueError:
        width = height = 0
    if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX):
        raise RefusedError(f"The drawing states no size (viewBox) of 1 to {SIDE_MAX:,} a side.")
    return width, height
