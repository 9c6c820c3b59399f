"""The table: plates, glasses, cutlery, linen."""

from collections.abc import Callable
from functools import partial

from demo_art.kit import (
    band,
    body,
    box,
    dark,
    disc,
    dots,
    ellipse,
    grain,
    lathe,
    light,
    line,
    mouth,
    path,
    rect,
    scene,
    shadow,
    turn,
    zoom,
)
from demo_art.kitchen import handle
from demo_art.nature import berries, bloom, leaf, sprig, steam


def plate(cx: float, cy: float, r: float, glaze: str) -> str:
    """Plate seen from the front with a raw rim and a pool of glaze."""
    rings = ellipse(cx, cy, r * 0.7, r * 0.7, dark(glaze, 0.1)) + ellipse(
        cx - 4, cy - 5, r * 0.68, r * 0.68, light(glaze, 0.12)
    )
    specks = dots(cx - r, cy - r, 2 * r, 2 * r, count=80, colour=dark(glaze, 0.45), size=4, seed=int(r))
    rim = tag_ring(cx, cy, r * 0.975)
    gleam = line(
        f"M{cx - r * 0.8} {cy - r * 0.2}A{r * 0.82} {r * 0.82} 0 0 1 {cx - r * 0.2} {cy - r * 0.8}",
        "white",
        14,
        opacity=".45",
    )
    return body(disc(cx, cy, r), glaze, rings, specks, rim, gleam, shade="ball")


def tag_ring(cx: float, cy: float, r: float) -> str:
    """Unglazed edge."""
    return line(disc(cx, cy, r), "sand", 14)


def dinner_plate(glaze: str, ground: str) -> str:
    """One plate leaning against the wall behind a low stack of three."""
    pile = ""
    for i in range(3):
        y = 836 - i * 26
        pile += (
            ellipse(400, y + 12, 210, 34, dark(glaze, 0.35))
            + ellipse(400, y, 236, 36, glaze)
            + line(disc(400, y, 233, 34), "sand", 7)
        )
    top = ellipse(400, 786, 160, 20, dark(glaze, 0.14)) + ellipse(394, 790, 150, 15, light(glaze, 0.15))
    return scene(
        ground,
        ellipse(440, 480, 258, 258, "#5a3a22", opacity=".12"),
        plate(400, 460, 262, glaze),
        shadow(405, 862, 236, 36),
        pile,
        top,
        turn(sprig(300, 792, 190, 74, "fern", 6), 0),
    )


def pasta_bowl(glaze: str, ground: str) -> str:
    """Wide low bowl of lemons and figs."""
    fruit = "".join(
        body(disc(x, y, r, r * 0.94), colour, shade="ball")
        for x, y, r, colour in (
            (290, 600, 74, "mustard"),
            (520, 604, 72, "plum"),
            (410, 570, 82, "#e3b341"),
            (350, 630, 66, "plum"),
            (462, 632, 66, "mustard"),
        )
    )
    bowl = body(
        lathe(400, [(640, 266), (664, 262), (730, 210), (790, 136), (806, 112)], 0.15),
        glaze,
        band(400, 622, 20, 268, "sand", tilt=0.15),
        dots(150, 640, 500, 180, count=70, colour=dark(glaze, 0.5), size=4, seed=12),
        ellipse(220, 712, 14, 46, "white", opacity=".4", transform="rotate(-36 220 712)"),
    )
    front = path("M134 640a266 40 0 0 0 532 0a266 52 0 0 1-532 0z", light(glaze, 0.28))
    art = (
        shadow(410, 812, 190, 34)
        + mouth(400, 640, 266, glaze, tilt=0.15)
        + leaf(410, 520, 120, 40, "fern")
        + leaf(406, 524, 96, -56, "fern")
    )
    return scene(ground, art, fruit, bowl, front)


def cheese_board() -> str:
    """Round board with a wedge of cheese, grapes and a knife."""
    wood = ellipse(400, 820, 300, 62, dark("walnut", 0.1)) + body(
        disc(400, 796, 300, 62), "walnut", grain(100, 734, 600, 124, rows=9, colour="#4a2f1e", seed=20), shade="slab"
    )
    wedge = (
        path("M190 770L420 690 440 770 440 802 190 802z", "#eec65a")
        + path("M190 770L410 640 450 700 450 770z", "#f8e2a0")
        + path("M190 770H450V810H190z", "#eec65a")
    )
    holes = (
        ellipse(260, 790, 14, 10, "#d9a93e")
        + ellipse(330, 786, 9, 7, "#d9a93e")
        + ellipse(396, 794, 16, 9, "#d9a93e")
        + ellipse(370, 722, 14, 10, "#ecd084")
    )
    grapes = "".join(
        body(disc(x, y, 29, 29), "plum", shade="ball")
        for x, y in ((520, 700), (576, 694), (628, 720), (548, 742), (602, 752), (492, 750), (556, 788), (508, 794))
    )
    knife = path("M260 842L470 836q26 2 34 12l-242 12z", "steel") + body(box(130, 836, 140, 28, 14), "wood")
    vine = line("M560 680q-10-50 40-70", "olive", 9) + leaf(566, 660, 96, -64, "fern")
    return scene("sage", zoom(shadow(408, 850, 300, 50) + wood + wedge + holes + vine + grapes + knife, 1.1, 400, 700))


