"""Bath: soap, towels, wood and glass."""

from collections.abc import Callable
from functools import partial

from demo_art.cloth import fold, tag_label
from demo_art.kit import (
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
    path,
    rect,
    scene,
    shadow,
    stitch,
    turn,
    zoom,
)
from demo_art.nature import flame, leaf, sprig, steam


def soap(colour: str, fleck: str, ground: str) -> str:
    """Stack of two bars, the upper one in a paper band, on a draining dish."""
    bar = "M{0} {1}h{2}q26 0 26 26v70q0 26-26 26h-{2}q-26 0-26-26v-70q0-26 26-26z"
    low = body(
        bar.format(200, 640, 400),
        colour,
        dots(180, 640, 450, 120, count=60, colour=fleck, size=7, seed=1),
        shade="slab",
    )
    high = body(
        bar.format(236, 512, 350),
        light(colour, 0.15),
        dots(220, 512, 400, 120, count=50, colour=fleck, size=7, seed=2),
        shade="slab",
    )
    tops = path("M206 644q190-22 388 0 20 0 26 14-220-20-440 0 6-14 26-14z", "white", opacity=".4")
    paper = (
        body(box(320, 510, 170, 126, 2), "cream", line("M320 522h170M320 624h170", "clay", 4))
        + leaf(405, 606, 66, 0, "fern")
        + leaf(398, 608, 48, -50, "fern")
        + leaf(412, 608, 48, 50, "fern")
    )
    dish = (
        body(box(140, 766, 520, 40, 14), "oak", grain(140, 766, 520, 40, rows=3, colour="walnut", seed=3))
        + body(box(180, 800, 50, 24, 4), "walnut")
        + body(box(570, 800, 50, 24, 4), "walnut")
    )
    foam = "".join(
        ellipse(x, y, r, r, "white", opacity=".75") + ellipse(x - r * 0.3, y - r * 0.3, r * 0.22, r * 0.22, "white")
        for x, y, r in ((610, 750, 30), (650, 762, 20), (580, 764, 18), (668, 730, 12), (186, 764, 20), (160, 752, 12))
    )
    return scene(ground, zoom(shadow(410, 824, 270, 26) + dish + low + tops + high + paper + foam, 1.08))


def towels(colour: str, ground: str) -> str:
    """Pile of rolled and folded towels with a woven border."""
    pile = ""
    for i, w in enumerate((470, 452, 462)):
        x, y = 160 + (i * 7) % 16, 724 - i * 90
        loops = dots(x + 20, y + 6, w - 30, 78, count=90, colour=light(colour, 0.4), size=5, seed=i)
        pile += fold(
            x,
            y,
            w,
            88,
            colour,
            loops,
            rect(x + w - 130, y, 12, 88, light(colour, 0.5)),
            rect(x + w - 108, y, 30, 88, light(colour, 0.5)),
            rect(x + w - 68, y, 12, 88, light(colour, 0.5)),
        )
    swirl = "M300 470a70 70 0 1 1 0.1 0M300 452a52 52 0 1 1 10 0M300 434a34 34 0 1 1 12-4"
    rolls = "".join(
        body(
            disc(x, 474, 76),
            colour,
            line(
                swirl,
                light(colour, 0.4) if colour == "navy" else dark(colour, 0.25),
                6,
                transform=f"translate({x - 300} 74)",
            ),
            shade="ball",
        )
        for x in (290, 446)
    )
    return scene(
        ground,
        shadow(410, 816, 250, 30),
        rolls,
        pile,
        tag_label(190, 800, "cream"),
        turn(sprig(350, 396, 180, 70, "fern", 5), 0),
    )


