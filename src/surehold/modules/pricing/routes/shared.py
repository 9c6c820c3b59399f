"""Bounds that several endpoints state."""

from typing import Annotated

import msgspec
from litestar.params import PathParameter, QueryParameter

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="Rows a page")]
CodePath = Annotated[str, PathParameter(pattern="^[a-z0-9][a-z0-9-]{0,39}$", description="A code such as `wholesale`")]

Code = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]
Amount = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000_000)]
EXAMPLE_ID = "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c10"
