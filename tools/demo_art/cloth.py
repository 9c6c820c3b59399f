"""Cloth that several categories share: stacks of folded textiles, cushions, knit."""

from demo_art.kit import body, box, dark, light, line, loop, num, path, stitch


def fold(x: float, y: float, w: float, h: float, colour: str, *inside: str) -> str:
    """One folded piece seen from the front, its round edge to the left."""
    d = (
        f"M{num(x + h / 2)} {num(y)}H{num(x + w - 8)}q10 {num(h / 2)} 0 {num(h)}H{num(x + h / 2)}"
        f"a{num(h / 2)} {num(h / 2)} 0 0 1 0 {num(-h)}z"
    )
    layers = f"M{num(x + w)} {num(y + h * 0.36)}H{num(x + h * 0.62)}q-{num(h * 0.16)} {num(h * 0.14)} 0 {num(h * 0.28)}H{num(x + w)}"
    return body(d, colour, *inside, line(layers, dark(colour, 0.28), 4, opacity=".7"), shade="slab")


def stack(x: float, y: float, w: float, h: float, colours: list[str], *, trim: str = "") -> str:
    """Folded pieces on one another, the lowest standing on y; ``trim`` sews an edge."""
    art = ""
    for i, colour in enumerate(colours):
        top, left = y - (i + 1) * (h - 2), x + (i * 37) % 19 - 6
        art += fold(left, top, w - (i * 23) % 15, h, colour)
        if trim:
            art += stitch(f"M{num(left + h * 0.5)} {num(top + h * 0.13)}H{num(left + w - 40)}", trim, 3)
    return art


def pillow(cx: float, cy: float, half: float, colour: str, *inside: str) -> str:
    """Plump square cushion with piped corners."""
    a, b = half, half * 0.86
    d = loop(
        [
            (cx - a, cy - a),
            (cx - a * 0.5, cy - b * 1.02),
            (cx + a * 0.5, cy - b * 1.02),
            (cx + a, cy - a),
            (cx + b * 1.03, cy - a * 0.5),
            (cx + b * 1.03, cy + a * 0.5),
            (cx + a, cy + a),
            (cx + a * 0.5, cy + b * 1.04),
            (cx - a * 0.5, cy + b * 1.04),
            (cx - a, cy + a),
            (cx - b * 1.03, cy + a * 0.5),
            (cx - b * 1.03, cy - a * 0.5),
        ]
    )
    creases = (
        f"M{num(cx - a * 0.92)} {num(cy - a * 0.92)}q{num(a * 0.2)} {num(a * 0.12)} {num(a * 0.26)} {num(a * 0.3)}"
    )
    creases += (
        f"M{num(cx + a * 0.92)} {num(cy + a * 0.92)}q{num(-a * 0.2)} {num(-a * 0.12)} {num(-a * 0.3)} {num(-a * 0.3)}"
    )
    creases += (
        f"M{num(cx + a * 0.92)} {num(cy - a * 0.92)}q{num(-a * 0.14)} {num(a * 0.16)} {num(-a * 0.3)} {num(a * 0.24)}"
    )
    art = body(d, colour, *inside, shade="ball") + line(d, dark(colour, 0.2), 5, opacity=".6")
    return art + line(creases, dark(colour, 0.3), 6, opacity=".35")


def ribs(x: float, y: float, w: float, h: float, colour: str, step: float = 22) -> str:
    """Knit: columns of little v shapes, to be drawn inside a body."""
    text = ""
    for i in range(int(w / step) + 1):
        left = x + i * step
        text += (
            f"M{num(left)} {num(y)}"
            + f"l{num(step / 2)} {num(step * 0.55)} {num(step / 2)} {num(-step * 0.55)}m{num(-step)} {num(step * 0.9)}"
            * int(h / step / 0.9)
        )
    return line(text, dark(colour, 0.3), 4, opacity=".4")


def fringe(x: float, y: float, w: float, colour: str, length: float = 34, step: float = 13) -> str:
    """Row of tassels hanging from y."""
    text = "".join(
        f"M{num(x + i * step)} {num(y)}q{(-3, 4)[i % 2]} {num(length / 2)} {(2, -3)[i % 2]} {num(length)}"
        for i in range(int(w / step) + 1)
    )
    return line(text, colour, 5)


def tag_label(x: float, y: float, colour: str = "cream") -> str:
    """Small woven label with two lines of weaving."""
    return path(box(x, y, 44, 26, 3), colour) + line(
        f"M{num(x + 9)} {num(y + 10)}h26m-26 7h16", light("walnut", 0.2), 3
    )