def bath_salts() -> str:
    """Jar of pink salts with a wooden scoop and lavender."""
    jar = lathe(390, [(430, 150), (450, 158), (770, 158), (804, 140)], 0.14)
    salt = body(
        lathe(390, [(520, 156), (770, 156), (800, 138)], 0.14),
        "#e7b7ad",
        dots(230, 510, 320, 290, count=130, colour="#f6dcd4", size=11, seed=4),
        dots(230, 510, 320, 290, count=60, colour="rose", size=8, seed=5),
    )
    lid = (
        body(lathe(390, [(386, 140), (398, 146), (438, 142)], 0.14), "oak")
        + ellipse(390, 386, 140, 19, light("oak", 0.3))
        + body(disc(390, 370, 26, 20), "walnut", shade="ball")
    )
    label = path(box(310, 590, 160, 120, 8), "cream") + sprig(390, 700, 92, 0, "plum", 4)
    scoop = (
        body("M560 806q60-34 120 0-10 46-60 46t-60-46z", "wood")
        + line("M680 808L756 770", "wood", 20)
        + dots(574, 796, 90, 16, count=20, colour="#e7b7ad", size=11, seed=6)
    )
    glass = (
        body(jar, "#fdf6ee", shade="")
        + salt
        + body(jar, "#ffffff00", rect(256, 480, 16, 290, "white", rx=8, opacity=".6"))
    )
    return scene("lilac", shadow(398, 808, 160, 28), glass, lid, label, shadow(620, 852, 70, 14), scoop)


def brush() -> str:
    """Long-handled bath brush hanging from a cord, bristles below."""
    d = "M370 170q30-24 60 0 10 200 0 330 60 20 80 110 10 120-40 190-70 40-140 0-50-70-40-190 20-90 80-110-10-130 0-330z"
    bristle = "".join(
        f"M{x} {y}h0"
        for x in range(315, 490, 17)
        for y in range(551, 790, 17)
        if (x - 400) ** 2 / 76**2 + (y - 670) ** 2 / 104**2 < 1
    )
    wood = body(
        d, "wood", turn(grain(100, 400, 700, 200, rows=12, colour="walnut", seed=8), 90, 400, 500), shade="slab"
    )
    return hanging(
        "sage",
        line("M400 200C350 120 380 70 400 70s50 50 0 130", "walnut", 8),
        body(disc(400, 70, 22), "brass", shade="ball"),
        path(d, "#5a3a22", opacity=".15", transform="translate(22 20)"),
        wood,
        ellipse(400, 196, 12, 12, dark("wood", 0.5)),
        ellipse(400, 670, 92, 120, dark("wood", 0.2)),
        line(bristle, dark("cream", 0.45), 19),
        line(bristle, "cream", 12),
        line("M388 240q-4 160 0 250", "white", 6, opacity=".5"),
    )


def bottle(label: str, ground: str) -> str:
    """Amber pump bottle with a paper label, a sprig beside it."""
    glass = body(
        lathe(390, [(420, 50), (446, 54), (480, 120), (520, 138), (770, 138), (804, 122)], 0.14),
        "#9a5826",
        rect(270, 520, 18, 250, "white", rx=9, opacity=".4"),
    )
    pump = (
        body(box(348, 372, 84, 60, 8), "ink")
        + rect(378, 300, 24, 80, "ink")
        + body("M330 262h110q20 0 20 20v26H300q-40 0-60 30l-20-12q30-64 110-64z", "ink", shade="slab")
        + line("M320 274h100", "steel", 4)
    )
    paper = (
        body("M252 560h276v180H252z", "cream", line("M252 574h276M252 726h276", label, 4))
        + sprig(390, 706, 110, 0, label, 4)
        + line("M330 640h30M420 640h30", "walnut", 4)
    )
    side = sprig(610, 840, 300, 18, label, 6)
    return scene(ground, shadow(398, 808, 140, 26), side, glass, pump, paper)


