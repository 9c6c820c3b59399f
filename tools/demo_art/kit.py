"""Shared hand of the illustrations: palette, scene, bodies of revolution, textures.

Everything is a function from numbers to SVG text; equal input gives equal bytes.
The canvas is 800 x 1000; light falls from the upper left.
"""

import zlib
from collections.abc import Sequence
from random import Random

Point = tuple[float, float]

PALETTE = {
    "white": "#fffdf8",
    "cream": "#f6ecdc",
    "oat": "#e9dac2",
    "sand": "#d8bf9b",
    "blush": "#ecc9b6",
    "rose": "#d3897a",
    "clay": "#c9764e",
    "rust": "#a84e32",
    "wine": "#75333a",
    "plum": "#6d4660",
    "mustard": "#dca23a",
    "butter": "#f3d58d",
    "olive": "#8b8d4c",
    "sage": "#a8b593",
    "fern": "#64815a",
    "forest": "#33503f",
    "mist": "#cddad8",
    "sky": "#9fbfca",
    "blue": "#4a7c96",
    "navy": "#2c435a",
    "ink": "#2b2c35",
    "char": "#4a4a52",
    "steel": "#b9bfc2",
    "brass": "#c89b4a",
    "wood": "#d4a873",
    "oak": "#bb8850",
    "walnut": "#7b5237",
    "wall": "#efe4d3",
}

GROUNDS = {
    "oat": ("#efe3d0", "#e2d0b5"),
    "blush": ("#f2dacb", "#e5c0ab"),
    "sage": ("#dde3d3", "#c5cfb8"),
    "mist": ("#dbe6e5", "#c0d1d1"),
    "butter": ("#f6e7c4", "#ead29b"),
    "lilac": ("#e7dde2", "#d3c3cb"),
}

GRADIENTS = {
    "cyl": (
        '<linearGradient id="cyl"><stop offset="0" stop-color="#fff" stop-opacity=".05"/>'
        '<stop offset=".2" stop-color="#fff" stop-opacity=".26"/>'
        '<stop offset=".48" stop-color="#fff" stop-opacity="0"/>'
        '<stop offset=".56" stop-color="#3a1f10" stop-opacity="0"/>'
        '<stop offset="1" stop-color="#3a1f10" stop-opacity=".32"/></linearGradient>'
    ),
    "ball": (
        '<radialGradient id="ball" cx=".34" cy=".28" r=".85">'
        '<stop offset="0" stop-color="#fff" stop-opacity=".34"/>'
        '<stop offset=".45" stop-color="#fff" stop-opacity="0"/>'
        '<stop offset=".55" stop-color="#3a1f10" stop-opacity="0"/>'
        '<stop offset="1" stop-color="#3a1f10" stop-opacity=".32"/></radialGradient>'
    ),
    "slab": (
        '<linearGradient id="slab" x2="1" y2="1">'
        '<stop offset="0" stop-color="#fff" stop-opacity=".2"/>'
        '<stop offset=".5" stop-color="#fff" stop-opacity="0"/>'
        '<stop offset=".5" stop-color="#3a1f10" stop-opacity="0"/>'
        '<stop offset="1" stop-color="#3a1f10" stop-opacity=".18"/></linearGradient>'
    ),
    "cast": (
        '<radialGradient id="cast"><stop offset="0" stop-color="#5a3a22" stop-opacity=".5"/>'
        '<stop offset=".6" stop-color="#5a3a22" stop-opacity=".2"/>'
        '<stop offset="1" stop-color="#5a3a22" stop-opacity="0"/></radialGradient>'
    ),
    "glow": (
        '<radialGradient id="glow"><stop offset="0" stop-color="#ffe9a8" stop-opacity=".95"/>'
        '<stop offset=".35" stop-color="#ffdf96" stop-opacity=".5"/>'
        '<stop offset="1" stop-color="#ffdf96" stop-opacity="0"/></radialGradient>'
    ),
}

TABLE_Y = 690


def num(value: float) -> str:
    """Shortest text of a number with one decimal."""
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def hue(name: str) -> str:
    """Colour of the palette, or the value itself when it is already a colour."""
    return PALETTE.get(name, name)


def mix(first: str, second: str, share: float) -> str:
    """Blend two colours; ``share`` is the part of the second, 0 to 1."""
    one, two = hue(first), hue(second)
    parts = [round(int(one[i : i + 2], 16) * (1 - share) + int(two[i : i + 2], 16) * share) for i in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)


def dark(colour: str, share: float = 0.22) -> str:
    """Return the colour in shade: towards a warm brown, never towards black."""
    return mix(colour, "#2d1a12", share)


def light(colour: str, share: float = 0.3) -> str:
    """Return the colour in light."""
    return mix(colour, "#fffaf0", share)


