"""Kitchen: mugs, kettle, boards, linen, pots."""

from collections.abc import Callable
from functools import partial

from demo_art.kit import (
    band,
    body,
    box,
    curve,
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
from demo_art.nature import leaf, sprig, steam


def handle(x: float, y: float, tall: float, reach: float, colour: str, width: float = 34) -> str:
    """Mug handle leaving the body at (x, y) to the right."""
    d = (
        f"M{x} {y}c{reach * 0.6} {-tall * 0.12} {reach} {tall * 0.05} {reach} "
        f"{tall * 0.42}s{-reach * 0.5} {tall * 0.5} {-reach - 12} {tall * 0.62}"
    )
    shine = line(d, light(colour, 0.35), width * 0.2, transform="translate(-5 -7)", opacity=".7")
    return line(d, dark(colour, 0.18), width) + line(d, colour, width * 0.72) + shine


def coffee(cx: float, y: float, half: float, tilt: float = 0.16) -> str:
    """Surface of coffee in a mouth."""
    return ellipse(cx, y + 8, half * 0.84, half * tilt * 0.62, "#5b3521") + ellipse(
        cx - half * 0.2, y + 6, half * 0.42, half * tilt * 0.25, "#7a4a2c"
    )


def harbour_mug(glaze: str, ground: str) -> str:
    """Mug dipped in glaze over bare speckled clay."""
    clay = "#e2cdb0"
    wave = curve([(180, 690), (250, 706), (330, 720), (400, 708), (480, 724), (600, 700)])
    shape = lathe(375, [(440, 176), (470, 178), (640, 172), (745, 160), (788, 140), (800, 120)])
    cup = body(
        shape,
        clay,
        path(f"{wave}V300H180z", glaze),
        line(wave, light(glaze, 0.45), 7),
        dots(200, 470, 350, 320, count=70, colour=dark(glaze, 0.45), size=4, seed=1),
        rect(240, 480, 22, 190, "white", rx=11, opacity=".4"),
    )
    return scene(
        ground,
        shadow(385, 812, 190),
        handle(540, 520, 240, 118, glaze),
        cup,
        mouth(375, 440, 176, glaze),
        coffee(375, 440, 176),
        steam(370, 385, 190),
    )


def latte_cup(glaze: str, ground: str) -> str:
    """Tall cup without handle, fine ridges all around, on a saucer."""
    ridges = "".join(f"M{400 + 150 * x / 8} 380L{400 + 118 * x / 8} 800" for x in range(-8, 9))
    cup = body(
        lathe(400, [(360, 152), (380, 152), (560, 142), (740, 118), (770, 104), (782, 84)]),
        glaze,
        line(ridges, dark(glaze, 0.3), 4, opacity=".5"),
        line(ridges, light(glaze, 0.5), 3, opacity=".5", transform="translate(5 0)"),
        band(400, 330, 66, 156, light(glaze, 0.12)),
    )
    saucer = ellipse(400, 800, 236, 42, dark(glaze, 0.25)) + ellipse(400, 792, 236, 40, light(glaze, 0.2))
    milk = ellipse(400, 368, 132, 16, "#c79a6b") + path(
        "M400 382c-70-2-80-22-40-24 20 0 30 8 40 10 10-2 20-10 40-10 40 2 30 22-40 24z", "#f6e9d3"
    )
    return scene(
        ground,
        shadow(410, 822, 240, 40),
        saucer,
        ellipse(400, 790, 150, 24, dark(glaze, 0.2)),
        cup,
        mouth(400, 360, 152, glaze),
        milk,
        steam(395, 320, 170, 40),
    )


def espresso(x: float, y: float, glaze: str, size: float) -> str:
    """Rounded cup like a pebble."""
    cup = body(
        lathe(0, [(-190, 104), (-150, 124), (-80, 130), (-20, 104), (0, 70)]),
        glaze,
        dots(-130, -190, 260, 190, count=45, colour=dark(glaze, 0.5), size=4, seed=int(x)),
        ellipse(-64, -120, 12, 44, "white", opacity=".45", transform="rotate(8 -64 -120)"),
    )
    return move(shadow(6, 4, 118) + cup + mouth(0, -190, 104, glaze) + coffee(0, -190, 104), x, y, size)


def espresso_pair() -> str:
    """Two cups, one oat and one slate, the far one smaller."""
    return scene("blush", espresso(520, 770, "char", 1.28), espresso(290, 850, "cream", 1.45), steam(290, 540, 130, 34))


def kettle(enamel: str, ground: str) -> str:
    """Enamel stovetop kettle with a wooden bail."""
    spout = path("M560 560c70-10 70-110 118-150l34 26c-40 40-30 170-150 216z", dark(enamel, 0.12)) + line(
        "M676 412l36 24", light(enamel, 0.4), 10
    )
    pot = body(
        lathe(390, [(500, 84), (520, 130), (590, 196), (690, 218), (770, 206), (800, 190)], 0.13),
        enamel,
        rect(236, 560, 26, 150, "white", rx=13, opacity=".45", transform="rotate(14 250 630)"),
        band(390, 776, 40, 220, dark(enamel, 0.35), tilt=0.13),
    )
    lid = body(lathe(390, [(446, 20), (462, 60), (496, 96), (508, 98)], 0.13), light(enamel, 0.08)) + body(
        lathe(390, [(404, 22), (420, 34), (440, 26), (452, 14)]), "walnut"
    )
    bail = "M214 570C190 330 300 246 390 246s200 84 176 324"
    wood = line("M284 280C350 236 430 236 496 280", "walnut", 36) + line(
        "M296 270C356 232 424 232 478 262", light("walnut", 0.3), 6
    )
    rivets = ellipse(214, 572, 17, 17, "steel") + ellipse(566, 572, 17, 17, "steel")
    return scene(
        ground,
        shadow(395, 808, 220, 38),
        line(bail, "char", 14),
        wood,
        spout,
        pot,
        lid,
        rivets,
        steam(716, 390, 150, 26),
    )


def pour_over() -> str:
    """Glass carafe with a wooden collar and a paper filter."""
    glass = lathe(400, [(330, 168), (420, 110), (512, 52), (560, 60), (680, 158), (770, 168), (804, 150)], 0.14)
    brew = lathe(400, [(668, 150), (720, 165), (770, 166), (804, 150)], 0.14)
    paper = path(poly((244, 322), (400, 292), (556, 322), (412, 520), (388, 520)), "white") + path(
        poly((400, 292), (556, 322), (412, 520)), "cream"
    )
    collar = body(box(332, 486, 136, 84, 26), "oak", grain(332, 490, 136, 76, rows=5, colour="walnut", seed=3))
    tie = (
        line("M340 528q60 22 120 0", "walnut", 7)
        + ellipse(404, 540, 14, 14, "wood")
        + line("M400 544q-16 40 -22 56M408 544q12 34 26 50", "walnut", 5)
    )
    shine = rect(258, 640, 16, 110, "white", rx=8, opacity=".7", transform="rotate(8 266 690)")
    flask = body(glass, "mist", shade="") + body(brew, "#6b3d22", ellipse(400, 668, 150, 21, "#8a5734"))
    edge = line("M232 332Q400 372 568 332", light("sky", 0.5), 8)
    art = shadow(405, 812, 180, 32) + flask + body(glass, "#ffffff00", shine) + paper + edge + collar + tie
    return scene("sage", zoom(art + steam(400, 280, 140), 1.14))


def board(ground: str, size: float) -> str:
    """Chopping board leaning on the wall, with a lemon and rosemary before it."""
    d = "M250 820V380q0-60 60-66 50-4 54-50 4-90 36-90t36 90q4 46 54 50 60 6 60 66V820q0 20-20 20H270q-20 0-20-20z"
    rings = "".join(f"M{x} 830C{x - 30} 700 {x + 34} 560 {x + 6} 330" for x in range(280, 540, 32))
    wood = body(
        d,
        "oak",
        line(rings, "walnut", 5, opacity=".4"),
        path("M420 840C380 700 470 640 450 500S500 380 480 300L600 300V840z", "walnut", opacity=".22"),
        ellipse(352, 560, 24, 40, "walnut", opacity=".35"),
        ellipse(352, 560, 11, 22, "walnut", opacity=".4"),
        shade="slab",
    )
    hole = ellipse(400, 226, 15, 17, "#6a4a30")
    lemon = body(loop([(0, 0), (60, -52), (130, -46), (168, 6), (120, 62), (52, 58)]), "#e9b93f", shade="ball")
    half = (
        ellipse(0, 0, 62, 60, "#e9b93f")
        + ellipse(0, 0, 52, 50, "#fbf1c4")
        + path("".join(f"M0 0L{40 * c} {40 * s}L{40 * c2} {40 * s2}z" for c, s, c2, s2 in WEDGES), "#f0cb5c")
    )
    whole = path(d, "walnut", transform="translate(12 6)") + wood + hole
    lean = move(whole, 400 - 400 * size, 840 - 840 * size, size)
    return scene(
        ground,
        shadow(420, 842, 190 * size, 30),
        lean,
        shadow(560, 892, 90, 22),
        move(lemon, 500, 832),
        shadow(460, 914, 60, 16),
        move(half, 450, 866),
        turn(sprig(250, 930, 190, 62, "fern", 6), 0),
    )


WEDGES = [
    (0.95, 0.1, 0.72, 0.62),
    (0.55, 0.78, -0.08, 0.95),
    (-0.28, 0.9, -0.8, 0.5),
    (-0.92, 0.3, -0.9, -0.36),
    (-0.76, -0.56, -0.2, -0.93),
    (0.02, -0.96, 0.6, -0.74),
    (0.76, -0.58, 0.96, -0.06),
]


def salt_cellar() -> str:
    """Stoneware pot with a turned oak lid set aside and flaky salt inside."""
    pot = body(
        lathe(370, [(540, 170), (570, 186), (680, 192), (770, 168), (800, 140)], 0.2),
        "cream",
        band(370, 690, 130, 200, "blue", tilt=0.2),
        band(370, 672, 8, 200, "navy", tilt=0.2),
        dots(180, 560, 380, 240, count=60, colour="walnut", size=4, seed=4),
    )
    salt = ellipse(370, 546, 146, 22, "white") + dots(250, 532, 240, 26, count=40, colour="steel", size=5, seed=8)
    lid = body(
        disc(584, 744, 134, 128), "oak", turn(grain(440, 600, 300, 300, rows=12, colour="walnut", seed=2), 0)
    ) + body(disc(584, 744, 34, 32), "walnut", shade="ball")
    spoon = line("M392 540L500 400", "walnut", 16) + line("M396 532L500 398", light("walnut", 0.35), 4)
    return scene(
        "sage",
        shadow(380, 812, 190, 34),
        pot,
        mouth(370, 540, 170, "cream", tilt=0.2),
        salt,
        spoon,
        shadow(606, 872, 120, 20),
        path(disc(594, 750, 134, 126), dark("oak", 0.3)),
        lid,
    )


def tea_towel(stripe: str, ground: str) -> str:
    """Towel hanging from a peg, striped, with a loop."""
    d = "M400 210C340 300 250 330 236 420L220 850q90 24 180 6t180 0L566 420C552 330 460 300 400 210z"
    fold = "M400 230C380 420 330 560 326 860M420 250C450 450 480 600 486 858M380 250C320 400 280 500 268 850"
    bars = "".join(band(400, y, h, 240, stripe, tilt=0.07) for y, h in ((640, 12), (670, 44), (732, 12), (790, 8)))
    cloth = body(
        d,
        "cream",
        bars,
        line(fold, dark("oat", 0.35), 6, opacity=".5"),
        path("M400 210C450 460 470 640 486 870H640V300z", "#5a3a22", opacity=".09"),
        shade="",
    )
    peg = shadow(408, 206, 56, 30) + body(disc(400, 180, 34, 34), "oak", shade="ball")
    return hanging(
        ground,
        path(d, "#5a3a22", opacity=".14", transform="translate(22 18)"),
        peg,
        line("M392 250q-22-60 8-74 28 12 8 74", stripe, 10),
        cloth,
        stitch("M232 846q90 20 168 4t168 0", dark(stripe, 0.1)),
    )


def apron(cloth: str, ground: str) -> str:
    """Work apron on a hook: bib, pocket, leather straps."""
    d = "M310 330h180c6 90 40 130 110 150L584 870q-184 26-368 0L200 480c70-20 104-60 110-150z"
    pocket = path("M290 610h220v110q0 34-34 34H324q-34 0-34-34z", dark(cloth, 0.1)) + stitch(
        "M300 620h200v98q0 26-26 26H326q-26 0-26-26zM400 622v120", light(cloth, 0.5)
    )
    straps = line("M326 344C330 250 370 210 400 190c30 20 70 60 74 154", "oak", 20) + line(
        "M208 500C150 560 150 640 170 720M592 500C650 560 650 640 630 720", "oak", 16
    )
    panel = body(
        d,
        cloth,
        line("M250 500C270 640 262 760 250 880M540 500C530 640 536 760 552 880", dark(cloth, 0.3), 6, opacity=".5"),
        path("M420 320L470 900H640V320z", "#2d1a12", opacity=".08"),
    )
    rivets = "".join(ellipse(x, y, 9, 9, "brass") for x, y in ((326, 352), (474, 352), (216, 498), (584, 498)))
    hook = shadow(408, 196, 40, 24) + body(disc(400, 178, 24, 24), "brass", shade="ball")
    return hanging(
        ground,
        path(d, "#5a3a22", opacity=".14", transform="translate(22 18)"),
        hook,
        straps,
        panel,
        stitch("M322 346h156M216 494L230 858q170 22 340 0L584 494", light(cloth, 0.45)),
        pocket,
        rivets,
        line("M340 640v-70M362 640v-56", "wood", 14) + rect(330, 540, 20, 40, "rust", rx=6),
    )


def casserole(enamel: str, ground: str, size: float) -> str:
    """Cast-iron pot with lid, steam escaping."""
    ears = line("M176 640h-34q-24 0-24 26t24 26h40M624 640h34q24 0 24 26t-24 26h-40", dark(enamel, 0.2), 24)
    pot = body(
        lathe(400, [(590, 240), (620, 238), (760, 226), (800, 206), (812, 180)], 0.13),
        enamel,
        band(400, 560, 62, 246, dark(enamel, 0.25), tilt=0.13),
        rect(206, 650, 24, 110, "white", rx=12, opacity=".35"),
        band(400, 600, 6, 246, light(enamel, 0.5), tilt=0.13),
    )
    lid = body(
        lathe(400, [(488, 60), (505, 130), (540, 210), (576, 248), (592, 248)], 0.13),
        light(enamel, 0.06),
        line("M230 560q170 44 340 0M270 528q130 36 260 0", dark(enamel, 0.25), 5, opacity=".6"),
        ellipse(300, 530, 60, 10, "white", opacity=".4", transform="rotate(-16 300 530)"),
    )
    knob = body(lathe(400, [(440, 34), (452, 44), (470, 34), (492, 22)]), "brass")
    art = shadow(410, 818, 250, 36) + ears + pot + lid + knob + steam(520, 440, 150, 34)
    return scene(ground, zoom(art, size))


def mill(wood: str, ground: str, tall: float) -> str:
    """Turned pepper mill with spilled corns."""
    t = 800 - tall
    shape = [
        (t + tall * a, half)
        for a, half in ((0.24, 66), (0.3, 74), (0.36, 52), (0.5, 48), (0.72, 70), (0.88, 96), (0.95, 98), (1, 96))
    ]
    trunk = body(
        lathe(390, shape),
        wood,
        turn(grain(-30, 300, 1000, 320, rows=16, colour=dark(wood, 0.5), seed=5), 90, 390, 500),
        band(390, t + tall * 0.9, 10, 110, dark(wood, 0.4)),
        band(390, t + tall * 0.345, 9, 90, dark(wood, 0.4)),
    )
    top = [(t, 24), (t + tall * 0.04, 56), (t + tall * 0.12, 70), (t + tall * 0.2, 52), (t + tall * 0.235, 64)]
    head = body(
        lathe(390, top), wood, turn(grain(-30, 300, 1000, 320, rows=16, colour=dark(wood, 0.5), seed=6), 90, 390, 500)
    )
    nut = body(disc(390, t - 14, 22, 20), "brass", shade="ball")
    corns = "".join(
        shadow(x, y + 9, 14, 6) + body(disc(x, y, 12, 12), "#3a2a26", shade="ball")
        for x, y in ((540, 850), (576, 822), (600, 872), (634, 838), (520, 884), (250, 860))
    )
    return scene(ground, zoom(shadow(398, 808, 108, 26) + trunk + nut + head + corns, 1.2))


def canister(colour: str) -> str:
    """Storage jar with a cork lid and a leather pull, full of beans."""
    jar = lathe(400, [(380, 168), (400, 176), (760, 176), (796, 160)], 0.14)
    beans = body(
        lathe(400, [(520, 172), (760, 172), (790, 158)], 0.14),
        "#6b3d22",
        dots(220, 510, 360, 300, count=130, colour="#8d5a38", size=20, seed=9),
        dots(220, 510, 360, 300, count=90, colour="#4a2918", size=14, seed=10),
    )
    cork = body(
        lathe(400, [(316, 166), (330, 172), (392, 164)], 0.14),
        "wood",
        dots(230, 310, 340, 90, count=50, colour="walnut", size=6, seed=11),
    )
    label = (
        rect(330, 590, 140, 120, "cream", rx=8)
        + leaf(400, 690, 80, 0, colour)
        + leaf(392, 692, 56, -48, colour)
        + leaf(408, 692, 56, 48, colour)
    )
    glass = body(jar, "#ffffff00", rect(248, 430, 20, 320, "white", rx=10, opacity=".55"))
    top = ellipse(400, 316, 166, 23, light("wood", 0.25)) + line("M380 316q20-60 40 0", "walnut", 13)
    art = shadow(408, 806, 180, 32) + body(jar, "white", shade="") + beans + glass + cork + top + label
    return scene("mist", zoom(art, 1.14))


PICTURES: dict[str, Callable[[], str]] = {
    "harbour-mug-blue": partial(harbour_mug, "blue", "oat"),
    "harbour-mug-oat": partial(harbour_mug, "cream", "sage"),
    "harbour-mug-rust": partial(harbour_mug, "rust", "mist"),
    "ridge-latte-cup-sage": partial(latte_cup, "sage", "blush"),
    "ridge-latte-cup-charcoal": partial(latte_cup, "char", "oat"),
    "pebble-espresso-pair": espresso_pair,
    "fieldhouse-kettle-cream": partial(kettle, "cream", "sage"),
    "fieldhouse-kettle-forest": partial(kettle, "forest", "blush"),
    "fieldhouse-kettle-mustard": partial(kettle, "mustard", "mist"),
    "slow-morning-pour-over": pour_over,
    "rivergrain-board-small": partial(board, "oat", 0.84),
    "rivergrain-board-large": partial(board, "oat", 1.0),
    "pinch-salt-cellar": salt_cellar,
    "market-tea-towels-blue": partial(tea_towel, "blue", "blush"),
    "market-tea-towels-rust": partial(tea_towel, "rust", "mist"),
    "market-tea-towels-olive": partial(tea_towel, "olive", "butter"),
    "workday-apron-ink": partial(apron, "navy", "oat"),
    "workday-apron-clay": partial(apron, "clay", "sage"),
    "sunday-casserole-rust": partial(casserole, "rust", "butter", 1.0),
    "sunday-casserole-navy": partial(casserole, "navy", "blush", 1.0),
    "turned-pepper-mill-oak": partial(mill, "wood", "mist", 470),
    "turned-pepper-mill-walnut": partial(mill, "walnut", "oat", 470),
    "larder-jar": partial(canister, "fern"),
}
