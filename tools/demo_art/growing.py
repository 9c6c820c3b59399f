"""Garden: what grows there, and who comes to visit."""

from collections.abc import Callable
from functools import partial

from demo_art.kit import (
    body,
    box,
    dark,
    dots,
    ellipse,
    grain,
    hanging,
    lathe,
    light,
    line,
    move,
    path,
    rect,
    scene,
    shadow,
    turn,
)
from demo_art.nature import bloom, leaf, sprig


def seed_tin(mix: str, ground: str) -> str:
    """Seed tin with its lid leaning, packets standing inside."""
    bloom_by = {
        "cottage": bloom(0, 0, 46, "rose", "butter"),
        "herb": leaf(0, 40, 84, 0, "fern") + leaf(-6, 42, 62, -46, "fern") + leaf(6, 42, 62, 46, "fern"),
        "meadow": bloom(0, 0, 46, "sky", "butter"),
    }
    packs = ""
    for i, (x, colour, angle) in enumerate(
        ((230, "butter", -6), (330, "cream", -2), (430, "sage", 3), (520, "blush", 7))
    ):
        pack = body(
            box(x, 420 + (i % 2) * 26, 118, 260, 4), colour, rect(x, 446 + (i % 2) * 26, 118, 14, "clay"), shade="slab"
        ) + move(bloom_by[mix], x + 59, 540 + (i % 2) * 26, 0.85)
        packs += turn(pack, angle, x + 60, 700)
    tin = body(
        box(180, 620, 470, 190, 16),
        "forest",
        rect(180, 650, 470, 8, "mustard"),
        rect(180, 770, 470, 8, "mustard"),
        shade="slab",
    ) + rect(180, 614, 470, 20, light("forest", 0.25), rx=8)
    crest = (
        path(box(316, 672, 198, 84, 8), "cream")
        + move(bloom_by[mix], 415, 714, 0.62)
        + line("M340 714h30M460 714h30", "walnut", 4)
    )
    seeds = dots(560, 846, 120, 40, count=22, colour="#6b4a2c", size=10, seed=2)
    return scene(ground, shadow(420, 812, 260, 30), packs, tin, crest, seeds)


def bird_house(colour: str, ground: str) -> str:
    """Nest box with a pitched roof and a robin on the perch."""
    wall = body(
        "M240 440L400 300 560 440V760H240z",
        colour,
        line("M320 380V760M400 300V760M480 380V760", dark(colour, 0.25), 4, opacity=".6"),
        shade="slab",
    )
    roof = body(
        "M200 470L400 286 600 470 636 440 400 220 164 440z",
        "walnut",
        line("M190 452L400 256 610 452", light("walnut", 0.25), 5),
        shade="slab",
    )
    hole = ellipse(400, 540, 62, 62, dark(colour, 0.35)) + ellipse(403, 543, 54, 54, "#2f2019")
    perch = body(box(388, 640, 24, 70, 12), "wood") + ellipse(400, 706, 13, 11, light("wood", 0.3))
    bird = (
        body(
            "M470 690c-10-50 20-96 70-96 34 0 52 22 54 46l22 8-22 10c-4 50-44 78-84 76l-70 40 10-44q14-16 20-40z",
            "walnut",
            path("M540 640c34-24 54-10 54 14-6 50-30 74-64 76-20-26-16-66 10-90z", "clay"),
            shade="",
        )
        + ellipse(566, 628, 6, 6, "ink")
        + path("M612 648l24 6-22 10z", "ink")
        + line("M520 734v30M546 730v30", "ink", 5)
    )
    branch = (
        line("M-10 790C200 770 460 800 820 750", "walnut", 34)
        + line("M-10 780C200 760 460 790 820 742", light("walnut", 0.2), 6)
        + leaf(120, 776, 130, -30, "fern")
        + leaf(160, 780, 110, 34, "olive")
        + leaf(690, 756, 130, 20, "fern")
        + leaf(660, 770, 110, 140, "olive")
    )
    return hanging(
        ground,
        path("M240 440L400 300 560 440V760H240z", "#5a3a22", opacity=".14", transform="translate(26 22)"),
        wall,
        roof,
        hole,
        perch,
        branch,
        bird,
    )