def robe(colour: str, ground: str) -> str:
    """Waffle robe on a wooden hanger."""
    d = "M330 230L190 300 110 620l100 30 40-150v370h300V500l40 150 100-30L610 300 470 230 400 300z"
    waffle = line(
        "".join(f"M100 {230 + i * 26}H700" for i in range(26)) + "".join(f"M{110 + i * 26} 220V880" for i in range(23)),
        dark(colour, 0.25),
        3,
        opacity=".3",
    )
    seams = line("M250 500L260 340M550 500L540 340M210 650l34-130M590 650l-34-130", dark(colour, 0.3), 5, opacity=".5")
    lapel = path("M330 230L400 300 470 230 500 250 420 560V870h-40V560L300 250z", dark(colour, 0.12)) + line(
        "M308 256L400 540 492 256M400 540V866", dark(colour, 0.3), 4
    )
    belt = path(box(246, 560, 308, 44, 6), dark(colour, 0.14)) + path(
        "M380 556h56v52h-56zM392 600l-34 150h36l16-150zM420 600l30 130h34l-42-130z", dark(colour, 0.24)
    )
    pockets = stitch(box(276, 650, 84, 100, 8) + box(452, 650, 84, 100, 8), dark(colour, 0.35))
    hanger = line("M400 216v-40q0-30 26-30t22-34q-10-24-40-14", "steel", 9) + body(
        "M400 200L560 262q10 16-10 18L400 236 250 280q-20-2-10-18z", "oak"
    )
    return hanging(
        ground,
        path(d, "#5a3a22", opacity=".14", transform="translate(24 22)"),
        hanger,
        body(d, colour, waffle, shade="slab"),
        seams,
        lapel,
        pockets,
        belt,
    )


def diffuser(label: str, ground: str) -> str:
    """Square-shouldered bottle with rattan reeds."""
    reeds = "".join(
        line(f"M{390 + i * 5} 600L{250 + i * 48} {210 + abs(i - 3) * 22}", "wood" if i % 2 else "oak", 9)
        for i in range(7)
    )
    glass = body(
        "M350 470h80v40q80 16 90 70v190q0 34-34 34H294q-34 0-34-34V580q10-54 90-70z",
        light(label, 0.55),
        rect(262, 640, 260, 170, label, opacity=".35"),
        rect(284, 590, 14, 180, "white", rx=7, opacity=".7"),
    )
    neck = body(box(342, 452, 96, 32, 6), "brass")
    paper = (
        path(box(322, 620, 136, 124, 6), "cream")
        + leaf(390, 722, 70, 0, label)
        + leaf(384, 724, 50, -48, label)
        + leaf(396, 724, 50, 48, label)
    )
    return scene(ground, zoom(shadow(398, 808, 150, 26) + reeds + glass + neck + paper, 1.14))


def wash_bag(canvas: str, ground: str) -> str:
    """Waxed canvas bag with a leather pull and a brush peeping out."""
    d = "M180 500q-10-40 30-40h380q40 0 30 40l28 270q2 40-40 40H192q-42 0-40-40z"
    peek = (
        body(box(300, 300, 26, 190, 13), "wood")
        + rect(292, 280, 42, 70, "cream", rx=8)
        + body(box(470, 340, 76, 150, 16), "mist")
        + rect(484, 312, 48, 34, "ink", rx=6)
    )
    bag = body(
        d,
        canvas,
        path("M140 700H660V820H140z", "walnut"),
        line("M240 480C230 600 220 640 214 700M560 480C566 600 580 640 590 700", dark(canvas, 0.3), 7, opacity=".4"),
        shade="slab",
    )
    zip_ = (
        line("M196 478H604", "brass", 13, stroke_dasharray="3 5")
        + body(box(590, 470, 70, 22, 8), "walnut")
        + ellipse(594, 480, 10, 10, "brass")
    )
    return scene(
        ground,
        shadow(410, 812, 250, 28),
        peek,
        bag,
        zip_,
        stitch("M166 712H636M172 790H630M196 504H606", "cream"),
        tag_label(378, 570, "cream"),
    )


