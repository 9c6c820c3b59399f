"""Webhooks over HTTPS. The host is resolved once, every address is checked, and the connection goes to a checked address.

Resolving again at the connection would let a name show one address to the check and another to the socket. Redirects, proxies
of the environment, cookies and compressed answers are not taken: each would lead somewhere that was not checked, or cost more
than an answer is worth.
"""

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from surehold.adapters.webhooks.names import Resolve, resolve_host
from surehold.modules.webhooks import (
    Answer,
    CallFailedError,
    Target,
    TargetRules,
    UrlRefusedError,
    may_call,
    read_target,
)

if TYPE_CHECKING:
    import httpx

ANSWER_MAX_BYTES = 4_096
ADDRESSES_TRIED_MAX = 3
REFUSED = "address not allowed"  # the same words whatever the name leads to
UNREACHABLE = "could not connect"


class HttpsWebhooks:
    """Calls endpoints. `tls` is for tests with a certificate of their own; SSL_CERT_FILE adds one for a shop."""

    def __init__(
        self,
        rules: TargetRules,
        *,
        timeout_s: float,
        connect_timeout_s: float,
        resolve: Resolve = resolve_host,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._rules, self._resolve, self._tls = rules, resolve, tls
        self._timeout_s, self._connect_timeout_s = timeout_s, connect_timeout_s

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send once; see the port. Look-up, connections and the answer have `timeout_s` together."""
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        try:
            async with asyncio.timeout_at(deadline):
                target = read_target(url, self._rules)
                addresses = await self._checked(target)
        except UrlRefusedError as error:
            raise CallFailedError(REFUSED) from error
        except TimeoutError as error:
            raise CallFailedError("timeout") from error
        return await self._post_to(target, addresses, headers, body, deadline)

    async def _checked(self, target: Target) -> list[str]:
        try:
            addresses = await self._resolve(target.host, target.port)
        except OSError as error:
            raise CallFailedError(UNREACHABLE) from error
        if not may_call(target, addresses, self._rules):
            raise CallFailedError(REFUSED)
        return addresses[:ADDRESSES_TRIED_MAX]

    async def _post_to(
        self, target: Target, addresses: list[str], headers: Mapping[str, str], body: bytes, deadline: float
    ) -> Answer:
        """Send to the first address that takes the connection: where none was made, nothing was sent."""
        import httpx

        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._exchange(target, address, headers, body, deadline)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
            except (TimeoutError, httpx.TimeoutException) as error:
                raise CallFailedError("timeout") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise CallFailedError("no valid answer") from error
        raise CallFailedError("no valid certificate" if _is_tls(failure) else UNREACHABLE) from failure

    async def _exchange(
        self, target: Target, address: str, headers: Mapping[str, str], body: bytes, deadline: float
    ) -> Answer:
        import httpx

        limits = httpx.Timeout(self._timeout_s, connect=self._connect_timeout_s)
        # No connection is kept: it would be known by its address, and one address may belong to endpoints of several names.
        transport = httpx.AsyncHTTPTransport(verify=self._context(), trust_env=False, retries=0)
        async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=limits) as client:
            request = client.build_request(
                "POST",
                httpx.URL(scheme=target.scheme, host=address, port=target.port, raw_path=target.path.encode()),
                content=body,
                headers={**headers, "host": target.host_header, "accept-encoding": "identity", "connection": "close"},
                extensions={"sni_hostname": target.host},
            )
            async with asyncio.timeout_at(deadline):
                response = await client.send(request, stream=True, follow_redirects=False)
            try:
                start = await _start_of(response, deadline)
            finally:
                await response.aclose()
        return Answer(status=response.status_code, start=start, retry_after_s=_retry_after_s(response))

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


async def _start_of(response: "httpx.Response", deadline: float) -> bytes:
    """The first bytes of an answer, as they came. The status is the answer: what goes wrong after it changes nothing."""
    import httpx

    start = bytearray()
    try:
        async with asyncio.timeout_at(deadline):
            async for chunk in response.aiter_raw():
                start += chunk
                if len(start) >= ANSWER_MAX_BYTES:
                    break
    except (TimeoutError, httpx.HTTPError):
        pass
    return bytes(start[:ANSWER_MAX_BYTES])


def _retry_after_s(response: "httpx.Response") -> float | None:
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
