"""Play: wooden toys, soft animals, small rooms."""

from collections.abc import Callable

from demo_art.kit import (
    band,
    body,
    box,
    dark,
    disc,
    dots,
    ellipse,
    grain,
    hanging,
    lathe,
    light,
    line,
    move,
    path,
    poly,
    rect,
    scene,
    shadow,
    stitch,
    turn,
    zoom,
)


def arches() -> str:
    """Nested wooden arches, like a rainbow."""
    art = ""
    for i, colour in enumerate(("rust", "clay", "mustard", "sage", "sky", "blue")):
        r, w = 290 - i * 46, 44
        d = f"M{400 - r} 808V{780}a{r} {r} 0 0 1 {2 * r} 0v28h-{w}v-28a{r - w} {r - w} 0 0 0-{2 * (r - w)} 0v28z"
        art += body(d, colour, grain(100, 480, 600, 330, rows=14, colour=dark(colour, 0.4), seed=i), shade="slab")
    ball = shadow(660, 874, 36, 10) + body(disc(650, 850, 32), "rose", shade="ball")
    return scene("butter", zoom(shadow(408, 812, 300, 30) + art + ball, 1.1, 400, 812))


def train() -> str:
    """Wooden engine and one wagon."""

    def wheel(x: float, r: float, colour: str) -> str:
        return (
            body(disc(x, 800 - r, r), colour, shade="ball")
            + ellipse(x, 800 - r, r * 0.36, r * 0.36, "wood")
            + ellipse(x, 800 - r, 5, 5, "walnut")
        )

    boiler = (
        body(
            box(430, 560, 240, 140, 60), "rust", rect(500, 560, 16, 140, "mustard"), rect(580, 560, 16, 140, "mustard")
        )
        + body(box(606, 470, 60, 100, 8), "navy")
        + body(box(592, 450, 88, 30, 8), "navy")
        + body(disc(548, 556, 30, 26), "mustard", shade="ball")
    )
    cab = (
        body(box(380, 450, 130, 260, 8), "blue")
        + rect(408, 490, 74, 80, "butter", rx=10)
        + body(box(360, 420, 170, 40, 12), "rust")
    )
    base = body(box(370, 690, 320, 40, 12), "oak", grain(370, 690, 320, 40, rows=3, colour="walnut", seed=1))
    wagon = (
        body(box(90, 560, 230, 140, 10), "sage")
        + body(box(80, 690, 250, 40, 12), "oak", grain(80, 690, 250, 40, rows=3, colour="walnut", seed=2))
        + "".join(
            body(poly(*p), c, shade="slab")
            for p, c in (
                (((110, 560), (110, 480), (190, 480), (190, 560)), "mustard"),
                (((200, 560), (250, 470), (300, 560)), "rust"),
            )
        )
    )
    puffs = "".join(
        ellipse(x, y, r, r, "white", opacity=".8")
        for x, y, r in ((640, 400, 26), (676, 350, 36), (640, 290, 46), (560, 250, 34))
    )
    return scene(
        "mist",
        shadow(200, 806, 140, 20),
        shadow(540, 806, 180, 22),
        line("M320 712h60", "walnut", 10),
        puffs,
        wagon,
        base,
        boiler,
        cab,
        wheel(140, 50, "rose"),
        wheel(270, 50, "rose"),
        wheel(440, 62, "navy"),
        wheel(600, 50, "navy"),
    )


def blocks() -> str:
    """Tower of blocks with shapes inlaid."""

    def cube(x: float, y: float, colour: str, mark: str, s: float = 170) -> str:
        side = poly((x + s, y), (x + s + 40, y - 26), (x + s + 40, y + s - 26), (x + s, y + s))
        lid = poly((x, y), (x + 40, y - 26), (x + s + 40, y - 26), (x + s, y))
        face = body(
            box(x, y, s, s, 4), "wood", grain(x, y, s, s, rows=9, colour="walnut", seed=int(x + y)), shade="slab"
        )
        inlay = {
            "sun": disc(x + 85, y + 85, 48),
            "hill": f"M{x + 30} {y + 130}L{x + 85} {y + 40}l55 90z",
            "moon": f"M{x + 100} {y + 36}a52 52 0 1 0 36 80 44 44 0 0 1-36-80z",
            "house": f"M{x + 36} {y + 132}V{y + 80}l49-44 49 44v52z",
            "drop": f"M{x + 85} {y + 30}c60 70 50 104 0 104s-60-34 0-104z",
        }[mark]
        return path(side, dark("wood", 0.3)) + path(lid, light("wood", 0.3)) + face + path(inlay, colour)

    tower = (
        cube(130, 640, "rust", "house")
        + cube(330, 640, "blue", "drop")
        + cube(530, 640, "fern", "hill")
        + cube(230, 468, "mustard", "sun")
        + cube(428, 468, "plum", "moon")
        + turn(cube(325, 292, "clay", "house"), 5, 410, 400)
    )
    return scene("blush", shadow(430, 814, 310, 26), tower)


