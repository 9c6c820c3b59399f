"""The table: plates, glasses, cutlery, linen."""

from collections.abc import Callable
from functools import partial

from demo_art.cloth import stack
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
    mouth,
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
            (290, 600, 74, "mustard"), (520, 604, 72, "plum"), (410, 570, 82, "#e3b341"), (350, 630, 66, "plum"), (462, 632, 66, "mustard"))
    )  # fmt: skip
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


def tumbler(x: float, y: float, colour: str, size: float) -> str:
    """Rippled glass with a little drink in it."""
    outer = lathe(0, [(-280, 96), (-210, 84), (-150, 92), (-90, 80), (-40, 86), (0, 72)])
    drink = lathe(0, [(-150, 90), (-90, 78), (-40, 84), (-8, 70)])
    art = (
        shadow(4, 4, 82)
        + body(outer, light(colour, 0.45), shade="")
        + body(drink, colour, ellipse(0, -150, 90, 14, light(colour, 0.35)), shade="")
    )
    shine = rect(-68, -250, 13, 200, "white", rx=6, opacity=".6") + line(
        "M-88-210q88 26 176 0M-84-92q84 26 164 0", light(colour, 0.6), 4, opacity=".8"
    )
    rim = line(disc(0, -280, 94, 14), light(colour, 0.65), 6)
    return move(art + body(outer, "#ffffff00", shine) + rim, x, y, size)


def ripple_tumbler(colour: str, ground: str) -> str:
    """Three of the four tumblers, one filled with a slice of orange on the rim."""
    slice_ = ellipse(0, 0, 50, 50, "#e8913a") + ellipse(0, 0, 41, 41, "#f9d79a") + path(
        "M0 0L34-12A36 36 0 0 1 24 26zM0 0L16 32A36 36 0 0 1-22 28zM0 0L-30 18A36 36 0 0 1-32-16zM0 0L-26-24A36 36 0 0 1 2-36zM0 0L10-35A36 36 0 0 1 33-18z", "#f0a850")  # fmt: skip
    return scene(
        ground,
        tumbler(230, 770, colour, 1.2),
        tumbler(560, 780, colour, 1.25),
        move(slice_, 520, 446, 1.1),
        tumbler(400, 868, colour, 1.45),
    )


def carafe() -> str:
    """Tall water carafe with its glass turned over the neck, mint and lemon inside."""
    flask = lathe(400, [(330, 66), (430, 62), (500, 92), (590, 140), (700, 152), (780, 148), (806, 130)], 0.14)
    water = lathe(400, [(520, 104), (590, 140), (700, 152), (780, 148), (804, 130)], 0.14)
    lemon = (
        ellipse(450, 690, 50, 46, "#f3d873")
        + ellipse(450, 690, 41, 37, "#fbf1c4")
        + line("M450 656v68M416 690h68M428 668l44 44M472 668l-44 44", "#f3d873", 5)
    )
    cup = lathe(400, [(226, 86), (240, 90), (340, 92), (378, 90)], 0.14)
    art = (
        shadow(406, 812, 150, 28)
        + body(flask, "mist", shade="")
        + body(water, "#b9d3d6", ellipse(400, 520, 104, 14, "#d7e7e6"), shade="")
    )
    mint = sprig(350, 770, 190, 6, "fern", 5)
    gloss = body(flask, "#ffffff00", rect(276, 600, 18, 160, "white", rx=9, opacity=".7"))
    top = body(cup, "#ffffffaa", rect(330, 240, 12, 120, "white", rx=6)) + ellipse(400, 226, 86, 12, "#ffffff")
    return scene("butter", zoom(art + mint + lemon + gloss + top, 1.15))


def napkins(colour: str, ground: str) -> str:
    """Four folded napkins tied with string, a sprig under the knot."""
    pile = stack(190, 810, 430, 58, [colour, light(colour, 0.15), colour, light(colour, 0.15)], trim="cream")
    string = line("M392 582V812M408 582V812", "walnut", 5) + line(
        "M400 582q-70-56-84-10t84 10q70-56 84-10t-84 10l-40 60M400 582l44 54", "walnut", 6
    )
    fringe_ = line("".join(f"M{610 + i % 3} {588 + i * 9}h22" for i in range(24)), light(colour, 0.35), 4)
    art = (
        shadow(410, 816, 240, 32)
        + fringe_
        + pile
        + turn(sprig(320, 590, 190, 76, "fern", 5), -4)
        + string
        + berries(470, 560, 22, "rust", 10)
    )
    return scene(ground, zoom(art, 1.14))


