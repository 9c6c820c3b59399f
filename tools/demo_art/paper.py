"""Paper: notebooks, cards, pens, wrapping, prints."""

from collections.abc import Callable
from functools import partial

from demo_art.kit import (
    body,
    box,
    dark,
    disc,
    dots,
    ellipse,
    grain,
    hanging,
    light,
    line,
    loop,
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


def cast(d: str, dx: float = 14, dy: float = 18) -> str:
    """Shadow of something lying flat."""
    return path(d, "#5a3a22", opacity=".16", transform=f"translate({dx} {dy})")


def notebook(cloth: str, ground: str) -> str:
    """Clothbound notebook with an elastic band, pencil beside it."""
    d = box(180, 190, 400, 580, 16)
    pages = rect(196, 206, 398, 576, "white", rx=10) + line("M590 220V766M585 222V770", "sand", 3)
    weave = line("".join(f"M180 {200 + i * 14}h400" for i in range(41)), dark(cloth, 0.35), 2, opacity=".25")
    cover = body(d, cloth, weave, rect(180, 190, 52, 580, dark(cloth, 0.2)), shade="slab") + stitch(
        "M238 204V756", light(cloth, 0.4)
    )
    label = path(box(300, 300, 190, 110, 6), "cream") + line("M330 342h130M350 368h90", "walnut", 4)
    band = line("M520 190V770", dark(cloth, 0.4), 12) + line("M400 770v70l-12-14-12 14v-70", "clay", 9)
    pencil = turn(
        rect(0, 0, 22, 470, "mustard")
        + rect(0, 0, 22, 34, "rose", rx=6)
        + rect(0, 34, 22, 20, "brass")
        + path("M0 470L11 520 22 470z", "wood")
        + path("M7 500L11 520 15 500z", "ink"),
        9,
        11,
        250,
    )
    return hanging(
        ground, turn(cast(d) + pages + cover + label + band, -5), f'<g transform="translate(640 300)">{pencil}</g>'
    )


def planner() -> str:
    """Open week planner with ribbon and coffee-coloured cover, a pen in the gutter."""
    d = box(90, 290, 620, 460, 16)
    left, right = rect(110, 306, 288, 426, "white", rx=6), rect(402, 306, 288, 426, "white", rx=6)
    rows = "".join(f"M{x} {370 + i * 86}h240" for x in (134, 426) for i in range(4))
    small = "".join(
        f"M{x} {396 + i * 86 + k * 20}h{(150, 110)[k]}" for x in (134, 426) for i in range(4) for k in (0, 1)
    )
    marks = "".join(
        ellipse(x, 352 + i * 86, 8, 8, c)
        for x, i, c in (
            (142, 0, "clay"),
            (142, 1, "fern"),
            (142, 2, "blue"),
            (434, 0, "mustard"),
            (434, 1, "plum"),
            (434, 3, "clay"),
        )
    )
    gutter = path("M380 306h20v426h-20zM400 306h20v426h-20z", "#5a3a22", opacity=".08")
    ribbon = line("M470 300V800l-10-14-12 14", "rust", 10)
    pen = turn(
        rect(391, 240, 18, 420, "navy", rx=9)
        + rect(391, 330, 18, 10, "brass")
        + path("M392 660L400 700 408 660z", "brass")
        + line("M412 250v80", "brass", 5),
        34,
        400,
        480,
    )
    return hanging(
        "sage",
        turn(
            cast(d)
            + body(d, "walnut", shade="slab")
            + left
            + right
            + gutter
            + line(rows, "clay", 4)
            + line(small, "steel", 3)
            + marks
            + ribbon,
            -6,
        )
        + turn(pen, 24, 520, 520),
    )


def cards() -> str:
    """Three botanical cards fanned out, with an envelope."""
    card = box(250, 200, 300, 420, 8)
    arts = (
        sprig(400, 580, 320, 4, "fern", 6),
        bloom(400, 330, 84, "rose", "butter")
        + line("M400 410V580", "fern", 8)
        + leaf(400, 520, 100, -50, "fern")
        + leaf(400, 540, 90, 52, "olive"),
        line("M400 590C390 480 420 400 400 270M402 440l60-70M400 480l-64-60", "olive", 7)
        + berries(398, 270, 40, "rust", 17)
        + berries(466, 360, 26, "rust", 14)
        + berries(330, 410, 26, "rust", 14),
    )
    fan = ""
    for art, colour, angle, dx in zip(arts, ("mist", "butter", "white"), (-16, 12, -2), (-110, 120, 0), strict=True):
        fan += (
            f'<g transform="translate({dx} {abs(dx) * 0.25})">'
            + turn(cast(card, 10, 12) + body(card, colour, art, shade="slab"), angle, 400, 700)
            + "</g>"
        )
    env = box(230, 640, 340, 220, 8)
    letter = (
        cast(env)
        + body(
            env,
            "wood",
            line("M232 644L400 780 568 644M232 858L360 748M568 858L440 748", dark("wood", 0.3), 4),
            shade="slab",
        )
        + body(disc(400, 776, 34), "rust", shade="ball")
    )
    return hanging("blush", fan, turn(letter, 3))


def wrap(pattern: str, paper: str, ground: str) -> str:
    """Wrapped present with a ribbon, and a roll of the same paper behind."""
    if pattern == "leaves":
        marks = "".join(
            leaf(224 + i * 88 + (r % 2) * 44, 530 + r * 86, 60, 24 if (i + r) % 2 else -28, "cream")
            for r in range(4)
            for i in range(4)
        )
    elif pattern == "dots":
        marks = line(
            "".join(f"M{200 + i * 62 + (r % 2) * 31} {450 + r * 46}h0" for r in range(9) for i in range(8)), "cream", 22
        )
    else:
        marks = line("".join(f"M{120 + i * 52} 860L{300 + i * 52} 400" for i in range(12)), "cream", 13)
    side = body(poly((180, 460), (560, 460), (560, 810), (180, 810)), paper, marks, shade="slab")
    flank = body(poly((560, 460), (640, 420), (640, 760), (560, 810)), dark(paper, 0.25), shade="slab")
    top = path(poly((180, 460), (260, 420), (640, 420), (560, 460)), light(paper, 0.3))
    ribbon = (
        rect(346, 460, 50, 350, "mustard")
        + path(poly((346, 460), (426, 420), (474, 420), (396, 460)), light("mustard", 0.3))
        + line("M352 464V806", "butter", 4)
    )
    bow = body(loop([(400, 430), (310, 330), (240, 340), (250, 410), (330, 440)]), "mustard", shade="ball") + body(
        loop([(420, 430), (500, 320), (572, 330), (570, 400), (490, 440)]), "mustard", shade="ball"
    )
    tails = path(
        "M400 440L330 560 372 548 386 580 424 450zM416 440L500 540 462 544 456 580 402 450z", dark("mustard", 0.12)
    ) + body(box(378, 406, 62, 50, 18), "mustard", shade="ball")
    return scene(ground, shadow(430, 812, 250, 34), flank, side, top, ribbon, tails, bow)


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
        turn(cast(box(580, 440, 150, 226, 40)) + stamp, 6, 640, 600),
        turn(cast(box(180, 770, 300, 40, 8)) + sticks, -7),
    )


