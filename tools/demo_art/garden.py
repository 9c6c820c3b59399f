"""Garden: pots, cans, tools, seeds, a house for birds."""

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
    hanging,
    lathe,
    light,
    line,
    mouth,
    move,
    path,
    rect,
    scene,
    shadow,
    stitch,
    turn,
    zoom,
)
from demo_art.nature import leaf, sprig, stem


def pot(cx: float, top: float, half: float, foot: float, glaze: str) -> str:
    """Plain flower pot with a thick rim and a saucer."""
    tall = 800 - top
    trunk = body(
        lathe(cx, [(top + tall * 0.2, half * 0.9), (800, foot)]),
        glaze,
        dots(cx - half, top, 2 * half, tall, count=40, colour=dark(glaze, 0.4), size=4, seed=int(top)),
        rect(cx - half * 0.72, top + tall * 0.34, 14, tall * 0.4, "white", rx=7, opacity=".28"),
    )
    rim = body(lathe(cx, [(top, half), (top + tall * 0.22, half * 0.96)]), light(glaze, 0.06))
    dish = ellipse(cx, 806, foot * 1.34, foot * 0.24, dark(glaze, 0.3)) + ellipse(
        cx, 798, foot * 1.34, foot * 0.24, glaze
    )
    soil = mouth(cx, top, half, glaze) + ellipse(cx, top + 4, half * 0.86, half * 0.1, "#5a3d2b")
    return shadow(cx + 8, 812, foot * 1.4) + dish + trunk + rim + soil


def terracotta_pot(glaze: str, ground: str) -> str:
    """Pot with a broad-leaved plant."""
    spots = [
        (400, 520, 300, 0),
        (398, 520, 270, -34),
        (402, 520, 270, 32),
        (396, 522, 220, -62),
        (404, 522, 220, 60),
        (400, 524, 180, -14),
        (400, 524, 170, 16),
    ]
    leaves = "".join(
        leaf(x, y, n, a, ("forest", "fern", "fern", "olive", "olive", "sage", "fern")[i], 0.3)
        for i, (x, y, n, a) in enumerate(spots)
    )
    return scene(ground, zoom(pot(400, 520, 168, 112, glaze) + leaves, 1.06))


def watering_can(enamel: str, ground: str) -> str:
    """Long-spouted can with a brass rose."""
    spout = path("M520 690L690 430l26 14L560 770z", dark(enamel, 0.12)) + body(
        "M664 436l70-44 22 34-66 46z", "brass", dots(720, 396, 40, 30, count=14, colour="walnut", size=4, seed=1)
    )
    can = body(
        lathe(380, [(540, 150), (552, 156), (780, 176), (804, 168)]),
        enamel,
        rect(250, 590, 18, 170, "white", rx=9, opacity=".4"),
        band(380, 772, 8, 180, dark(enamel, 0.3)),
        band(380, 560, 8, 170, dark(enamel, 0.3)),
    )
    grip = line("M236 590C90 560 120 340 300 350q120 10 150 186", dark(enamel, 0.1), 22) + line(
        "M222 576C110 550 140 366 300 366", light(enamel, 0.35), 5
    )
    brace = line("M500 600L640 520", "brass", 10)
    drops = "".join(
        path(f"M{x} {y}c-9 14-9 24 0 24s9-10 0-24z", "sky") for x, y in ((760, 460), (738, 500), (772, 530), (744, 570))
    )
    return scene(ground, shadow(392, 810, 180, 28), grip, brace, spout, can, mouth(380, 540, 150, enamel), drops)


