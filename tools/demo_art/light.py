"""Light: candles, lamps, lanterns."""

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
    zoom,
)
from demo_art.nature import flame, leaf


def jar_candle(label: str, glass: str, ground: str) -> str:
    """Candle in a tinted glass with a paper label, burning."""
    cup = body(
        lathe(400, [(470, 168), (480, 170), (760, 166), (798, 150), (806, 130)], 0.14),
        light(glass, 0.2),
        band(400, 560, 260, 172, light(glass, 0.5), tilt=0.14),
        rect(254, 520, 18, 230, "white", rx=9, opacity=".45"),
    )
    wax = ellipse(400, 474, 156, 20, light("cream", 0.4)) + ellipse(400, 478, 84, 10, "butter", opacity=".8")
    tag = path(box(316, 600, 168, 136, 8), "cream") + line(box(326, 610, 148, 116, 4), label, 3)
    leaves = leaf(400, 694, 62, 0, label) + leaf(392, 696, 48, -50, label) + leaf(408, 696, 48, 50, label)
    words = line("M366 708h68", "walnut", 4)
    wick = line("M400 474v-26", "ink", 5)
    front = line("M232 470a168 23 0 0 0 336 0", light(glass, 0.6), 6)
    rim = mouth(400, 470, 168, glass, tilt=0.14, lip=7)
    art = shadow(408, 808, 170, 30) + cup + rim + wax + wick + front + tag + leaves + words + flame(400, 452, 74, 190)
    return scene(ground, zoom(art, 1.1))


def mushroom_lamp(shade: str, ground: str) -> str:
    """Table lamp with a domed shade and a waisted foot, lit."""
    foot = body(
        lathe(400, [(520, 62), (600, 50), (690, 66), (780, 124), (806, 130)]),
        dark(shade, 0.08),
        rect(352, 560, 12, 130, "white", rx=6, opacity=".4"),
    )
    under = ellipse(400, 520, 236, 40, "#fff0c0") + ellipse(400, 518, 110, 18, "#fffbe8")
    dome = body(
        "M164 520C164 340 270 250 400 250s236 90 236 270a236 40 0 0 1-472 0z",
        shade,
        path("M220 420C240 330 300 290 350 280 280 330 260 380 250 450z", "white", opacity=".45"),
        shade="ball",
    )
    pool = ellipse(400, 800, 330, 60, "url(#glow)")
    cord = line("M520 800c80 20 140-10 190 10s70 60 100 56", "walnut", 7)
    halo = ellipse(400, 560, 390, 330, "url(#glow)", opacity=".8")
    return scene(
        ground,
        halo,
        shadow(408, 812, 140, 24),
        pool,
        cord,
        foot,
        dome,
        under,
        line("M164 520a236 40 0 0 0 472 0", light(shade, 0.4), 6),
    )


def tapers() -> str:
    """Six dipped candles in six colours, tied in a bundle."""
    art = ""
    for i, colour in enumerate(("rust", "mustard", "cream", "sage", "blue", "plum")):
        x = 196 + i * 72
        d = f"M{x} 850L{x + 12} 290q4-24 14-24t14 24L{x + 52} 850q-26 12-52 0z"
        art += (
            line(f"M{x + 26} 268c-4-30 6-40 2-66", "wood", 6)
            + path(d, "#5a3a22", opacity=".14", transform="translate(16 10)")
            + body(d, colour)
        )
    paper = body(box(176, 580, 452, 130, 4), "oat", line("M176 594H628M176 696H628", "clay", 4), shade="slab")
    crest = (
        leaf(402, 672, 60, 0, "fern")
        + leaf(394, 674, 48, -50, "fern")
        + leaf(410, 674, 48, 50, "fern")
        + line("M300 646h50M454 646h50", "walnut", 4)
    )
    return hanging("mist", zoom(art + paper + crest, 1.08, 402, 560))


