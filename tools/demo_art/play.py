"""Play: wooden toys, soft animals, small rooms."""

from collections.abc import Callable
from functools import partial

from demo_art.cloth import ribs
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
    loop,
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


def rabbit(wool: str, ground: str) -> str:
    """Knitted rabbit sitting, with a scarf."""
    ears = "".join(
        turn(body(disc(x, 270, 40, 130), wool, ellipse(x, 286, 20, 96, "blush")), a, x, 400)
        for x, a in ((350, -8), (452, 12))
    )
    head = body(disc(400, 430, 130, 118), wool, ribs(260, 310, 290, 240, wool, 30), shade="ball")
    trunk = body(
        loop([(280, 640), (320, 540), (480, 540), (520, 640), (530, 740), (480, 806), (320, 806), (270, 740)]),
        wool,
        ribs(262, 530, 280, 280, wool, 32),
        shade="ball",
    )
    limbs = (
        body(disc(300, 790, 74, 46), wool, shade="ball")
        + body(disc(500, 790, 74, 46), wool, shade="ball")
        + ellipse(286, 796, 34, 24, "blush")
        + ellipse(514, 796, 34, 24, "blush")
    )
    arms = turn(body(disc(282, 650, 36, 86), wool, shade="ball"), 18, 282, 650) + turn(
        body(disc(518, 650, 36, 86), wool, shade="ball"), -18, 518, 650
    )
    face = (
        ellipse(352, 424, 10, 12, "ink")
        + ellipse(448, 424, 10, 12, "ink")
        + path("M388 456h24l-12 14z", "rose")
        + line("M400 470v14q-16 16-28 6M400 484q16 16 28 6", "walnut", 5)
        + ellipse(324, 466, 24, 15, "rose", opacity=".4")
        + ellipse(476, 466, 24, 15, "rose", opacity=".4")
    )
    scarf = body(
        "M290 528q110 50 220 0l10 40q-120 56-240 0z",
        "blue",
        line("M300 548l8 34M340 562l6 34M390 568v34M440 564l-4 34M486 550l-6 34", "cream", 8),
    ) + body("M440 580l60 150-50 16-44-150z", "blue", line("M452 716l40-14M446 690l40-14", "cream", 8))
    return scene(ground, shadow(408, 826, 200, 28), ears, trunk, arms, limbs, head, face, scarf)


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


def moon_light() -> str:
    """Crescent night light with a sleeping face on a wooden stand, stars behind."""
    stars = "".join(
        path(
            f"M{x} {y - r}l{r * 0.28} {r * 0.72} {r * 0.72} {r * 0.28}-{r * 0.72} {r * 0.28}-{r * 0.28} {r * 0.72}-{r * 0.28}-{r * 0.72}-{r * 0.72}-{r * 0.28} {r * 0.72}-{r * 0.28}z",
            "butter",
        )
        for x, y, r in ((150, 250, 24), (640, 180, 34), (690, 420, 20), (110, 520, 18), (560, 90, 16))
    )
    night = rect(0, 0, 800, 690, "#3d4f6b") + rect(0, 690, 800, 310, "#7d6a5c") + rect(0, 690, 800, 5, "#95806f")
    moon = body(
        "M470 210a260 260 0 1 0 160 420 216 216 0 0 1-160-420z",
        "#fbe7b0",
        ellipse(300, 560, 30, 26, "mustard", opacity=".25"),
        ellipse(420, 690, 24, 20, "mustard", opacity=".25"),
        ellipse(310, 400, 18, 16, "mustard", opacity=".25"),
        shade="ball",
    )
    face = (
        line("M268 470q20 20 44 4M360 500q16 18 36 6", "walnut", 7)
        + ellipse(270, 520, 24, 15, "rose", opacity=".5")
        + line("M318 560q16 16 36 4", "walnut", 6)
    )
    base = body(box(250, 764, 320, 50, 20), "oak", grain(250, 764, 320, 50, rows=4, colour="walnut", seed=3))
    return hanging(
        "mist",
        night,
        stars,
        ellipse(410, 480, 440, 440, "url(#glow)", opacity=".8"),
        shadow(410, 818, 180, 22),
        base,
        moon,
        face,
    )


def whale() -> str:
    """Pull-along whale on wheels with a cord."""
    d = "M130 600C130 470 260 420 380 430c120 10 170 90 230 90 40 0 50-60 40-110 40 10 60 40 66 66 14-24 40-40 72-40-10 80-60 120-110 160-40 90-130 140-260 140-180 0-290-50-288-136z"
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


