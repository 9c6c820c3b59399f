"""Living room: cushions, throws, vases, frames, clocks."""

from collections.abc import Callable
from functools import partial
from math import cos, radians, sin

from demo_art.cloth import fringe, pillow, ribs, stack, tag_label
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
    num,
    path,
    poly,
    rect,
    scene,
    shadow,
    stitch,
    turn,
    zoom,
)
from demo_art.nature import berries, bloom, leaf, sprig, stem


def cushion(cloth: str, stripe: str, ground: str) -> str:
    """Striped cushion standing on its edge, tilted a little, with tassels."""
    bars = "".join(
        rect(x, 200, w, 700, stripe) for x, w in ((190, 10), (214, 40), (268, 10), (522, 10), (546, 40), (600, 10))
    )
    weave = line("".join(f"M120 {250 + i * 16}h560" for i in range(36)), dark(cloth, 0.3), 2, opacity=".25")
    tufts = "".join(
        line(
            f"M{x} {y}l{dx} {dy}m{-dx} {-dy}l{dx * 1.3} {dy * 0.6}m{-dx * 1.3} {-dy * 0.6}l{dx * 0.6} {dy * 1.3}",
            stripe,
            8,
        )
        for x, y, dx, dy in ((132, 322, -34, -34), (668, 322, 34, -34), (132, 858, -34, 34), (668, 858, 34, 34))
    )
    return scene(
        ground, shadow(410, 852, 270, 40), turn(tufts + pillow(400, 590, 268, cloth, weave, bars), -3, 400, 800)
    )


def throw(wool: str, ground: str) -> str:
    """Knitted throw hanging over a ladder rung."""
    d = "M210 236q190-34 380 0l14 470q-60 18-204 10t-204-6z"
    back = "M240 230h330l20 560H226z"
    folds = line(
        "M300 240C290 400 310 560 290 720M450 236C470 400 446 560 466 720M540 240C548 400 532 560 546 716",
        dark(wool, 0.35),
        10,
        opacity=".35",
    )
    rung = body(box(70, 206, 660, 44, 22), "oak", grain(70, 206, 660, 44, rows=4, colour="walnut", seed=40))
    rails = (
        body(box(110, 60, 40, 900, 18), "oak")
        + body(box(650, 60, 40, 900, 18), "oak")
        + body(box(110, 840, 580, 36, 18), "oak")
    )
    under = path(back, dark(wool, 0.25)) + fringe(236, 790, 350, dark(wool, 0.25), 44)
    front = body(
        d,
        wool,
        ribs(200, 220, 420, 500, wool, 34),
        folds,
        path("M210 236q190-34 380 0v34q-190-34-380 0z", light(wool, 0.3), opacity=".7"),
    )
    return hanging(
        ground,
        path(back, "#5a3a22", opacity=".15", transform="translate(26 20)"),
        rails,
        rung,
        under,
        front,
        fringe(202, 712, 398, light(wool, 0.1), 48),
    )


def stem_vase(glaze: str, ground: str) -> str:
    """Bottle-necked vase holding one olive branch."""
    vase = body(
        lathe(390, [(440, 40), (460, 34), (540, 40), (600, 110), (690, 162), (770, 140), (808, 96)]),
        glaze,
        dots(220, 560, 350, 250, count=60, colour=dark(glaze, 0.45), size=4, seed=9),
        band(390, 640, 10, 170, light(glaze, 0.35)),
        ellipse(286, 670, 14, 62, "white", opacity=".4", transform="rotate(8 286 670)"),
    )
    branch = stem([(392, 470), (400, 380), (440, 270), (530, 150)], "olive", 8) + stem(
        [(410, 350), (370, 280), (320, 220)], "olive", 6
    )
    spots = [
        (404, 370, 70),
        (416, 320, -60),
        (440, 270, 86),
        (462, 238, -36),
        (492, 196, 92),
        (508, 176, -14),
        (528, 152, 46),
        (372, 282, -90),
        (352, 258, 22),
        (322, 222, -48),
    ]
    leaves = "".join(leaf(x, y, 104, a, "olive" if i % 3 else "fern", 0.26) for i, (x, y, a) in enumerate(spots))
    return scene(ground, zoom(shadow(398, 812, 140, 28) + branch + leaves + vase + mouth(390, 440, 40, glaze), 1.05))


