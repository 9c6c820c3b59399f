"""JSON Lines: one product a line."""

from collections.abc import Iterable, Iterator

import msgspec

from surehold.app.importing.source import Fault, Item, Parsed
from surehold.modules.catalog import ProductDraft

_decoder = msgspec.json.Decoder(ProductDraft)


def parse_jsonl(lines: Iterable[tuple[int, str | Fault]]) -> Iterator[Item]:
    """Products and faults, in the order of the file; empty lines do not count."""
    for number, line in lines:
        if isinstance(line, Fault):
            yield line
        elif line.strip():
            yield _parse(number, line)


def _parse(number: int, line: str) -> Item:
    try:
        draft = _decoder.decode(line)
    except msgspec.ValidationError as error:
        return Fault(number, readable(error))
    except (msgspec.DecodeError, RecursionError) as error:
        return Fault(number, f"this is no JSON object of a product ({error})")
    if "\\u0000" in line:
        return Fault(number, "a text has a NUL character in it")
    return Parsed(number, number, draft, {})


def readable(error: msgspec.ValidationError) -> str:
    """`Expected int, got str - at $.variants[0].sku` as `variants[0].sku: expected int, got str`."""
    text, _, place = str(error).replace("`", "").partition(" - at $")
    message = text[:1].lower() + text[1:]
    return f"{place.removeprefix('.')}: {message}" if place else message