def tools() -> str:
    """Trowel and fork with ash handles, lying on a canvas roll."""
    roll = body(box(120, 180, 560, 680, 20), "oat", rect(120, 560, 560, 300, "sand"), shade="slab") + stitch(
        "M136 576H664M300 576V846M480 576V846M136 846H664", "walnut", 3
    )
    handle = (
        body(
            "M-26 0q-14 120-8 240 6 50 34 50t34-50q6-120-8-240z",
            "wood",
            line("M-10 10v260M8 10v260", "walnut", 3, opacity=".4"),
        )
        + rect(-24, -20, 48, 30, "brass", rx=5)
        + line("M0 268q-30 60 0 60t0-60", "walnut", 6)
    )
    trowel = (
        path("M-9-20h18v-90q60-30 60-130 0-90-69-160-69 70-69 160 0 100 60 130z", "steel")
        + path("M0-400q69 70 69 160 0 100-60 130h-9z", dark("steel", 0.22))
        + line("M0-360V-140", light("steel", 0.5), 4)
    )
    fork = path(
        "M-9-20h18v-90h52q14-8 12-40l-10-240-14 190h-18l-12-200h-12l-6 200h-18l-12-200h-12l-6 200h-12l-14-190-10 240q-2 32 12 40h52z",
        "steel",
        transform="translate(-4 0)",
    )
    art = "".join(
        f'<g transform="translate({x} 560)rotate({a})">'
        + path("M-34 0h68v280h-68z", "#5a3a22", opacity=".14", transform="translate(16 14)")
        + head
        + handle
        + "</g>"
        for x, a, head in ((265, -3, trowel), (525, 4, fork))
    )
    pocket = (
        body(box(180, 720, 170, 130, 8), "sand")
        + body(box(446, 720, 160, 130, 8), "sand")
        + stitch("M190 732h150M456 732h140", "walnut", 3)
    )
    return hanging(
        "sage",
        path(box(120, 180, 560, 680, 20), "#5a3a22", opacity=".14", transform="translate(18 20)"),
        roll,
        art,
        pocket,
    )


def gloves(ground: str) -> str:
    """Pair of canvas gloves with suede palms."""
    hand = (
        "M120 470V250q0-34 30-34t30 34v-90q0-34 30-34t30 34v-26q0-34 32-34t32 "
        "34v40q0-32 30-32t30 32v260q30-60 60-60 40 6 24 50l-70 150v120H120z"
    )
    one = body(hand, "olive", path("M120 400q110 50 214 0v100l-20 80H120z", "wood"), shade="slab") + stitch(
        "M132 414q100 44 196 0M180 250v110M240 200v150M304 200v160", "cream", 3
    )
    cuff = body(
        box(106, 590, 222, 150, 14),
        "cream",
        rect(106, 616, 222, 14, "fern"),
        rect(106, 640, 222, 14, "fern"),
        shade="slab",
    ) + stitch("M118 726h198", "fern")
    whole = path(hand, "#5a3a22", opacity=".15", transform="translate(16 16)") + one + cuff
    mirror = f'<g transform="translate(430 0)scale(-1 1)">{whole}</g>'
    return hanging(
        ground, turn(move(mirror, 10, 190, 0.92), -12, 230, 560), turn(move(whole, 330, 110, 0.98), 10, 540, 560)
    )


def hanging_planter(glaze: str, ground: str) -> str:
    """Bowl in rope slings, trailing leaves."""
    rope = (
        line("M400 40L226 560M400 40L574 560M400 40V540", "wood", 9)
        + ellipse(400, 44, 20, 20, "brass")
        + ellipse(400, 44, 9, 9, "#efe3d0")
    )
    trails = ""
    for x0, dx, drop in ((270, -60, 300), (340, -30, 220), (470, 26, 250), (540, 70, 340), (400, 0, 160)):
        trails += stem([(x0, 560), (x0 + dx, 560 + drop * 0.4), (x0 + dx * 1.3, 560 + drop)], "fern", 5)
        trails += "".join(
            leaf(
                x0 + dx * (0.5 + t * 0.8),
                570 + drop * t,
                54,
                130 if i % 2 else -130,
                "fern" if i % 2 else "olive",
                0.42,
            )
            for i, t in enumerate((0.2, 0.42, 0.64, 0.84, 1.0))
        )
    crown = "".join(
        leaf(x, 560, n, a, c, 0.4)
        for x, n, a, c in (
            (330, 120, -40, "fern"),
            (400, 150, 0, "forest"),
            (470, 120, 40, "fern"),
            (365, 130, -16, "olive"),
            (436, 130, 20, "olive"),
        )
    )
    bowl = body(
        lathe(400, [(560, 176), (580, 176), (660, 150), (720, 90), (730, 60)]),
        glaze,
        dots(220, 560, 360, 180, count=46, colour=dark(glaze, 0.45), size=4, seed=3),
        rect(262, 600, 14, 70, "white", rx=7, opacity=".35", transform="rotate(-12 268 630)"),
    )
    return hanging(ground, rope, crown, bowl, line("M224 560a176 28 0 0 0 352 0", light(glaze, 0.35), 8), trails)