def jug(glaze: str, ground: str) -> str:
    """Milk jug full of meadow flowers."""
    shape = lathe(390, [(500, 92), (540, 86), (600, 116), (690, 158), (760, 154), (806, 122)])
    pot = body(
        shape,
        glaze,
        band(390, 700, 120, 170, light(glaze, 0.25)),
        dots(230, 510, 320, 300, count=50, colour=dark(glaze, 0.5), size=4, seed=7),
        rect(258, 610, 20, 130, "white", rx=10, opacity=".4"),
    )
    lip = path("M300 506q-40-10-60-42 40-4 84 18z", light(glaze, 0.1))
    stems = line(
        (
            "M380 510C350 420 280 360 240 300M390 510C390 400 380 300 370 "
            "200M400 510C430 420 470 340 520 280M395 510C420 440 500 420 560 400"
        ),
        "fern",
        7,
    )
    heads = (
        bloom(238, 296, 66, "rose", "butter")
        + bloom(370, 190, 76, "white")
        + bloom(524, 276, 68, "mustard", "walnut")
        + bloom(446, 380, 50, "sky", "butter")
    )
    green = (
        leaf(340, 430, 120, -62, "fern")
        + leaf(420, 430, 130, 40, "olive")
        + leaf(560, 404, 90, 80, "fern")
        + leaf(380, 340, 96, -30, "olive")
        + berries(300, 400, 30, "rust", 12)
    )
    return scene(
        ground,
        shadow(398, 812, 160, 30),
        handle(500, 540, 200, 110, glaze),
        stems,
        green,
        heads,
        lip,
        pot,
        mouth(390, 500, 92, glaze),
    )


def cake_stand() -> str:
    """Footed stand with a berry cake."""
    foot = body(lathe(400, [(640, 40), (680, 28), (740, 34), (790, 120), (806, 130)]), "cream")
    top = (
        ellipse(400, 652, 270, 46, dark("cream", 0.18))
        + body(disc(400, 638, 270, 46), "cream")
        + line(disc(400, 638, 262, 42), "blue", 5)
    )
    cake = body(
        lathe(400, [(450, 176), (460, 180), (610, 180), (622, 174)]),
        "#e6b87a",
        band(400, 520, 26, 184, "wine"),
        dots(220, 460, 360, 180, count=60, colour="#b98346", size=5, seed=30),
    )
    icing = body(
        "M220 450a180 30 0 0 1 360 0q8 70-22 76t-28-24-26-14-24 44-38 24-28-50-34-8-26 46-36 4-16-40-32 2-24 34-26-94z",
        "white",
    ) + ellipse(400, 448, 176, 27, "white")
    fruit = (
        berries(350, 420, 46, "rust", 25)
        + berries(450, 418, 44, "plum", 22)
        + leaf(404, 396, 70, -20, "fern")
        + leaf(410, 398, 56, 40, "fern")
    )
    return scene("blush", zoom(shadow(406, 812, 140, 24) + foot + top + cake + icing + fruit, 1.16))


def teapot(glaze: str, ground: str) -> str:
    """Round teapot with a cane handle."""
    spout = path("M540 640q70-10 84-100 4-22 30-26l22 22q-28 10-34 60-10 100-110 124z", dark(glaze, 0.1))
    pot = body(
        lathe(380, [(520, 96), (548, 140), (620, 194), (700, 198), (770, 160), (804, 108)], 0.15),
        glaze,
        dots(180, 530, 400, 280, count=70, colour=dark(glaze, 0.5), size=4, seed=14),
        band(380, 730, 120, 210, "sand", tilt=0.15),
        ellipse(250, 640, 16, 60, "white", opacity=".45", transform="rotate(10 250 640)"),
    )
    lid = body(lathe(380, [(480, 30), (494, 70), (518, 100), (530, 100)], 0.15), light(glaze, 0.06)) + body(
        disc(380, 464, 25, 23), "walnut", shade="ball"
    )
    wrap = "".join(
        f"M{x} {y}l8 22" for x, y in ((300, 372), (330, 352), (360, 342), (390, 340), (420, 346), (448, 360))
    )
    cane = (
        line("M250 560C220 420 280 350 380 350s160 70 130 210", "oak", 24)
        + line(wrap, "walnut", 6)
        + line("M262 500C256 420 300 368 370 362", light("oak", 0.4), 5)
    )
    return scene(ground, zoom(shadow(395, 810, 190, 32) + cane + spout + pot + lid + steam(690, 500, 140, 26), 1.08))


PICTURES: dict[str, Callable[[], str]] = {
    "shoreline-plate-blue": partial(dinner_plate, "blue", "oat"),
    "shoreline-plate-oat": partial(dinner_plate, "cream", "mist"),
    "shoreline-plate-sage": partial(dinner_plate, "sage", "blush"),
    "low-tide-bowl-oat": partial(pasta_bowl, "cream", "sage"),
    "low-tide-bowl-blue": partial(pasta_bowl, "blue", "butter"),
    "harvest-cheese-board": cheese_board,
    "meadow-jug-cream": partial(jug, "cream", "mist"),
    "meadow-jug-blue": partial(jug, "blue", "oat"),
    "celebration-cake-stand": cake_stand,
    "tarnholt-teapot-slate": partial(teapot, "char", "sage"),
    "tarnholt-teapot-cream": partial(teapot, "cream", "lilac"),
}
