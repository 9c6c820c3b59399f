"""Leaves, stems, steam, flames and small props that several illustrations share."""

from math import cos, radians, sin

from demo_art.kit import curve, dark, ellipse, light, line, num, path, tag


def leaf(x: float, y: float, length: float, angle: float, colour: str, wide: float = 0.34) -> str:
    """Leaf growing from (x, y); angle in degrees, 0 is up; half of it in shade."""
    w, top = round(length * wide), -round(length)
    low, high = round(top * 0.25), round(top * 0.7)
    right = f"M0 0C{w} {low} {w} {high} 0 {top}"
    left = f"C{-w} {high} {-w} {low} 0 0z"
    art = path(right + left, colour) + path(f"{right}z", dark(colour, 0.16))
    rib = path(f"M-1 0L0 {round(top * 0.86)} {max(round(length * 0.02), 1)} 0z", light(colour, 0.35))
    return tag("g", art + rib, transform=f"translate({x:.0f} {y:.0f})rotate({num(angle)})")


def stem(points: list[tuple[float, float]], colour: str = "fern", width: float = 6) -> str:
    """Smooth stalk through the points."""
    return line(curve(points), colour, width)


def sprig(x: float, y: float, length: float, angle: float, colour: str, pairs: int = 4) -> str:
    """Stalk with leaves in pairs that get smaller towards the tip."""
    art = line(f"M0 0V{num(-length)}", dark(colour, 0.1), 5)
    for i in range(pairs):
        at = -length * (0.22 + 0.7 * i / pairs)
        size = length * (0.36 - 0.05 * i)
        art += leaf(0, at, size, -52, colour) + leaf(0, at - 14, size, 52, colour)
    art += leaf(0, -length + 6, length * 0.24, 0, colour)
    return tag("g", art, transform=f"translate({num(x)} {num(y)})rotate({num(angle)})")


def berries(x: float, y: float, spread: float, colour: str, size: float = 13) -> str:
    """Loose bunch of berries with a light spot each."""
    spots = [(-0.6, -0.2), (0.1, -0.7), (0.7, -0.1), (0, 0.2), (-0.3, 0.8), (0.5, 0.7)]
    return "".join(
        ellipse(x + a * spread, y + b * spread, size, size, colour)
        + ellipse(x + a * spread - 4, y + b * spread - 4, size / 4, size / 4, light(colour, 0.6))
        for a, b in spots
    )


def bloom(x: float, y: float, size: float, colour: str, heart: str = "mustard") -> str:
    """Open flower seen from the front, eight petals."""
    art = ""
    for i in range(8):
        a = radians(i * 45 + 10)
        px, py = x + cos(a) * size * 0.55, y + sin(a) * size * 0.55
        tone = colour if i % 2 else dark(colour, 0.17 if colour == "white" else 0.09)
        art += ellipse(
            px,
            py,
            size * 0.5,
            size * 0.27,
            tone,
            transform=f"rotate({i * 45 + 10} {num(px)} {num(py)})",
        )
    return art + ellipse(x, y, size * 0.26, size * 0.26, heart)


def steam(x: float, y: float, height: float = 170, gap: float = 46) -> str:
    """Three rising threads of steam; (x, y) is the middle of their foot."""
    text = ""
    for i, tall in ((-1, 0.8), (0, 1.0), (1, 0.7)):
        h = height * tall
        text += (
            f"M{num(x + i * gap)} {num(y)}c-26 {num(-h * 0.25)} 26 {num(-h * 0.35)} 4 "
            f"{num(-h * 0.6)}s14 {num(-h * 0.3)} 2 {num(-h * 0.4)}"
        )
    return line(text, "white", 9, opacity=".75")


def flame(x: float, y: float, size: float = 60, glow: float = 150) -> str:
    """Candle flame whose foot is at (x, y), with its glow."""
    s = size
    outer = (
        f"M{num(x)} {num(y)}c{num(-s * 0.42)} 0 {num(-s * 0.4)} {num(-s * 0.5)} {num(s * 0.02)} "
        f"{num(-s * 1.15)}c{num(s * 0.4)} {num(s * 0.62)} {num(s * 0.4)} {num(s * 1.15)} "
        f"{num(-s * 0.02)} {num(s * 1.15)}z"
    )
    return (
        ellipse(x, y - s * 0.5, glow, glow, "url(#glow)")
        + path(outer, "#f2a63c")
        + ellipse(x, y - s * 0.27, s * 0.17, s * 0.27, "#fff1c2")
    )