def calendar() -> str:
    """Wall calendar of the phases of the moon on a wooden hanger."""
    d = box(190, 170, 420, 660, 4)
    moons = ""
    for row in range(6):
        for i in range(5):
            x, y, r = 250 + i * 75, 300 + row * 78, 25
            k = (row * 5 + i) / 29 * 2 - 1
            moons += ellipse(x, y, r, r, "butter") + (
                ellipse(x + k * r * 2.0, y, r + 1, r + 1, "navy") if abs(k) < 0.97 else ""
            )
    bar = body(box(170, 150, 460, 34, 10), "oak", grain(170, 150, 460, 34, rows=3, colour="walnut", seed=72)) + body(
        box(170, 816, 460, 34, 10), "oak", grain(170, 816, 460, 34, rows=3, colour="walnut", seed=73)
    )
    clip = "".join(dots(200, 190, 400, 620, count=50, colour="butter", size=s, seed=s) for s in (3, 4))
    return hanging(
        "butter",
        line("M200 152L400 60 600 152", "walnut", 5),
        ellipse(400, 60, 11, 11, "brass"),
        cast(d, 18, 22),
        body(d, "navy", clip, line("M260 236h280", "butter", 5), "".join(moons), shade="slab"),
        bar,
    )


def album(cloth: str, ground: str) -> str:
    """Linen photo album with a window in the cover, tied with ribbon."""
    d = box(130, 250, 540, 480, 10)
    weave = line("".join(f"M130 {260 + i * 14}h540" for i in range(34)), dark(cloth, 0.35), 2, opacity=".3")
    photo = (
        rect(300, 360, 220, 220, "cream")
        + rect(314, 374, 192, 192, "sky")
        + ellipse(440, 430, 26, 26, "butter")
        + path("M314 510q60-50 110-10t82-20v86H314z", "fern")
        + path("M314 540q80-30 192 0v26H314z", "forest")
    )
    ribbon = rect(130, 630, 540, 24, "cream") + path(
        "M600 642q-60-70-84-30t84 30q60-70 84-30t-84 30l-30 70M600 642l34 68",
        "#ffffff00",
        stroke="cream",
        stroke_width=13,
    )
    return hanging(
        ground,
        turn(
            cast(d, 18, 22)
            + rect(142, 262, 540, 480, "white", rx=8)
            + body(d, cloth, weave, rect(130, 250, 60, 480, dark(cloth, 0.18)), shade="slab")
            + stitch("M198 264V716", light(cloth, 0.4))
            + photo
            + ribbon,
            4,
        ),
    )