def tablecloth(check: str, ground: str) -> str:
    """Cloth over a table edge, woven check, with a jug of daisies on it."""
    d = "M80 620H720L760 930q-60 30-120 4t-120 6-120-4-120 6-120-8-120-4z"
    warp = "".join(f"M{104 + i * 66} 620L{66 + i * 74} 940" for i in range(10))
    weft = "".join(f"M40 {650 + i * 62}H770" for i in range(5))
    checks = line(warp, check, 22, opacity=".5") + line(weft, check, 22, opacity=".5")
    folds = line(
        "M200 640C190 760 170 840 160 940M420 640C424 760 410 860 400 940M620 640C640 760 640 860 640 936",
        dark("oat", 0.4),
        8,
        opacity=".4",
    )
    cloth = body(d, "cream", checks, folds, shade="slab")
    top = path("M130 560H670L720 622H80z", light("cream", 0.4)) + line(
        "M168 560L112 622M250 560L218 622M332 560L324 622M414 560L430 622M496 560L536 622M580 560L642 622M110 590H700",
        check,
        12,
        opacity=".4",
    )
    jug = body(
        lathe(400, [(440, 62), (470, 66), (520, 96), (570, 100), (596, 80)]),
        "blue",
        rect(326, 500, 14, 60, "white", rx=7, opacity=".4"),
    )
    stems = line(
        "M400 450C390 380 340 330 320 270M404 450C410 380 440 300 470 240M400 450C400 380 396 300 392 220", "fern", 6
    )
    heads = (
        bloom(320, 268, 52, "white")
        + bloom(472, 240, 56, "white")
        + bloom(392, 206, 60, "white")
        + leaf(368, 380, 80, -60, "fern")
        + leaf(430, 370, 84, 58, "fern")
    )
    return hanging(
        ground,
        path(d, "#5a3a22", opacity=".14", transform="translate(20 16)"),
        cloth,
        top,
        shadow(410, 598, 86, 14),
        stems,
        heads,
        jug,
        mouth(400, 440, 62, "blue"),
    )


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
        "M380 510C350 420 280 360 240 300M390 510C390 400 380 300 370 200M400 510C430 420 470 340 520 280M395 510C420 440 500 420 560 400",
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


def cutlery(metal: str, ground: str) -> str:
    """Fork, knife and two spoons on a napkin, seen from above."""
    cloth = body(
        poly((150, 130), (650, 130), (660, 880), (140, 880)),
        "cream",
        line("M150 150H650M140 860H660", "clay", 6),
        shade="slab",
    ) + stitch("M166 146H636V864H158z", "sand")
    stems = "".join(rect(x - 9, 480, 18, 330, metal, rx=9) for x in (240, 345, 455, 560))
    fork = path("M210 210q-6 130 12 160 18 22 18 22t18-22q18-30 12-160h-14v100h-9v-100h-14v100h-9v-100z", metal) + rect(
        231, 380, 18, 120, metal
    )
    knife = path("M332 200q40 20 40 170 0 60-18 130h-22z", metal)
    spoons = (
        ellipse(455, 290, 46, 84, metal)
        + ellipse(451, 284, 33, 68, dark(metal, 0.15))
        + rect(446, 370, 18, 120, metal)
        + ellipse(560, 330, 37, 62, metal)
        + ellipse(557, 326, 26, 49, dark(metal, 0.15))
        + rect(551, 386, 18, 110, metal)
    )
    shine = line(
        "M236 500v280M341 500v280M451 500v280M556 500v280M340 230q18 40 18 130M430 240q-14 40 0 90",
        light(metal, 0.65),
        4,
    )
    dim = "".join(rect(x - 3, 494, 24, 334, "#5a3a22", rx=10, opacity=".18") for x in (240, 345, 455, 560))
    return hanging(
        ground,
        path(
            poly((150, 130), (650, 130), (660, 880), (140, 880)), "#5a3a22", opacity=".15", transform="translate(16 18)"
        ),
        cloth,
        dim,
        stems,
        fork,
        knife,
        spoons,
        shine,
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
    pot = body(lathe(380, [(520, 96), (548, 140), (620, 194), (700, 198), (770, 160), (804, 108)], 0.15), glaze,
               dots(180, 530, 400, 280, count=70, colour=dark(glaze, 0.5), size=4, seed=14), band(380, 730, 120, 210, "sand", tilt=0.15),
               ellipse(250, 640, 16, 60, "white", opacity=".45", transform="rotate(10 250 640)"))  # fmt: skip
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
    "ripple-tumblers-clear": partial(ripple_tumbler, "sky", "blush"),
    "ripple-tumblers-amber": partial(ripple_tumbler, "#c9812f", "oat"),
    "ripple-tumblers-green": partial(ripple_tumbler, "fern", "butter"),
    "orchard-carafe": carafe,
    "supper-napkins-rust": partial(napkins, "rust", "mist"),
    "supper-napkins-mustard": partial(napkins, "mustard", "lilac"),
    "supper-napkins-sage": partial(napkins, "fern", "blush"),
    "long-supper-tablecloth": partial(tablecloth, "clay", "mist"),
    "harvest-cheese-board": cheese_board,
    "meadow-jug-cream": partial(jug, "cream", "mist"),
    "meadow-jug-blue": partial(jug, "blue", "oat"),
    "evenfall-cutlery-brass": partial(cutlery, "brass", "sage"),
    "evenfall-cutlery-steel": partial(cutlery, "steel", "blush"),
    "celebration-cake-stand": cake_stand,
    "tarnholt-teapot-slate": partial(teapot, "char", "sage"),
    "tarnholt-teapot-cream": partial(teapot, "cream", "lilac"),
}