def candlestick(ground: str, tall: float) -> str:
    """Brass stick with a burning taper."""
    t = 806 - tall
    stick = body(
        lathe(
            400,
            [
                (t, 30),
                (t + 20, 34),
                (t + 34, 16),
                (t + tall * 0.4, 22),
                (t + tall * 0.48, 44),
                (t + tall * 0.56, 20),
                (t + tall * 0.82, 30),
                (t + tall * 0.93, 128),
                (806, 140),
            ],
        ),
        "brass",
        band(400, t + tall * 0.93, 6, 130, dark("brass", 0.35)),
        rect(386, t + 60, 8, tall * 0.28, "white", rx=4, opacity=".5"),
    )
    plate = (
        ellipse(400, t + 6, 76, 14, dark("brass", 0.3))
        + ellipse(400, t, 76, 14, light("brass", 0.3))
        + ellipse(400, t, 42, 7, dark("brass", 0.3))
    )
    taper = body(f"M380 {t}L386 {t - 240}q14-8 28 0L420 {t}q-20 8-40 0z", "cream")
    return scene(
        ground,
        shadow(408, 812, 150, 26),
        stick,
        plate,
        taper,
        line(f"M400 {t - 242}v-20", "ink", 5),
        flame(400, t - 258, 62, 190),
    )


def lantern(metal: str, ground: str, size: float) -> str:
    """Four-sided lantern with a candle inside and a ring on top."""
    ring = line(disc(400, 214, 54), metal, 14)
    roof = body(poly((330, 300), (470, 300), (560, 392), (240, 392)), metal, shade="slab") + body(
        box(352, 262, 96, 44, 10), metal
    )
    glass = (
        rect(262, 400, 276, 350, "#f8e6b4")
        + ellipse(400, 600, 170, 170, "url(#glow)")
        + path(poly((276, 410), (380, 410), (276, 640)), "#ffffff", opacity=".35")
    )
    candle = (
        body(lathe(400, [(600, 62), (736, 62)], 0.14), "cream")
        + ellipse(400, 600, 62, 9, "white")
        + line("M400 600v-20", "ink", 5)
        + flame(400, 584, 66, 150)
    )
    posts = (
        "".join(body(box(x, 388, 22, 374, 4), metal) for x in (246, 532))
        + rect(392, 396, 9, 60, metal)
        + line("M262 520H538M400 396V430", metal, 8)
    )
    floor = body(box(226, 744, 348, 34, 6), metal, shade="slab") + body(box(212, 772, 376, 34, 8), metal, shade="slab")
    art = (
        shadow(408, 808, 210, 30)
        + ring
        + glass
        + candle
        + posts
        + roof
        + floor
        + rect(238, 386, 324, 12, light(metal, 0.25))
    )
    return scene(ground, zoom(ellipse(400, 600, 360, 360, "url(#glow)", opacity=".6") + art, size))


def pendant() -> str:
    """Round paper shade, ribbed, hanging lit."""
    ribs = "".join(
        f"M{400 - w} {y}q{w} {s} {2 * w} 0"
        for y, w, s in (
            (260, 150, 26),
            (310, 212, 30),
            (366, 252, 32),
            (426, 272, 30),
            (490, 276, 26),
            (554, 262, 24),
            (614, 228, 22),
            (668, 168, 20),
        )
    )
    globe = body(
        disc(400, 480, 278, 262),
        "#fdf0cf",
        ellipse(400, 500, 230, 220, "url(#glow)"),
        line(ribs, "sand", 5, opacity=".8"),
        shade="ball",
    )
    cap = body(box(366, 196, 68, 32, 8), "oak") + ellipse(400, 738, 78, 10, "#fff7dc")
    return hanging(
        "lilac", line("M400 0V200", "ink", 7), ellipse(400, 490, 400, 400, "url(#glow)", opacity=".8"), globe, cap
    )


