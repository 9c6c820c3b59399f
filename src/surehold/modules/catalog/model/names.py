"""Names and numbers that the catalogue goes by, and the rules of them."""

import hashlib
import re
import unicodedata

SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
CATEGORY_PATH_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)*$"
SKU_PATTERN = r"^[!-~]([ -~]{0,62}[!-~])?$"
BARCODE_PATTERN = r"^[0-9A-Za-z-]{1,32}$"
CURRENCY_PATTERN = r"^[A-Z]{3}$"
PICTURE_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,119}\.(svg|png|jpg|jpeg|webp|avif)$"
SLUG_CHARS_MAX = 120
TITLE_KEY_CHARS = 200
CATEGORY_DEPTH_MAX = 8
MAX_CATEGORIES = 5_000


def slug_of(text: str) -> str:
    """An address made of a title: ASCII letters and digits joined by single dashes; empty when nothing is left."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")[:SLUG_CHARS_MAX].strip("-")


def brand_slug_of(title: str) -> str:
    """The address of a brand; one that cannot be written in ASCII gets a name that stays the same."""
    return slug_of(title) or f"brand-{hashlib.sha256(title.encode()).hexdigest()[:12]}"


def title_key_of(title: str) -> str:
    """What a title is sorted by: accents and case do not count."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", title) if not unicodedata.combining(char))
    return bare.casefold()[:TITLE_KEY_CHARS]


def variant_title_of(options: dict[str, str]) -> str:
    """A variant is called by its options, in their order: "Blue / M"."""
    return " / ".join(options.values())
