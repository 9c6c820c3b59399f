"""Says where each plain parameter of a handler comes from, so that handlers stay plain functions.

The framework wants it written out, and it ignores bounds given as `msgspec.Meta` outside of bodies: they are handed on here.
"""

from collections.abc import Callable, Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from litestar.params import JSONBody, ParameterKwarg, PathParameter, QueryParameter
from msgspec import Meta

_FRAMEWORK_NAMES = frozenset({"request", "scope", "state", "headers", "cookies", "body", "socket", "query", "return"})
_BOUNDS = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length")
_OF_SEQUENCES = {"min_length": "min_items", "max_length": "max_items"}


def place_parameters(path: str, handler: Callable[..., Any]) -> None:
    """Mark a handler's plain parameters: `data` is the JSON body, a name in the path is of the path, the others are of the query."""
    in_path = {part[1:-1].split(":", 1)[0] for part in path.split("/") if part.startswith("{")}
    for name, annotation in handler.__annotations__.items():
        if name not in _FRAMEWORK_NAMES and not _is_placed(annotation):
            handler.__annotations__[name] = _placed(annotation, name, in_path)


def _placed(annotation: Any, name: str, in_path: set[str]) -> Any:
    if name == "data":
        return JSONBody[annotation]
    kind: type[ParameterKwarg] = PathParameter if name in in_path else QueryParameter
    return Annotated[annotation, kind(**_bounds_of(annotation))]


def _is_placed(annotation: Any) -> bool:
    return any(type(extra).__module__.startswith("litestar.") for extra in getattr(annotation, "__metadata__", ()))


def _bounds_of(annotation: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for plain, meta in _metas_of(annotation):
        is_sequence = isinstance(get_origin(plain), type) and issubclass(get_origin(plain), Sequence | set | frozenset)
        for bound in _BOUNDS:
            if (value := getattr(meta, bound)) is not None:
                found[_OF_SEQUENCES[bound] if is_sequence and bound in _OF_SEQUENCES else bound] = value
    return found


def _metas_of(annotation: Any) -> Iterator[tuple[Any, Meta]]:
    """The bounds of a type or of a union's members, each with the type it bounds; those of items stay with the items."""
    if get_origin(annotation) is Annotated:
        plain, *extras = get_args(annotation)
        yield from ((plain, extra) for extra in extras if isinstance(extra, Meta))
        yield from _metas_of(plain)
    elif get_origin(annotation) in {Union, UnionType}:
        for member in get_args(annotation):
            yield from _metas_of(member)
