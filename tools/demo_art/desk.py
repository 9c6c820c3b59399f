"""Desk: pens, pencils, a tray, a seal."""

from collections.abc import Callable
from functools import partial

from demo_art.kit import (
    body,
    box,
    dark,
    disc,
    ellipse,
    grain,
    hanging,
    light,
    line,
    loop,
    path,
    poly,
    rect,
    turn,
    zoom,
)
from demo_art.nature import leaf
from demo_art.paper import cast


def pencils() -> str:
    """Six pencils in a paper sleeve, points up."""
    art = ""
    for i, colour in enumerate(("forest", "mustard", "rust", "navy", "rose", "sage")):
        x, top = 212 + i * 64, 250 + (i * 53) % 60
        art += path(f"M{x} {top + 90}L{x + 26} {top} {x + 52} {top + 90}z", "wood") + path(
            f"M{x + 17} {top + 32}L{x + 26} {top} {x + 35} {top + 32}z", dark(colour, 0.2)
        )
        art += (
            rect(x, top + 84, 52, 560, colour)
            + rect(x, top + 84, 17, 560, light(colour, 0.25))
            + rect(x + 36, top + 84, 16, 560, dark(colour, 0.25))
        )
        art += path(f"M{x} {top + 92}q8-14 17 0 9-14 18 0 9-14 17 0z", colour)
    sleeve = box(196, 560, 410, 290, 8)
    front = (
        cast(sleeve)
        + body(sleeve, "oat", line("M210 580H592M210 830H592", "clay", 4), shade="slab")
        + leaf(400, 770, 110, 0, "fern")
        + leaf(390, 774, 86, -50, "fern")
        + leaf(410, 774, 86, 50, "fern")
        + line("M340 800h120", "walnut", 4)
    )
    return hanging("mist", art, front)


def pen(colour: str, ground: str) -> str:
    """Fountain pen on a page with a written line, cap set beside."""
    page = poly((90, 240), (640, 150), (730, 800), (180, 890))
    rules = line("".join(f"M{150 + i * 12} {360 + i * 90}l460-75" for i in range(5)), "sky", 3)
    script = "M176 420" + "".join(
        ("q14-50 26-6t26-4 20-22 24 2", "q10-60 24-10t30-6 22-18 26-4", "q16-30 28-6t26-8")[i % 3] for i in range(4)
    )
    barrel = body(box(380, 90, 56, 430, 26), colour, rect(392, 110, 9, 380, "white", rx=4, opacity=".5")) + rect(
        380, 380, 56, 12, "brass"
    )
    grip = (
        body(poly((386, 520), (430, 520), (422, 610), (394, 610)), "ink")
        + body("M392 610h32q10 60-16 130-26-70-16-130z", "brass")
        + line("M408 650V736", "walnut", 3)
        + ellipse(408, 648, 6, 6, "walnut")
    )
    cap = (
        body(box(600, 420, 60, 250, 26), colour, rect(612, 440, 9, 200, "white", rx=4, opacity=".5"))
        + rect(600, 620, 60, 14, "brass")
        + line("M668 440v150", "brass", 9)
    )
    drop = turn(cast(box(380, 90, 56, 600, 26), 26, 20) + barrel + grip, 38, 408, 500)
    return hanging(
        ground,
        cast(page),
        path(page, "white"),
        rules,
        line(script, "navy", 6),
        drop,
        zoom(turn(cast(box(600, 420, 60, 250, 26)) + cap, 62, 560, 620), 0.9, 400, 700),
    )


def tray() -> str:
    """Oak tray with sections for pens, clips and a stone."""
    d = box(110, 270, 580, 460, 30)
    wells = "".join(
        path(box(x, y, w, h, 18), dark("oak", 0.32)) + path(box(x + 8, y + 12, w - 8, h - 12, 16), dark("oak", 0.14))
        for x, y, w, h in ((144, 304, 512, 120), (144, 450, 240, 246), (410, 450, 246, 246))
    )
    pens = (
        rect(180, 346, 430, 18, "navy", rx=9)
        + rect(210, 384, 380, 16, "mustard", rx=4)
        + path("M590 384l36 8-36 8z", "wood")
        + rect(180, 346, 60, 18, "brass", rx=9)
    )
    clips = "".join(
        turn(line(f"M{x} {y}v44a12 12 0 0 0 24 0v-52a8 8 0 0 0-16 0v46", "brass", 5), x * 1.7 % 120, x, y)
        for x, y in ((210, 520), (280, 500), (320, 570), (230, 600), (300, 630))
    )
    stone = body(
        loop([(460, 590), (490, 520), (560, 500), (620, 550), (610, 630), (540, 664), (480, 640)]),
        "char",
        line("M470 570q70-30 146 10M474 588q70-30 140 10", "cream", 5, opacity=".7"),
        shade="ball",
    )
    return hanging(
        "blush",
        turn(
            cast(d, 18, 24)
            + body(d, "oak", grain(110, 270, 580, 460, rows=22, colour="walnut", seed=70), shade="slab")
            + wells
            + pens
            + clips
            + stone,
            -4,
        ),
    )


def seal() -> str:
    """Sealed envelope, wooden stamp and a stick of wax."""
    env = box(120, 330, 520, 360, 10)
    letter = cast(env) + body(
        env, "cream", line("M124 336L380 560 636 336M124 688L310 500M636 688L450 500", "sand", 6), shade="slab"
    )
    blob = (
        body(
            loop([(320, 540), (340, 482), (400, 470), (450, 500), (456, 560), (410, 606), (350, 600)]),
            "rust",
            shade="ball",
        )
        + line(disc(388, 540, 42), dark("rust", 0.3), 6)
        + leaf(388, 570, 58, 0, light("rust", 0.2))
        + leaf(386, 572, 40, -46, light("rust", 0.2))
        + leaf(390, 572, 40, 46, light("rust", 0.2))
    )
    stamp = (
        body(
            "M566 610q60-40 50-110-6-60 40-60t40 60q-10 70 50 110z",
            "walnut",
            grain(560, 430, 200, 180, rows=6, colour="#4a2f1e", seed=71),
        )
        + body(box(590, 606, 132, 34, 6), "brass")
        + body(box(606, 636, 100, 30, 6), dark("brass", 0.1))
    )
    sticks = (
        body(box(180, 770, 300, 40, 8), "rust")
        + body(box(230, 826, 300, 40, 8), "wine")
        + ellipse(182, 790, 7, 18, light("rust", 0.3))
    )
    return hanging(
        "sage",
        turn(letter + blob, -5),
        turn(cast("M566 610q60-40 50-110-6-60 40-60t40 60q-10 70 50 110v56h-180z") + stamp, 6, 640, 600),
        turn(cast(box(180, 770, 300, 40, 8)) + sticks, -7),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "six-good-pencils": pencils,
    "heron-pen-navy": partial(pen, "navy", "sage"),
    "heron-pen-wine": partial(pen, "wine", "mist"),
    "oak-desk-tray": tray,
    "wax-seal-kit": seal,
}