def bath_tray() -> str:
    """Tray across a tub, with a book, a candle and tea."""
    tiles = line(
        "".join(f"M0 {y}H800" for y in range(60, 640, 116)) + "".join(f"M{x} 0V640" for x in range(52, 800, 116)),
        "white",
        4,
        opacity=".7",
    )
    tub = body(
        "M-20 630H820V1010H-20z",
        "sage",
        line("M90 700C110 820 120 900 120 1010M710 700C690 820 680 900 680 1010", "white", 10, opacity=".25"),
    )
    tub += body(box(-30, 622, 860, 56, 28), "white", shade="slab") + path(
        "M-20 678H820v20H-20z", "#5a3a22", opacity=".12"
    )
    water = "".join(
        ellipse(x, y, r, r, "white", opacity=".85") + ellipse(x - r * 0.3, y - r * 0.3, r * 0.2, r * 0.2, "white")
        for x, y, r in ((70, 616, 52), (150, 626, 36), (690, 620, 44), (760, 610, 56), (620, 632, 26), (210, 634, 22))
    )
    plank = body(box(60, 590, 680, 58, 14), "oak", grain(60, 590, 680, 58, rows=5, colour="walnut", seed=9)) + path(
        box(60, 642, 680, 14, 6), dark("oak", 0.35)
    )
    candle = (
        body(lathe(200, [(480, 58), (592, 58)], 0.14), "blush")
        + ellipse(200, 480, 58, 8, "cream")
        + line("M200 480v-18", "ink", 5)
        + flame(200, 466, 50, 120)
    )
    book = (
        path("M320 590L350 360q60-30 90 6 30-36 96-6l30 230z", "navy")
        + path("M334 586L360 370q50-22 80 10v206zM446 586V380q30-32 82-10l24 216z", "white")
        + line(
            "M374 410l54-2M370 440l58-2M366 470l62-2M364 500h64M458 410l62 4M460 440l64 4M460 470l68 4M460 500l70 4",
            "steel",
            4,
        )
    )
    cup = (
        body(lathe(640, [(510, 52), (560, 48), (592, 32)]), "sage")
        + line("M690 526q34 0 30 26t-40 20", "sage", 12)
        + ellipse(640, 510, 52, 8, dark("sage", 0.3))
        + steam(640, 480, 110, 22)
    )
    return hanging("mist", tiles, water, tub, shadow(400, 662, 330, 16), plank, candle, book, cup)


def soap_dish(stone: str, ground: str) -> str:
    """Oval dish with grooves and one round soap."""
    dish = (
        ellipse(400, 790, 270, 66, dark(stone, 0.3))
        + body(
            disc(400, 762, 270, 66),
            stone,
            dots(130, 700, 540, 130, count=70, colour=dark(stone, 0.35), size=6, seed=10),
        )
        + ellipse(400, 764, 214, 46, dark(stone, 0.16))
        + line("M250 744q150 20 300 0M230 764q170 22 340 0M250 784q150 20 300 0", light(stone, 0.35), 7)
    )
    cake = (
        body(
            loop([(250, 690), (270, 620), (400, 594), (530, 620), (550, 690), (520, 744), (400, 764), (280, 744)]),
            "sage",
            shade="ball",
        )
        + line("M320 668q80 34 160 0", dark("sage", 0.25), 6)
        + leaf(400, 700, 66, 0, light("sage", 0.3))
        + ellipse(330, 630, 50, 12, "white", opacity=".4", transform="rotate(-14 330 630)")
    )
    bubbles = "".join(
        ellipse(x, y, r, r, "white", opacity=".7")
        for x, y, r in ((560, 600, 26), (600, 540, 18), (574, 480, 12), (616, 450, 8))
    )
    return scene(ground, zoom(shadow(412, 812, 260, 36) + dish + cake + bubbles, 1.08))


PICTURES: dict[str, Callable[[], str]] = {
    "saltmere-soap-oat": partial(soap, "oat", "walnut", "mist"),
    "saltmere-soap-rosemary": partial(soap, "sage", "forest", "blush"),
    "saltmere-soap-clay": partial(soap, "rose", "wine", "oat"),
    "harbour-towels-white": partial(towels, "cream", "mist"),
    "harbour-towels-sage": partial(towels, "sage", "blush"),
    "harbour-towels-navy": partial(towels, "navy", "oat"),
    "pink-bath-salts": bath_salts,
    "birch-bath-brush": brush,
    "hand-wash-rosemary": partial(bottle, "fern", "butter"),
    "hand-wash-lavender": partial(bottle, "plum", "mist"),
    "waffle-robe-oat": partial(robe, "oat", "sage"),
    "waffle-robe-sky": partial(robe, "sky", "blush"),
    "reed-diffuser-fig": partial(diffuser, "fern", "blush"),
    "reed-diffuser-amber": partial(diffuser, "mustard", "mist"),
    "canvas-wash-bag-olive": partial(wash_bag, "olive", "oat"),
    "canvas-wash-bag-navy": partial(wash_bag, "blue", "blush"),
    "long-soak-tray": bath_tray,
    "pebble-soap-dish": partial(soap_dish, "cream", "lilac"),
}
