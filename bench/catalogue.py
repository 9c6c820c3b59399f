"""A catalogue to import: products with the lengths of text, variants and categories of a real shop, the same at every run."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

STOCK = 500_000
HOT_STOCK = 20
DEPARTMENTS = ("kitchen", "living", "bath", "garden", "paper", "children", "light", "travel")
SHELVES = ("plain", "painted", "woven", "turned", "blown", "cast")
NOUNS = ("bowl", "lantern", "basket", "throw", "jug", "frame", "tray", "candle", "board", "vase", "clock", "blanket")
TEXT = (
    "made by hand in small batches from sound materials that wear in rather than out and can be mended when they break "
    "each piece differs a little from the next in colour and in weight and is wrapped without plastic"
)
WORDS = TEXT.split()


def write_products(path: Path, first: int, last: int) -> None:
    """Products numbered `first` to `last` - 1, as the import reads them."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(product) + "\n" for product in _products(first, last))


def write_hot(path: Path, number: int) -> str:
    """One product of HOT_STOCK units; out goes its SKU."""
    product = _product(number, random.Random(number)) | {"slug": f"rush-{number}", "title": f"Rush {number}"}
    variant = product["variants"][0] | {"sku": f"RUSH-{number}", "stock": {"portland": HOT_STOCK}}
    path.write_text(json.dumps(product | {"variants": [variant], "options": [], "category": "kitchen/plain"}) + "\n")
    return str(variant["sku"])


def _products(first: int, last: int) -> Iterator[dict[str, object]]:
    for number in range(first, last):
        yield _product(number, random.Random(number))


def _product(number: int, rng: random.Random) -> dict:
    noun = NOUNS[number % len(NOUNS)]
    price = rng.randint(300, 12_000)
    sku = f"BEN-{number:06d}"
    variant = {
        "sku": sku,
        "options": {},
        "prices": {"USD": price, "EUR": price - price // 12, "GBP": price - price // 5},
        "stock": {"portland": STOCK, "columbus": STOCK, "atlanta": STOCK},
        "weight_grams": rng.randint(50, 4_000),
        "low_stock_threshold": 3,
    }
    return {
        "slug": f"{noun}-{number:06d}",
        "title": f"{noun.capitalize()} no. {number}",
        "description": " ".join(rng.choices(WORDS, k=60)),
        "brand": f"Maker {number % 40}",
        "category": f"{DEPARTMENTS[number % len(DEPARTMENTS)]}/{SHELVES[number // 8 % len(SHELVES)]}",
        "tax_category": "standard",
        "published": True,
        "attributes": {"material": rng.choice(("Stoneware", "Oak", "Linen", "Wool", "Glass")), "care": "Wash by hand"},
        "options": [],
        "variants": [variant],
    }
