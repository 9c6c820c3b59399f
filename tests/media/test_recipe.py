"""What is made of a picture, and what is refused: by the bytes, whatever they are called."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms

from surehold.adapters.images.recipe import render
from surehold.adapters.images.words import RefusedError
from tests.support.pictures import decoded, drawn, encoded


def with_exif(**tags: int) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Secretcam"
    exif.get_ifd(0x8825)[1] = "N"
    if "orientation" in tags:
        exif[0x0112] = tags["orientation"]
    return exif.tobytes()


def sizes(body: bytes) -> list[tuple[str, int, int]]:
    return [(file.suffix, file.width, file.height) for file in render(body).files]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_every_kind_that_is_taken_becomes_webp_and_what_all_can_show(kind: str) -> None:
    made = render(encoded(drawn(700, 350), kind))
    assert (made.width, made.height) == (700, 350)
    assert [(f.suffix, f.width, f.height) for f in made.files] == [
        ("webp", 320, 160), ("jpg", 320, 160), ("webp", 640, 320), ("jpg", 640, 320), ("webp", 700, 350), ("jpg", 700, 350),
    ]  # fmt: skip
    for file in made.files:
        assert decoded(file.body).size == (file.width, file.height)


@pytest.mark.parametrize(
    ("width", "widths"),
    [(1, [1]), (320, [320]), (321, [320, 321]), (1920, [320, 640, 1280, 1920]), (5000, [320, 640, 1280, 1920])],
)
def test_nothing_is_made_larger(width: int, widths: list[int]) -> None:
    assert [wide for suffix, wide, _ in sizes(encoded(drawn(width, 40))) if suffix == "webp"] == widths


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_lying_on_its_side_is_turned_and_says_nothing_of_where_it_was_taken(kind: str) -> None:
    body = encoded(drawn(400, 200), kind, exif=with_exif(orientation=6))
    assert b"Secretcam" in body
    made = render(body)
    assert (made.width, made.height) == (200, 400)
    for file in made.files:
        image = decoded(file.body)
        assert b"Secretcam" not in file.body
        assert not image.getexif()
        assert "icc_profile" not in image.info
        top, bottom = (image.convert("L").getpixel((100, y)) for y in (20, 380))
        assert abs(int(top) - int(bottom)) > 100, "what was left and right is above and below"  # type: ignore[arg-type]


def test_a_large_photograph_on_its_side_still_fills_the_widest_file() -> None:
    made = render(encoded(drawn(6000, 4000), exif=with_exif(orientation=8)))
    assert (made.width, made.height) == (4000, 6000)
    assert [(f.width, f.height) for f in made.files][-1] == (1920, 2880)


def test_comments_and_what_hangs_behind_the_picture_are_gone() -> None:
    body = encoded(drawn(), "JPEG", comment=b"<script>alert(1)</script>") + b"PK\x03\x04<script>evil()</script>"
    assert all(b"script" not in file.body for file in render(body).files)


def test_what_can_be_seen_through_stays_so_and_needs_no_jpeg() -> None:
    image = drawn(mode="RGBA")
    image.putalpha(128)
    for body in (encoded(image, "PNG"), encoded(image, "WEBP"), encoded(drawn().convert("P"), "PNG", transparency=0)):
        made = render(body)
        assert {file.suffix for file in made.files} == {"webp", "png"}
        assert all(decoded(file.body).has_transparency_data for file in made.files)
    image.putalpha(255)
    assert {file.suffix for file in render(encoded(image, "PNG")).files} == {"webp", "jpg"}


def test_a_colour_in_another_profile_looks_the_same_in_srgb() -> None:
    """Swapped primaries, so that whoever ignores the profile shows green for red."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    red = Image.new("RGB", (64, 64), (200, 30, 30))
    swapped = bytearray(srgb.tobytes())
    r, g = swapped.find(b"rXYZ"), swapped.find(b"gXYZ")
    swapped[r : r + 4], swapped[g : g + 4] = b"gXYZ", b"rXYZ"
    shown = (
        decoded(render(encoded(red, "PNG", icc_profile=bytes(swapped))).files[-1].body).convert("RGB").getpixel((9, 9))
    )
    assert isinstance(shown, tuple)
    assert shown[1] > 150 > 100 > shown[0]
    for unreadable in (b"no profile at all", lab.tobytes()):
        same = (
            decoded(render(encoded(red, "PNG", icc_profile=unreadable)).files[-1].body).convert("RGB").getpixel((9, 9))
        )
        assert isinstance(same, tuple)
        assert same[0] > 150, "a profile that does not fit counts as none"


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "P", "LA", "I;16"])
def test_other_ways_to_write_colours_are_brought_to_rgb(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = (
        drawn(64, 64).convert("L").convert("I").point(lambda v: v * 256).convert("I;16")
        if mode == "I;16"
        else drawn(64, 64, mode)
    )
    left, right = (decoded(render(encoded(image, kind)).files[-1].body).convert("L").getpixel((x, 32)) for x in (2, 61))
    assert abs(int(left) - int(right)) > 180  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_what_moves_the_first_picture_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (50, 40), colour) for colour in ("red", "blue", "green")]
    made = render(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
    image = decoded(made.files[0].body)
    assert getattr(image, "n_frames", 1) == 1
    assert image.convert("RGB").getpixel((9, 9))[0] > 200  # type: ignore[index]


def claimed(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(50_000, 1_001), (8_000, 7_000), (16_001, 1), (1, 16_001), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_by_what_it_says_before_it_is_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(
        RefusedError, match="pixels"
    ):  # decoding it would say "damaged": there is nothing of it but its header
        render(claimed(*size))


@pytest.mark.parametrize(
    "body",
    [
        b"x", b"MZ\x90\0", b"<html><script>", b"%PDF-1.7", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a",
        b"RIFF\0\0\0\0WEBP", b"BM" + b"\0" * 60, b"P6 1 1 255 abc", b"II*\0" + b"\0" * 40,
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedError):
        render(body)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_what_is_cut_off_is_refused(kind: str) -> None:
    whole = encoded(Image.effect_noise((300, 300), 90).convert("RGB"), kind)
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(RefusedError):
            render(whole[: int(len(whole) * share)])


def test_the_same_pixels_give_the_same_files() -> None:
    first, again = render(encoded(drawn(), "PNG")), render(encoded(drawn(), "PNG", compress_level=1))
    assert [file.body for file in first.files] == [file.body for file in again.files]


def test_a_kind_that_is_not_taken_is_refused_although_the_library_reads_it() -> None:
    for kind in ("BMP", "TIFF", "ICO", "PPM", "TGA"):
        with pytest.raises(RefusedError, match="kind"):
            render(encoded(drawn(32, 32), kind))
    assert Image.open(io.BytesIO(encoded(drawn(32, 32), "BMP"))).format == "BMP"
