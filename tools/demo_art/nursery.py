"""Small rooms: soft animals, a blanket, a book, a light."""

from collections.abc import Callable
from functools import partial

from demo_art.cloth import ribs
from demo_art.kit import (
    body,
    box,
    dark,
    disc,
    ellipse,
    grain,
    hanging,
    line,
    loop,
    move,
    path,
    rect,
    scene,
    shadow,
    stitch,
    turn,
)


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


def moon_light() -> str:
    """Crescent night light with a sleeping face on a wooden stand, stars behind."""
    stars = "".join(
        path(
            (
                f"M{x} {y - r}l{r * 0.28} {r * 0.72} {r * 0.72} {r * 0.28}-{r * 0.72} {r * 0.28}-{r * 0.28} "
                f"{r * 0.72}-{r * 0.28}-{r * 0.72}-{r * 0.72}-{r * 0.28} {r * 0.72}-{r * 0.28}z"
            ),
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
    base = body(box(250, 742, 320, 56, 20), "oak", grain(250, 742, 320, 56, rows=4, colour="walnut", seed=3))
    return hanging(
        "mist",
        night,
        stars,
        ellipse(410, 480, 440, 440, "url(#glow)", opacity=".8"),
        shadow(410, 804, 190, 22),
        base,
        moon,
        face,
    )


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
    "knitted-rabbit-oat": partial(rabbit, "oat", "sage"),
    "knitted-rabbit-rose": partial(rabbit, "rose", "butter"),
    "moon-night-light": moon_light,
    "lighthouse-cat": book,
    "star-blanket-sky": partial(blanket, "sky", "blush"),
    "star-blanket-sage": partial(blanket, "sage", "oat"),
    "star-blanket-mustard": partial(blanket, "mustard", "mist"),
}