def mister() -> str:
    """Amber glass plant mister with a brass head, beside a fern."""
    flask = body(
        lathe(360, [(520, 44), (560, 50), (610, 130), (680, 156), (770, 150), (804, 128)]),
        "#a8642a",
        band(360, 690, 130, 170, "#8a4c1e"),
        rect(236, 650, 18, 110, "white", rx=9, opacity=".5"),
    )
    head = (
        body(box(322, 440, 76, 90, 10), "brass")
        + body("M300 380h130l40 20v34H330q-30 0-30-54z", "brass", shade="slab")
        + body(box(462, 396, 34, 36, 6), dark("brass", 0.15))
        + line("M404 436q50 40 30 100", "brass", 18)
        + line("M312 396h100", light("brass", 0.5), 5)
    )
    mist = dots(510, 330, 180, 150, count=46, colour="white", size=7, seed=6)
    fronds = (
        sprig(640, 800, 330, 8, "fern", 6)
        + sprig(640, 800, 260, -28, "forest", 5)
        + sprig(640, 800, 250, 36, "fern", 5)
    )
    small = body(lathe(640, [(720, 78), (750, 76), (808, 58)]), "cream")
    art = shadow(368, 808, 150, 26) + shadow(650, 812, 70, 16) + fronds + small + flask + head + mist
    return scene("mist", move(art, -56))


def twine(ground: str) -> str:
    """Ball of jute in a tin with a cutter, end trailing."""
    wraps = "".join(
        f"M{256 + i * 10} {470 + abs(i - 14) * 5}q{150 - i * 10} {80 - i * 5} {290 - i * 9} {i * 4 - 40}"
        for i in range(0, 28, 2)
    )
    ball = body(
        disc(400, 500, 164, 158),
        "wood",
        line(wraps, "walnut", 5, opacity=".5"),
        line(
            "M270 420q120 20 250 170M300 380q130 30 240 130M340 350q110 20 200 90", light("wood", 0.4), 5, opacity=".7"
        ),
        shade="ball",
    )
    tin = body(
        lathe(400, [(560, 186), (572, 190), (790, 184), (806, 178)]),
        "forest",
        band(400, 606, 8, 190, "mustard"),
        band(400, 770, 8, 190, "mustard"),
        rect(236, 620, 16, 140, "white", rx=8, opacity=".3"),
    )
    label = (
        path(box(318, 650, 164, 104, 8), "cream")
        + leaf(400, 740, 70, 0, "fern")
        + leaf(392, 742, 50, -50, "fern")
        + leaf(408, 742, 50, 50, "fern")
    )
    end = line("M548 520C640 520 660 620 650 700S700 840 740 850", "wood", 8)
    front = line("M214 560a186 30 0 0 0 372 0", light("forest", 0.35), 8)
    return scene(
        ground, shadow(408, 812, 190, 30), ellipse(400, 560, 186, 30, dark("forest", 0.3)), ball, tin, front, end, label
    )


PICTURES: dict[str, Callable[[], str]] = {
    "hearth-pot-terracotta": partial(terracotta_pot, "clay", "mist"),
    "hearth-pot-cream": partial(terracotta_pot, "cream", "blush"),
    "hearth-pot-blue": partial(terracotta_pot, "blue", "oat"),
    "longspout-can-forest": partial(watering_can, "forest", "butter"),
    "longspout-can-cream": partial(watering_can, "cream", "sage"),
    "longspout-can-rust": partial(watering_can, "rust", "mist"),
    "trowel-and-fork": tools,
    "border-gloves": partial(gloves, "blush"),
    "trailing-planter-cream": partial(hanging_planter, "cream", "sage"),
    "trailing-planter-terracotta": partial(hanging_planter, "clay", "mist"),
    "amber-mister": mister,
    "garden-twine": partial(twine, "blush"),
}
