"""The table: glasses, cutlery and linen beside the plate."""

from collections.abc import Callable
from functools import partial

from demo_art.cloth import stack
from demo_art.kit import (
    body,
    dark,
    disc,
    ellipse,
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
from demo_art.nature import berries, bloom, leaf, sprig


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
    slice_ = (
        ellipse(0, 0, 50, 50, "#e8913a")
        + ellipse(0, 0, 41, 41, "#f9d79a")
        + path(
            (
                "M0 0L34-12A36 36 0 0 1 24 26zM0 0L16 32A36 36 0 0 1-22 28zM0 0L-30 18A36 "
                "36 0 0 1-32-16zM0 0L-26-24A36 36 0 0 1 2-36zM0 0L10-35A36 36 0 0 1 33-18z"
            ),
            "#f0a850",
        )
    )
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
    top = body(cup, "#e2ecea", rect(330, 240, 12, 120, "white", rx=6)) + ellipse(400, 226, 86, 12, "#f6faf8")
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
    dim = "".join(rect(x + 4, 494, 14, 330, "#5a3a22", rx=7, opacity=".16") for x in (240, 345, 455, 560))
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


PICTURES: dict[str, Callable[[], str]] = {
    "ripple-tumblers-clear": partial(ripple_tumbler, "sky", "blush"),
    "ripple-tumblers-amber": partial(ripple_tumbler, "#c9812f", "oat"),
    "ripple-tumblers-green": partial(ripple_tumbler, "fern", "butter"),
    "orchard-carafe": carafe,
    "supper-napkins-rust": partial(napkins, "rust", "mist"),
    "supper-napkins-mustard": partial(napkins, "mustard", "lilac"),
    "supper-napkins-sage": partial(napkins, "fern", "blush"),
    "long-supper-tablecloth": partial(tablecloth, "clay", "mist"),
    "evenfall-cutlery-brass": partial(cutlery, "brass", "sage"),
    "evenfall-cutlery-steel": partial(cutlery, "steel", "blush"),
}