def art_print() -> str:
    """Unframed print of tide lines and a low sun, held by bulldog clips."""
    d = box(190, 150, 420, 600, 2)
    waves = "".join(
        path(f"M190 {y}q52-34 105 0t105 0 105 0 105 0V760H190z", c)
        for y, c in ((430, "sky"), (490, "blue"), (550, "#3c6580"), (610, "navy"), (670, "#223448"))
    )
    paper = body(
        d,
        "cream",
        rect(220, 180, 360, 540, "blush"),
        ellipse(400, 380, 96, 96, "rust"),
        waves,
        line("M250 300q30-22 50 0 20-22 50 0M470 250q24-18 40 0 16-18 40 0", "ink", 5),
        shade="",
    )
    frame = line(box(205, 165, 390, 570, 2), "cream", 30)
    clips = "".join(
        body(box(x, 120, 70, 52, 6), "ink") + line(f"M{x + 18} 124q17-50 34 0", "steel", 6) for x in (240, 490)
    )
    return hanging("oat", cast(d, 16, 20), paper, frame, clips)


PICTURES: dict[str, Callable[[], str]] = {
    "notebook-everyday-ink": partial(notebook, "navy", "oat"),
    "notebook-everyday-clay": partial(notebook, "clay", "mist"),
    "notebook-everyday-sage": partial(notebook, "sage", "blush"),
    "notebook-everyday-mustard": partial(notebook, "mustard", "lilac"),
    "week-planner": planner,
    "botanical-cards": cards,
    "wrapping-paper-leaves": partial(wrap, "leaves", "forest", "blush"),
    "wrapping-paper-dots": partial(wrap, "dots", "rust", "sage"),
    "wrapping-paper-stripes": partial(wrap, "stripes", "blue", "oat"),
    "six-good-pencils": pencils,
    "heron-pen-navy": partial(pen, "navy", "sage"),
    "heron-pen-wine": partial(pen, "wine", "mist"),
    "oak-desk-tray": tray,
    "wax-seal-kit": seal,
    "moon-calendar": calendar,
    "linen-album-rose": partial(album, "rose", "mist"),
    "linen-album-forest": partial(album, "fern", "oat"),
    "tide-print": art_print,
}