def bud_trio() -> str:
    """Three small vases of different shape, one bloom each."""
    one = body(
        lathe(220, [(600, 26), (660, 24), (720, 70), (780, 84), (810, 64)]),
        "clay",
        dots(140, 640, 160, 170, count=30, colour="wine", size=4, seed=1),
    ) + mouth(220, 600, 26, "clay", lip=6)
    two = body(
        lathe(410, [(520, 30), (560, 26), (640, 60), (760, 66), (812, 52)]),
        "cream",
        band(410, 690, 10, 70, "blue"),
        band(410, 712, 30, 70, "blue"),
    ) + mouth(410, 520, 30, "cream", lip=6)
    three = body(
        lathe(590, [(640, 24), (680, 22), (710, 60), (760, 92), (806, 70)]),
        "blue",
        ellipse(540, 750, 8, 30, "white", opacity=".4"),
    ) + mouth(590, 640, 24, "blue", lip=6)
    stems = line(
        "M220 610C222 540 200 480 196 430M410 530C406 440 420 340 424 270M590 650C590 580 620 520 628 470", "fern", 6
    )
    heads = (
        bloom(195, 424, 58, "mustard", "walnut") + bloom(426, 256, 72, "white") + bloom(630, 462, 58, "rose", "butter")
    )
    green = (
        leaf(212, 520, 74, 50, "fern")
        + leaf(412, 430, 84, -54, "olive")
        + leaf(416, 380, 76, 52, "fern")
        + leaf(600, 570, 72, -50, "olive")
    )
    return scene(
        "lilac",
        shadow(228, 814, 86, 18),
        shadow(418, 816, 72, 16),
        shadow(600, 812, 94, 18),
        stems,
        green,
        heads,
        one,
        two,
        three,
    )


def basket(ground: str, size: float) -> str:
    """Woven seagrass basket with leather handles and a throw spilling out."""
    weave = ""
    for row in range(13):
        y = 520 + row * 24
        weave += "".join(f"M{150 + i * 40 + (row % 2) * 20} {y}q18 14 34 2" for i in range(13))
    shape = lathe(400, [(500, 214), (540, 226), (660, 240), (770, 214), (812, 190)], 0.13)
    cane = body(
        shape,
        "wood",
        line(weave, dark("wood", 0.4), 8, opacity=".55"),
        line(weave, light("wood", 0.35), 4, transform="translate(-2 -5)"),
        band(400, 490, 26, 230, dark("wood", 0.18), tilt=0.13),
    )
    spill = body(
        (
            "M230 500C220 430 300 410 340 440 400 390 470 400 500 440 560 420 "
            "590 450 572 506 560 560 580 620 556 640 520 650 500 600 500 530z"
        ),
        "rose",
        line("M330 450C350 480 400 500 480 500M520 450C530 500 520 560 540 620", "wine", 5, opacity=".35"),
    ) + fringe(512, 628, 46, "rose", 26, 11)
    grips = line("M250 590q-10 60 30 62", "walnut", 20) + line("M520 652q34-8 32-66", "walnut", 20)
    art = shadow(410, 816, 220, 34) + ellipse(400, 500, 214, 28, dark("wood", 0.45)) + cane + spill + grips
    return scene(ground, zoom(art, size))


def hour_mark(angle: int) -> str:
    """Path text of one mark of the dial; quarters are longer."""
    across, down = sin(radians(angle)), -cos(radians(angle))
    inner = 158 if angle % 90 == 0 else 170
    return f"M{num(400 + 186 * across)} {num(460 + 186 * down)}L{num(400 + inner * across)} {num(460 + inner * down)}"


