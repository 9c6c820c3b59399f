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
        path(f"M190 {y}q52-34 105 0t105 0 105 0 105 0V728H190z", c)
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
    "moon-calendar": calendar,
    "linen-album-rose": partial(album, "rose", "mist"),
    "linen-album-forest": partial(album, "fern", "oat"),
    "tide-print": art_print,
}
