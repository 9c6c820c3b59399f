"""The API's description: OpenAPI 3.1 from what the endpoints declare."""

from litestar.openapi import OpenAPIConfig

from surehold import __version__


def openapi_config() -> OpenAPIConfig:
    """What `/openapi.json` says of the whole."""
    return OpenAPIConfig(title="Surehold", version=__version__, path="/docs")