def clock(wood: str, ground: str) -> str:
    """Round wall clock with a wooden rim; hands at ten past ten."""
    marks = "".join(hour_mark(angle) for angle in range(0, 360, 30))
    rim = ellipse(424, 486, 262, 262, "#5a3a22", opacity=".16") + body(
        disc(400, 460, 262), wood, grain(130, 190, 540, 540, rows=26, colour=dark(wood, 0.5), seed=50), shade="slab"
    )
    face = ellipse(400, 460, 218, 218, dark(wood, 0.35)) + ellipse(403, 464, 214, 214, "cream")
    hands = (
        line("M400 460L300 400", "ink", 15) + line("M400 460L482 320", "ink", 10) + line("M384 500L440 300", "clay", 4)
    )
    return hanging(
        ground,
        rim,
        face,
        line(marks, "ink", 9),
        hands,
        ellipse(400, 460, 17, 17, "clay"),
        ellipse(396, 456, 5, 5, "blush"),
    )


def frame(wood: str, ground: str, size: float) -> str:
    """Picture frame with a mount and a print of hills at dusk."""
    outer = box(170, 130, 460, 600, 6)
    hills = (
        rect(270, 230, 260, 400, "butter")
        + ellipse(430, 350, 52, 52, "clay")
        + path("M270 470q70-60 140-20t120-40v220H270z", "sage")
        + path("M270 520q90-40 150 0t110-10v120H270z", "fern")
        + path("M270 580q60-30 130 0t130-6v60H270z", "forest")
    )
    wooden = body(
        outer,
        wood,
        grain(170, 130, 460, 600, rows=30, colour=dark(wood, 0.5), seed=60),
        line("M170 130l60 60M630 130l-60 60M170 730l60-60M630 730l-60-60", dark(wood, 0.4), 3),
        shade="slab",
    )
    mount = (
        rect(212, 172, 376, 516, dark(wood, 0.4))
        + rect(216, 176, 368, 508, "white")
        + rect(262, 222, 276, 416, "oat")
        + hills
    )
    glare = path(poly((216, 176), (400, 176), (216, 520)), "#ffffff", opacity=".22")
    art = path(outer, "#5a3a22", opacity=".18", transform="translate(22 24)") + wooden + mount + glare
    return hanging(ground, move(art, 400 - 400 * size, 480 - 430 * size, size))


def mirror() -> str:
    """Round mirror on a leather strap."""
    glass = body(
        disc(400, 560, 222),
        "#cfdedf",
        path("M200 700L520 320 600 330 240 770z", "#ffffff", opacity=".45"),
        path("M330 790L640 420 660 470 380 800z", "#ffffff", opacity=".3"),
        shade="",
    )
    rim = (
        ellipse(420, 586, 252, 252, "#5a3a22", opacity=".15")
        + body(disc(400, 560, 250), "brass", shade="slab")
        + ellipse(400, 560, 228, 228, dark("brass", 0.35))
    )
    strap = path("M392 150L220 420 250 440 400 200 550 440 580 420 408 150z", "walnut") + stitch(
        "M398 172L240 424M402 172L560 424", "wood", 3
    )
    peg = shadow(410, 160, 50, 26) + body(disc(400, 152, 32), "oak", shade="ball")
    return hanging("sage", rim, strap, glass, line(disc(400, 560, 222), light("brass", 0.4), 4), peg)