def book() -> str:
    """Picture book: a cat in a lighthouse window."""
    d = box(150, 200, 480, 600, 10)
    art = (
        rect(150, 200, 480, 600, "navy")
        + ellipse(520, 320, 60, 60, "butter")
        + "".join(
            ellipse(x, y, 4, 4, "butter")
            for x, y in ((220, 290), (300, 250), (580, 440), (240, 420), (440, 250), (600, 260))
        )
        + path("M150 690q60-36 120 0t120 0 120 0 120 0V800H150z", "blue")
        + path("M150 740q60-36 120 0t120 0 120 0 120 0V800H150z", "sky")
    )
    tower = (
        path("M320 720L346 420H454L480 720z", "cream")
        + path("M336 540h128l6 66H330zM324 672h152l4 48H320z", "rust")
        + rect(338, 396, 124, 26, "ink")
        + rect(354, 330, 92, 68, "butter")
        + path("M340 332L400 270 460 332z", "rust")
        + path("M446 350L630 290V430L446 380z", "butter", opacity=".35")
    )
    cat = (
        path("M376 398v-34l-4-24 16 12h22l16-12-4 24v34z", "ink")
        + ellipse(392, 364, 4, 5, "butter")
        + ellipse(408, 364, 4, 5, "butter")
    )
    cover = (
        body(d, "navy", art, tower, cat, shade="slab")
        + rect(150, 200, 34, 600, "rust")
        + line("M230 226H596V236", "navy", 1)
    )
    return hanging(
        "butter",
        turn(
            path(d, "#5a3a22", opacity=".16", transform="translate(24 26)")
            + rect(166, 214, 476, 600, "white", rx=8)
            + cover,
            -4,
        ),
    )


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


def blanket(colour: str, ground: str) -> str:
    """Folded cotton blanket with stars, a little shoe on top."""
    d = box(150, 560, 500, 250, 46)
    star = "".join(
        f"M{x} {y - 20}l6 14 14 6-14 6-6 14-6-14-14-6 14-6z"
        for x, y in ((220, 620), (330, 680), (440, 620), (560, 690), (250, 750), (400, 760), (540, 770), (600, 620))
    )
    fold = body(
        d,
        colour,
        path(star, "cream"),
        line("M150 650H650M150 730H650", dark(colour, 0.25), 6, opacity=".5"),
        shade="slab",
    )
    edge = stitch("M196 574H604M196 796H604", "cream")
    bear = (
        body(disc(400, 470, 96, 90), "wood", shade="ball")
        + body(disc(322, 400, 36), "wood", shade="ball")
        + body(disc(478, 400, 36), "wood", shade="ball")
        + ellipse(400, 500, 44, 34, "cream")
        + ellipse(366, 460, 8, 9, "ink")
        + ellipse(434, 460, 8, 9, "ink")
        + ellipse(400, 488, 12, 9, "ink")
        + line("M400 496v10q-10 12-20 4M400 506q10 12 20 4", "ink", 4)
    )
    ribbon = rect(480, 560, 40, 250, "clay") + line("M488 560V810", "blush", 4)
    bow = body(loop([(500, 560), (440, 500), (404, 520), (420, 570)]), "clay") + body(
        loop([(500, 560), (560, 500), (596, 520), (580, 570)]), "clay"
    )
    knot = body(disc(500, 560, 22, 20), "rust", shade="ball")
    return scene(ground, shadow(410, 816, 260, 28), move(bear, -90, 20), fold, edge, ribbon, bow, knot)


PICTURES: dict[str, Callable[[], str]] = {
    "rainbow-arches": arches,
    "knitted-rabbit-oat": partial(rabbit, "oat", "sage"),
    "knitted-rabbit-rose": partial(rabbit, "rose", "butter"),
    "little-train": train,
    "story-blocks": blocks,
    "spinning-tops": tops,
    "high-wind-kite": kite,
    "moon-night-light": moon_light,
    "whale-pull-along": whale,
    "lighthouse-cat": book,
    "party-bunting": bunting,
    "star-blanket-sky": partial(blanket, "sky", "blush"),
    "star-blanket-sage": partial(blanket, "sage", "oat"),
    "star-blanket-mustard": partial(blanket, "mustard", "mist"),
}