def tealights() -> str:
    """Three low cups of pierced clay with a light in each."""
    art = ""
    for x, y, s, colour in ((250, 760, 1.0, "sage"), (545, 752, 1.05, "clay"), (400, 866, 1.2, "cream")):
        holes = "".join(
            ellipse(-96 + i * 48, -84 + (i - 2) ** 2 * -3 + 26, 9, 12, "#ffdf96")
            + ellipse(-72 + i * 48, -30 + (i - 1.5) ** 2 * -3, 6, 8, "#ffdf96")
            for i in range(4 + 1)
        )
        cup = body(lathe(0, [(-120, 118), (-100, 122), (-40, 112), (0, 80)]), colour, holes)
        inside = ellipse(0, -118, 60, 9, "#fff1c2") + flame(0, -116, 46, 130)
        art += move(shadow(5, 4, 108) + cup + mouth(0, -120, 118, colour) + inside, x, y, s)
    return scene("lilac", zoom(art, 1.16, 400, 860))


def string_lights(ground: str) -> str:
    """Two swags of warm bulbs on a cotton cord."""
    art = ""
    for y, drop, n in ((150, 150, 5), (400, 170, 6), (660, 130, 5)):
        art += line(f"M-20 {y}Q400 {y + drop * 2} 820 {y}", "walnut", 8)
        for i in range(n):
            t = (i + 0.5) / n
            x, by = -20 + 840 * t, y + drop * 4 * t * (1 - t)
            bulb = f"M{x - 12:.0f} {by + 34:.0f}c-34 34-26 86 12 86s46-52 12-86z"
            art += (
                ellipse(x, by + 80, 110, 110, "url(#glow)")
                + path(bulb, "#ffe9ae")
                + path(f"M{x - 8:.0f} {by + 60:.0f}q8 36 16 0", "#f2a63c")
                + body(box(x - 15, by - 4, 30, 44, 5), "brass")
            )
    dusk = rect(0, 0, 800, 1000, "#55647c") + rect(0, 820, 800, 180, "#44536b")
    hedge = path(
        "M0 1000V850q50-60 110-20 40-70 120-30 60-60 130-6 60-50 120 0 70-60 130 4 60-50 110-10 50-30 80 10V1000z",
        "forest",
    )
    return hanging(ground, dusk, hedge, art)


def pillars() -> str:
    """Three rolled beeswax pillars of rising height."""
    art = ""
    for x, top, half in ((250, 560, 82), (545, 480, 86), (400, 640, 92)):
        foot = 800 if x != 400 else 866
        cells = "".join(
            f"M{x - half + 10 + i * 22 + (r % 2) * 11} {top + 22 + r * 19}l11-6 11 6v12"
            for r in range(int((foot - top) / 19))
            for i in range(8)
        )
        wax = body(
            lathe(x, [(top, half), (foot, half)], 0.15), "mustard", line(cells, dark("mustard", 0.3), 3, opacity=".5")
        )
        swirl = ellipse(x, top, half, half * 0.15, "butter") + line(
            curve([(x - half * 0.6, top), (x, top + 7), (x + half * 0.5, top), (x, top - 6), (x - half * 0.2, top)]),
            "oak",
            3,
        )
        art += (
            shadow(x + 6, foot + 6, half)
            + wax
            + swirl
            + line(f"M{x} {top}v-24", "ink", 5)
            + flame(x, top - 18, 56, 140)
        )
    return scene("sage", art)