def tag(name: str, /, *inside: str, **attrs: float | str) -> str:
    """Write one element; ``stroke_width=3`` becomes ``stroke-width="3"``."""
    words = [name]
    for key, value in attrs.items():
        text = hue(value) if isinstance(value, str) else num(value)
        words.append(f'{key.rstrip("_").replace("_", "-")}="{text}"')
    opening = " ".join(words)
    return f"<{opening}>{''.join(inside)}</{name}>" if inside else f"<{opening}/>"


def path(d: str, fill: str, **more: float | str) -> str:
    """Fill a path."""
    return tag("path", d=d, fill=fill, **more)


def line(d: str, colour: str, width: float, **more: float | str) -> str:
    """Stroke a path with round ends."""
    return tag(
        "path",
        d=d,
        fill="none",
        stroke=colour,
        stroke_width=width,
        stroke_linecap="round",
        stroke_linejoin="round",
        **more,
    )


def stitch(d: str, colour: str = "white", width: float = 3, gap: float = 9) -> str:
    """Sew along a path."""
    return line(d, colour, width, stroke_dasharray=f"{num(gap)} {num(gap * 0.8)}", opacity=".8")


def ellipse(cx: float, cy: float, rx: float, ry: float, fill: str, **more: float | str) -> str:
    """Fill an ellipse."""
    return tag("ellipse", cx=cx, cy=cy, rx=rx, ry=ry, fill=fill, **more)


def rect(x: float, y: float, w: float, h: float, fill: str, **more: float | str) -> str:
    """Fill a rectangle; ``rx`` rounds it."""
    return tag("rect", x=x, y=y, width=w, height=h, fill=fill, **more)


def box(x: float, y: float, w: float, h: float, r: float = 0) -> str:
    """Path text of a rectangle with round corners."""
    a = f"a{num(r)} {num(r)} 0 0 1 "
    return (
        f"M{num(x + r)} {num(y)}h{num(w - 2 * r)}{a}{num(r)} {num(r)}v{num(h - 2 * r)}"
        f"{a}{num(-r)} {num(r)}h{num(2 * r - w)}{a}{num(-r)} {num(-r)}v{num(2 * r - h)}"
        f"{a}{num(r)} {num(-r)}z"
    )


def poly(*points: Point) -> str:
    """Path text of a polygon."""
    return "M" + "L".join(f"{num(x)} {num(y)}" for x, y in points) + "z"


def disc(cx: float, cy: float, rx: float, ry: float | None = None) -> str:
    """Path text of an ellipse."""
    r = f"{num(rx)} {num(rx if ry is None else ry)}"
    return f"M{num(cx - rx)} {num(cy)}a{r} 0 1 1 {num(2 * rx)} 0a{r} 0 1 1 {num(-2 * rx)} 0z"


def curve(points: Sequence[Point], *, start: str = "M") -> str:
    """Path text of a smooth line through the points; a doubled point is a corner."""
    text = f"{start}{num(points[0][0])} {num(points[0][1])}"
    last = len(points) - 1
    for i in range(last):
        before, here = points[max(i - 1, 0)], points[i]
        there, after = points[i + 1], points[min(i + 2, last)]
        if here == there:
            continue
        one = (here[0] + (there[0] - before[0]) / 6, here[1] + (there[1] - before[1]) / 6)
        two = (there[0] - (after[0] - here[0]) / 6, there[1] - (after[1] - here[1]) / 6)
        text += "C" + " ".join(f"{num(x)} {num(y)}" for x, y in (one, two, there))
    return text


def loop(points: Sequence[Point]) -> str:
    """Path text of a smooth closed shape through the points."""
    wrapped = [points[-1], *points, points[0], points[1]]
    text = curve(wrapped)
    parts = text.split("C")
    first = " ".join(num(v) for v in points[0])
    return f"M{first}C" + "C".join(parts[2:-1]) + "z"


def body(d: str, fill: str, *inside: str, shade: str = "cyl") -> str:
    """Fill a shape, draw ``inside`` clipped to it, then lay the light over it."""
    key = f"b{zlib.crc32((d + fill).encode()):x}"
    text = f'<defs><path id="{key}" d="{d}"/></defs><use href="#{key}" fill="{hue(fill)}"/>'
    if any(inside):
        text += (
            f'<clipPath id="c{key}"><use href="#{key}"/></clipPath><g clip-path="url(#c{key})">{"".join(inside)}</g>'
        )
    return text + (f'<use href="#{key}" fill="url(#{shade})"/>' if shade else "")


def lathe(cx: float, profile: Sequence[Point], tilt: float = 0.16) -> str:
    """Outline of a turned shape; profile points are (y, half width) from top to bottom."""
    left = [(cx - half, y) for y, half in profile]
    right = [(cx + half, y) for y, half in reversed(profile)]
    foot, lip = profile[-1][1], profile[0][1]
    bottom = f"A{num(foot)} {num(foot * tilt)} 0 0 0 {num(right[0][0])} {num(right[0][1])}"
    top = f"A{num(lip)} {num(lip * tilt)} 0 0 0 {num(left[0][0])} {num(left[0][1])}z"
    climb = curve(right).split("C", 1)[1]
    return f"{curve(left)}{bottom}C{climb}{top}"