def tops() -> str:
    """Three spinning tops, striped."""
    art = ""
    for x, y, s, a, colours in (
        (240, 740, 1.0, -12, ("rust", "butter")),
        (560, 730, 1.1, 10, ("blue", "cream")),
        (400, 860, 1.35, 3, ("mustard", "forest")),
    ):
        shape = lathe(0, [(-150, 26), (-140, 110), (-110, 136), (-70, 90), (-20, 20), (0, 5)])
        top = body(box(-13, -250, 26, 110, 12), "wood") + body(
            shape,
            colours[0],
            band(0, -140, 16, 150, colours[1]),
            band(0, -104, 20, 150, colours[1]),
            band(0, -60, 14, 150, colours[1]),
        )
        art += move(
            shadow(20, 2, 70, 14)
            + turn(top, a, 0, 0)
            + line("M-170-60q-16 40 20 64M176-120q20-30-8-64", "white", 6, opacity=".8"),
            x,
            y,
            s,
        )
    return scene("sage", zoom(art, 1.08, 400, 820))


def kite() -> str:
    """Diamond kite with a tail of bows against the sky."""
    left, right = poly((400, 120), (400, 620), (210, 340)), poly((400, 120), (590, 340), (400, 620))
    panels = (
        path(left, "rust")
        + path(right, "mustard")
        + path(poly((400, 340), (590, 340), (400, 620)), "blue")
        + path(poly((400, 340), (210, 340), (400, 620)), "cream")
    )
    spars = line("M400 120V620M210 340H590", "walnut", 7) + stitch("M400 136L576 340 400 604 224 340z", "white")
    tail = line("M400 620C340 700 460 760 400 840S440 940 420 980", "walnut", 6)
    bows = "".join(
        path(f"M{x} {y}l-44-22v44zM{x} {y}l44-22v44z", c) + ellipse(x, y, 9, 9, "walnut")
        for x, y, c in ((385, 690, "rust"), (416, 770, "mustard"), (398, 850, "blue"), (424, 920, "rust"))
    )
    clouds = "".join(
        path(f"M{x} {y}q-40 0-40-34t46-34q14-46 66-36 46-20 70 24 50-4 48 40 0 40-40 40z", "white", opacity=".75")
        for x, y in ((90, 760), (560, 830), (600, 230))
    )
    return hanging("mist", clouds, tail, bows, turn(panels + spars, 12, 400, 600))


def whale() -> str:
    """Pull-along whale on wheels with a cord."""
    d = (
        "M130 600C130 470 260 420 380 430c120 10 170 90 230 90 40 0 50-60 40-110 40 10 60 40 66 "
        "66 14-24 40-40 72-40-10 80-60 120-110 160-40 90-130 140-260 140-180 0-290-50-288-136z"
    )
    belly = path("M120 640q160 60 320 40t200-60L560 760H120z", "cream") + line(
        "M180 660v90M230 674v80M280 682v80M330 686v80M380 684v80M430 676v70M480 664v70", "sand", 5
    )
    toy = (
        body(
            d,
            "blue",
            belly,
            ellipse(250, 480, 70, 20, "white", opacity=".3", transform="rotate(-14 250 480)"),
            shade="slab",
        )
        + ellipse(236, 580, 13, 13, "ink")
        + ellipse(232, 576, 4, 4, "white")
        + line("M150 626q50 30 90 10", "navy", 6)
    )
    fin = body("M380 640q30 80 100 90 10-60-30-100z", "navy")
    spray = line("M330 424c0-60-10-80-50-96M334 424c4-60 20-90 60-100M332 420v-90", "sky", 11)
    wheels = "".join(
        body(disc(x, 784, 54), "rust", shade="ball") + ellipse(x, 784, 20, 20, "wood") + ellipse(x, 784, 6, 6, "walnut")
        for x in (270, 520)
    )
    cord = line("M140 640C60 660 40 760 90 820S60 900 20 890", "cream", 9) + body(
        disc(96, 826, 24), "mustard", shade="ball"
    )
    return scene("oat", shadow(410, 840, 280, 26), cord, spray, toy, fin, wheels)


def bunting() -> str:
    """Two rows of cotton flags."""
    art = ""
    for row, (y, drop) in enumerate(((200, 130), (520, 150))):
        art += line(f"M-20 {y}Q400 {y + 2 * drop} 820 {y}", "cream", 14) + stitch(
            f"M-20 {y}Q400 {y + 2 * drop} 820 {y}", "clay", 3
        )
        for i in range(6):
            t = (i + 0.5) / 6
            x, fy = -20 + 840 * t, y + 4 * drop * t * (1 - t)
            colour = ("rust", "butter", "sage", "sky", "rose", "mustard")[(i + row * 2) % 6]
            flag = poly((x - 56, fy), (x + 56, fy), (x, fy + 156))
            marks = (
                dots(x - 50, fy, 100, 140, count=16, colour="white", size=9, seed=i + row)
                if i % 2
                else line(
                    "".join(f"M{x - 60:.0f} {fy + 30 + k * 34:.0f}h120" for k in range(4)), light(colour, 0.45), 9
                )
            )
            art += turn(
                path(flag, "#5a3a22", opacity=".13", transform="translate(12 12)")
                + body(flag, colour, marks, shade="slab"),
                14 - 28 * t,
                x,
                fy,
            )
    return hanging("oat", art)


PICTURES: dict[str, Callable[[], str]] = {
    "rainbow-arches": arches,
    "little-train": train,
    "story-blocks": blocks,
    "spinning-tops": tops,
    "high-wind-kite": kite,
    "whale-pull-along": whale,
    "party-bunting": bunting,
}