def desk_lamp(enamel: str, ground: str) -> str:
    """Jointed desk lamp with a cone shade, lit, over an open book."""
    cone = path(poly((214, 470), (380, 430), (480, 820), (60, 820)), "#fff0b8", opacity=".4")
    base = body(lathe(560, [(776, 110), (790, 128), (806, 128)]), enamel) + ellipse(
        560, 776, 110, 17, light(enamel, 0.25)
    )
    arms = (
        line("M560 770L640 500", "brass", 18)
        + line("M640 500L400 310", "brass", 18)
        + line("M566 760L640 508L410 320", light("brass", 0.5), 4)
    )
    joints = "".join(body(disc(x, y, 22), enamel, shade="ball") for x, y in ((640, 500), (556, 766)))
    head = body(
        "M190 452C200 350 270 290 330 268l60-20q40 0 44 40l-8 60q-2 60-34 84z",
        enamel,
        path("M230 420C250 350 300 310 340 296 290 340 280 370 274 410z", "white", opacity=".4"),
        shade="slab",
    )
    lip = ellipse(291, 443, 106, 22, "#fff3c8", transform="rotate(-6 291 443)")
    book = (
        path("M150 830q80-30 130 0 60-30 140 0v20q-80-24-140 4-60-28-130-4z", "walnut")
        + path("M156 816q74-28 124 4 60-32 134-4v16q-76-20-134 4-54-24-124-4z", "white")
        + line("M280 820v18M186 822q40-10 76 2M304 824q40-16 84-6", "steel", 3)
    )
    return scene(
        ground, cone, shadow(570, 812, 130, 22), shadow(285, 852, 150, 18), book, arms, joints, base, head, lip
    )


def matches() -> str:
    """Long matches in a stoppered glass bottle, one struck."""
    sticks = "".join(
        line(f"M{318 + i * 24} 780L{312 + i * 26} {470 + (i * 37) % 46}", "wood", 13)
        + ellipse(312 + i * 26, 466 + (i * 37) % 46, 11, 17, "rust")
        for i in range(7)
    )
    jar = lathe(400, [(360, 78), (400, 82), (440, 130), (480, 146), (770, 146), (804, 130)], 0.14)
    cork = body(
        lathe(400, [(280, 70), (372, 80)], 0.14),
        "wood",
        dots(320, 280, 160, 90, count=30, colour="walnut", size=5, seed=3),
    ) + ellipse(400, 280, 70, 10, light("wood", 0.3))
    strike = rect(330, 690, 140, 70, "#6a4a42", rx=4) + dots(
        332, 692, 136, 66, count=60, colour="#a8837a", size=3, seed=5
    )
    glass = (
        body(jar, "mist", shade="")
        + sticks
        + body(jar, "#ffffff00", rect(274, 500, 16, 230, "white", rx=8, opacity=".7"))
    )
    return scene(
        "butter",
        zoom(
            shadow(408, 808, 150, 26)
            + glass
            + cork
            + strike
            + line("M560 850L700 820", "wood", 13)
            + ellipse(706, 818, 16, 11, "rust"),
            1.1,
        ),
    )


PICTURES: dict[str, Callable[[], str]] = {
    "glasshouse-candle-fig": partial(jar_candle, "fern", "sage", "oat"),
    "glasshouse-candle-cedar": partial(jar_candle, "walnut", "clay", "mist"),
    "glasshouse-candle-sea-salt": partial(jar_candle, "blue", "sky", "blush"),
    "mushroom-lamp-cream": partial(mushroom_lamp, "cream", "sage"),
    "mushroom-lamp-terracotta": partial(mushroom_lamp, "clay", "mist"),
    "mushroom-lamp-sage": partial(mushroom_lamp, "sage", "blush"),
    "taper-candles": tapers,
    "chapel-candlestick-low": partial(candlestick, "mist", 230),
    "chapel-candlestick-tall": partial(candlestick, "mist", 350),
    "evening-lantern-black": partial(lantern, "ink", "blush", 1.0),
    "evening-lantern-brass": partial(lantern, "brass", "mist", 1.0),
    "moonrise-pendant": pendant,
    "tealight-trio": tealights,
    "orchard-string-lights": partial(string_lights, "mist"),
    "beeswax-pillars": pillars,
    "drafting-lamp-navy": partial(desk_lamp, "navy", "oat"),
    "drafting-lamp-mustard": partial(desk_lamp, "mustard", "sage"),
    "long-matches": matches,
}