def mouth(cx: float, y: float, half: float, fill: str, *, tilt: float = 0.16, lip: float = 9) -> str:
    """Open top of a turned shape: the lip in light, the inside in shade."""
    deep = max(half * tilt - lip * 0.7, 2)
    inner = body(
        disc(cx, y, half - lip, deep),
        dark(fill, 0.3),
        ellipse(cx - half * 0.2, y + deep * 0.9, half * 0.9, deep, dark(fill, 0.16)),
        shade="",
    )
    return ellipse(cx, y, half, half * tilt, light(fill, 0.28)) + inner


def band(cx: float, y: float, h: float, half: float, fill: str, *, tilt: float = 0.16) -> str:
    """Stripe around a turned shape; draw it inside a body so that it is clipped."""
    sag = half * tilt
    arc = f"a{num(half)} {num(sag)} 0 0 0 {num(2 * half)} 0"
    back = f"a{num(half)} {num(sag)} 0 0 1 {num(-2 * half)} 0z"
    return path(f"M{num(cx - half)} {num(y)}{arc}v{num(h)}{back}", fill)


def dots(x: float, y: float, w: float, h: float, *, count: int, colour: str, size: float, seed: int) -> str:
    """Speckles strewn over a rectangle."""
    dice = Random(seed)  # noqa: S311 - a repeatable scatter, not a secret
    spots = (f"M{dice.uniform(x, x + w):.0f} {dice.uniform(y, y + h):.0f}h0" for _ in range(count))
    return line("".join(spots), colour, size, opacity=".55")


def grain(x: float, y: float, w: float, h: float, *, rows: int, colour: str, seed: int, width: float = 3) -> str:
    """Wood grain: long lines that wander a little, along x."""
    dice = Random(seed)  # noqa: S311 - a repeatable scatter, not a secret
    text = ""
    for row in range(rows):
        base = y + h * (row + 0.5) / rows
        a, b = dice.uniform(-h, h) / rows * 0.7, dice.uniform(-h, h) / rows * 0.7
        text += f"M{num(x)} {num(base)}c{num(w * 0.3)} {num(a)} {num(w * 0.6)} {num(b)} {num(w)} 0"
    return line(text, colour, width, opacity=".45")


def turn(art: str, angle: float, cx: float = 400, cy: float = 500) -> str:
    """Rotate a drawing about a point, in degrees."""
    return tag("g", art, transform=f"rotate({num(angle)} {num(cx)} {num(cy)})")


def move(art: str, dx: float = 0, dy: float = 0, size: float = 1) -> str:
    """Shift and scale a drawing (scaled about the origin first)."""
    scale = f"scale({size:.3g})" if size != 1 else ""
    return tag("g", art, transform=f"translate({num(dx)} {num(dy)}){scale}")


def zoom(art: str, size: float, cx: float = 400, cy: float = 812) -> str:
    """Scale a drawing about the place where it stands."""
    return move(art, cx - cx * size, cy - cy * size, size)


def shadow(cx: float, y: float, half: float, height: float | None = None) -> str:
    """Soft shadow on the table: wide and leaning to the right, dark where it touches."""
    tall = height if height is not None else half * 0.2
    return ellipse(cx + half * 0.22, y, half * 1.32, tall * 1.25, "url(#cast)") + ellipse(
        cx, y, half * 1.02, tall * 0.7, "url(#cast)"
    )


def panes() -> str:
    """Window light on the wall."""
    left = poly((70, 120), (250, 60), (250, 400), (70, 480))
    right = poly((280, 50), (470, -10), (470, 310), (280, 388))
    return path(left + right, "#ffffff", opacity=".3")


def scene(ground: str, *art: str) -> str:
    """Standing scene: wall with window light, and a table."""
    wall, table = GROUNDS[ground]
    edge = rect(0, TABLE_Y, 800, 5, light(table, 0.45))
    back = rect(0, 0, 800, 1000, wall) + panes() + rect(0, TABLE_Y, 800, 310, table) + edge
    return sheet(back + "".join(art))


def hanging(ground: str, *art: str) -> str:
    """Wall scene without a table, for what hangs or lies flat."""
    wall, _ = GROUNDS[ground]
    return sheet(rect(0, 0, 800, 1000, wall) + panes() + "".join(art))


def sheet(art: str) -> str:
    """Whole SVG document with the gradients it uses."""
    used = "".join(text for key, text in GRADIENTS.items() if f"url(#{key})" in art)
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 1000">'
    return f"{head}{f'<defs>{used}</defs>' if used else ''}{art}</svg>\n"