def bookends() -> str:
    """Two arches of travertine holding a row of books."""
    books = ""
    for x, w, h, colour in (
        (262, 46, 300, "forest"),
        (308, 34, 270, "clay"),
        (342, 56, 320, "navy"),
        (398, 40, 286, "mustard"),
        (438, 50, 306, "wine"),
        (488, 40, 264, "blue"),
    ):
        books += body(
            box(x, 800 - h, w, h, 5),
            colour,
            rect(x, 800 - h + 34, w, 7, "butter"),
            rect(x, 800 - h + 50, w, 3, "butter"),
            rect(x, 740, w, 7, "butter"),
        )
    arch = "M{0} 806V600a{1} {1} 0 0 1 {2} 0V806h-46V610a{3} {3} 0 0 0-{4} 0V806z"
    ends = "".join(
        body(
            arch.format(x, 90, 180, 44, 88),
            "oat",
            dots(x, 500, 180, 310, count=60, colour="sand", size=10, seed=x),
            shade="slab",
        )
        for x in (84, 530)
    )
    art = shadow(180, 812, 110, 20) + shadow(630, 812, 110, 20) + shadow(400, 810, 150, 18) + books + ends
    return scene("mist", zoom(art, 1.1))


def rug(ground: str, size: float) -> str:
    """Flat-woven rug seen from above, diamonds and tassels."""
    rows = ""
    for row in range(5):
        y = 220 + row * 130
        rows += "".join(poly((x, y), (x + 66, y + 62), (x, y + 124), (x - 66, y + 62)) for x in (268, 400, 532))
    field = body(
        box(190, 160, 420, 720, 4),
        "cream",
        path(rows, "clay"),
        "".join(ellipse(x, 282 + r * 130, 22, 22, "butter") for r in range(5) for x in (268, 400, 532)),
        rect(190, 160, 420, 44, "navy"),
        rect(190, 836, 420, 44, "navy"),
        line("M190 216H610M190 824H610", "mustard", 8),
        line("".join(f"M190 {170 + i * 12}h420" for i in range(60)), "walnut", 1.5, opacity=".2"),
        shade="slab",
    )
    ends = turn(fringe(194, 118, 412, "sand", 46, 12), 180, 400, 139) + fringe(194, 878, 412, "sand", 46, 12)
    cast = path(box(190, 160, 420, 720, 4), "#5a3a22", opacity=".15", transform="translate(14 16)")
    return hanging(ground, zoom(turn(cast + ends + field, 4, 400, 520), size, 400, 520))


def quilt() -> str:
    """Stack of three linen pillowcases and a folded quilt, a sprig on top."""
    pile = stack(150, 812, 500, 84, ["sage", "cream", "blush"], trim="white") + stack(
        190, 570, 420, 62, ["oat", "white"], trim="clay"
    )
    return scene(
        "oat",
        shadow(410, 818, 280, 34),
        pile,
        tag_label(470, 620),
        turn(sprig(300, 446, 220, 80, "fern", 6), -4),
        berries(330, 430, 20, "rust", 10),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "field-stripe-cushion-mustard": partial(cushion, "mustard", "cream", "mist"),
    "field-stripe-cushion-sage": partial(cushion, "sage", "forest", "blush"),
    "field-stripe-cushion-clay": partial(cushion, "clay", "cream", "sage"),
    "hillside-throw-oat": partial(throw, "oat", "mist"),
    "hillside-throw-forest": partial(throw, "fern", "oat"),
    "hillside-throw-rose": partial(throw, "rose", "sage"),
    "branch-vase-cream": partial(stem_vase, "cream", "mist"),
    "branch-vase-terracotta": partial(stem_vase, "clay", "oat"),
    "bud-vase-trio": bud_trio,
    "seagrass-basket": partial(basket, "sage", 1.08),
    "noonday-clock-oak": partial(clock, "wood", "sage"),
    "noonday-clock-walnut": partial(clock, "walnut", "blush"),
    "gallery-frame-oak": partial(frame, "wood", "mist", 1.12),
    "gallery-frame-black": partial(frame, "ink", "oat", 1.12),
    "porthole-mirror": mirror,
    "arch-bookends": bookends,
    "wayfarer-rug": partial(rug, "mist", 1.06),
    "washed-linen-bedding": quilt,
}
