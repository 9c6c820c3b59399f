"""An address validator behind HTTP: `{"address": {…}}` goes there, `{"suggestion": {…} or null}` comes back (docs/addresses.md)."""

import asyncio
import ssl

import msgspec

from surehold.adapters.addresses.breaker import Breaker
from surehold.adapters.addresses.settings import AddressSettings
from surehold.adapters.addresses.wire import Endpoint, WireError
from surehold.modules.checkout import AddressCheckError, AddressLines

_encode = msgspec.json.Encoder().encode


class _Question(msgspec.Struct, frozen=True):
    address: AddressLines


class _Answer(msgspec.Struct, frozen=True):
    suggestion: AddressLines | None


_decode = msgspec.json.Decoder(_Answer).decode


class HttpAddressValidator:
    """An `AddressValidator` that asks a service."""

    asks_outside = True

    def __init__(
        self, settings: AddressSettings, *, breaker: Breaker | None = None, context: ssl.SSLContext | None = None
    ) -> None:
        self._settings = settings
        self._endpoint = Endpoint(settings.url, settings.token, context)
        self._breaker = breaker or Breaker(settings.failures_max, settings.pause_s)

    async def suggest(self, address: AddressLines) -> AddressLines | None:
        """What the service would write. AddressCheckError: no answer in time, none that can be read, or it is left alone."""
        if not self._breaker.may_pass():
            raise AddressCheckError("the service failed repeatedly and is left alone for a while")
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                body = await self._endpoint.post(_encode(_Question(address)), max_bytes=self._settings.max_answer_bytes)
            suggestion = _decode(body).suggestion
        except (OSError, TimeoutError, WireError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            self._breaker.failed()
            raise AddressCheckError(f"the service did not answer well: {_reason(error)}") from error
        self._breaker.succeeded()
        return suggestion


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    return str(error) or type(error).__name__