def herbs() -> str:
    """Three small pots on a wooden tray: basil, thyme, parsley."""
    basil = "".join(
        leaf(200, 600, n, a, c, 0.42)
        for n, a, c in (
            (170, 0, "fern"),
            (140, -38, "fern"),
            (140, 38, "forest"),
            (110, -68, "sage"),
            (110, 66, "fern"),
        )
    )
    thyme = "".join(sprig(400, 610, n, a, "sage", 4) for n, a in ((235, -12), (255, 12)))
    chives = "".join(
        line(
            f"M{590 + i * 7} 610Q{580 + i * 12} 480 {520 + i * 24} {390 + (i * 31) % 60}",
            ("fern", "forest", "olive")[i % 3],
            8,
        )
        for i in range(8)
    ) + bloom(640, 376, 34, "plum", "rose")
    pots = "".join(
        body(
            lathe(x, [(600, 84), (650, 82), (778, 60)]),
            c,
            path(box(x - 42, 672, 84, 44, 5), "cream"),
            line(f"M{x - 24} 694h48", "walnut", 4),
        )
        + ellipse(x, 600, 84, 13, dark(c, 0.3))
        for x, c in ((200, "clay"), (400, "cream"), (600, "blue"))
    )
    wood = body(box(90, 776, 620, 50, 14), "oak", grain(90, 776, 620, 50, rows=4, colour="walnut", seed=80))
    return scene("butter", shadow(410, 828, 310, 24), pots, basil, thyme, chives, wood)


def bulbs() -> str:
    """Wooden crate of spring bulbs, some sprouting."""
    art = ""
    for i, (x, y, c) in enumerate(
        ((230, 600, "walnut"), (320, 586, "oak"), (410, 600, "plum"), (500, 588, "walnut"), (580, 604, "oak"))
    ):
        shoot = leaf(x, y - 54, 150 + (i * 37) % 60, -10 + i * 5, "fern", 0.18) + leaf(
            x, y - 54, 110, 20 - i * 9, "sage", 0.18
        )
        art += shoot + body(
            f"M{x} {y - 84}c14 30 60 40 60 96 0 40-28 60-60 60s-60-20-60-60c0-56 46-66 60-96z",
            c,
            line(
                f"M{x} {y - 74}v150M{x - 10} {y - 60}q-40 60-20 130M{x + 10} {y - 60}q40 60 20 130",
                light(c, 0.4),
                3,
                opacity=".6",
            ),
            shade="ball",
        )
    slats = "".join(
        body(
            box(130, 640 + i * 58, 540, 50, 5),
            "wood",
            grain(130, 640 + i * 58, 540, 50, rows=4, colour="walnut", seed=90 + i),
        )
        for i in range(3)
    )
    posts = "".join(
        body(box(x, 620, 40, 196, 4), "oak") + ellipse(x + 20, 664, 5, 5, "steel") + ellipse(x + 20, 722, 5, 5, "steel")
        for x in (140, 620)
    )
    return scene("butter", shadow(410, 816, 290, 30), art, slats, posts)


PICTURES: dict[str, Callable[[], str]] = {
    "seed-tin-cottage": partial(seed_tin, "cottage", "mist"),
    "seed-tin-herb": partial(seed_tin, "herb", "blush"),
    "seed-tin-meadow": partial(seed_tin, "meadow", "oat"),
    "robin-house-blue": partial(bird_house, "blue", "butter"),
    "robin-house-sage": partial(bird_house, "sage", "blush"),
    "windowsill-herbs": herbs,
    "spring-bulbs": bulbs,
}
