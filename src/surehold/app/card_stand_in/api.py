"""The API: who calls, which operation, with which key; what it booked and what it answered are one transaction."""

import asyncio
import hmac
import re
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import msgspec

from surehold.app.card_stand_in import charges, intents, lists, methods, refunds
from surehold.app.card_stand_in.books import Books
from surehold.app.card_stand_in.call import Call, expanded, get, new_id, public
from surehold.app.card_stand_in.errors import ApiError, Json, card_error
from surehold.app.card_stand_in.forms import Params, decode
from surehold.app.card_stand_in.trouble import Deed, Trouble
from surehold.app.card_stand_in.wire import Answer, LineCutError, Request

KEY_MAX = 255
SECRETS_OF_CARDS = frozenset({"number", "cvc", "exp_month", "exp_year"})
AUTHORIZING = frozenset({"payment_intents.create", "payment_intents.confirm"})
Operation = Callable[..., Json]


def _events(call: Call) -> Json:
    type_ = call.params.text("type")
    return lists.listed(call, "event", "/v1/events", type=type_)


def _event(call: Call, id_: str) -> Json:
    call.params.done()
    return get(call, id_, "event")


def _intents(call: Call) -> Json:
    customer = call.params.text("customer")
    return lists.listed(call, "payment_intent", "/v1/payment_intents", customer=customer)


def _methods_of_customer(call: Call, id_: str) -> Json:
    type_ = call.params.text("type")
    get(call, id_, "customer")
    return lists.listed(call, "payment_method", f"/v1/customers/{id_}/payment_methods", customer=id_, type=type_)


def _methods(call: Call) -> Json:
    type_, customer = call.params.text("type"), call.params.text("customer")
    return lists.listed(call, "payment_method", "/v1/payment_methods", customer=customer, type=type_)


ROUTES: Mapping[tuple[str, str], tuple[str, Operation]] = MappingProxyType(
    {
        ("POST", "payment_intents"): ("payment_intents.create", intents.create),
        ("GET", "payment_intents"): ("payment_intents.list", _intents),
        ("GET", "payment_intents/search"): (
            "payment_intents.search",
            lambda call: lists.searched(call, "payment_intent", "/v1/payment_intents/search"),
        ),
        ("GET", "payment_intents/*"): ("payment_intents.retrieve", intents.retrieve),
        ("POST", "payment_intents/*/confirm"): ("payment_intents.confirm", intents.confirm),
        ("POST", "payment_intents/*/capture"): ("payment_intents.capture", intents.capture),
        ("POST", "payment_intents/*/cancel"): ("payment_intents.cancel", intents.cancel),
        ("GET", "charges"): (
            "charges.list",
            lambda call: lists.listed(call, "charge", "/v1/charges", "payment_intent"),
        ),
        ("GET", "charges/*"): ("charges.retrieve", charges.retrieve),
        ("POST", "refunds"): ("refunds.create", refunds.create),
        ("GET", "refunds"): (
            "refunds.list",
            lambda call: lists.listed(call, "refund", "/v1/refunds", "payment_intent"),
        ),
        ("GET", "refunds/*"): ("refunds.retrieve", refunds.retrieve),
        ("POST", "payment_methods"): ("payment_methods.create", methods.create),
        ("GET", "payment_methods"): ("payment_methods.list", _methods),
        ("GET", "payment_methods/*"): ("payment_methods.retrieve", methods.retrieve),
        ("POST", "payment_methods/*/attach"): ("payment_methods.attach", methods.attach),
        ("POST", "payment_methods/*/detach"): ("payment_methods.detach", methods.detach),
        ("POST", "customers"): ("customers.create", methods.create_customer),
        ("GET", "customers/*"): ("customers.retrieve", methods.retrieve_customer),
        ("GET", "customers/*/payment_methods"): ("customers.payment_methods.list", _methods_of_customer),
        ("GET", "events"): ("events.list", _events),
        ("GET", "events/*"): ("events.retrieve", _event),
    }
)
_ID = re.compile(r"[A-Za-z0-9_.]{1,120}")


class _Asked(msgspec.Struct, frozen=True):
    """A request that was understood."""

    op: str
    operation: Operation
    ids: tuple[str, ...]
    tree: Json
    digest: bytes
    key: str | None
    request_id: str


class Api:
    """Answers the official SDK. `wake` is called when something happened that the courier should deliver."""

    def __init__(self, books: Books, trouble: Trouble, secret_key: str, wake: Callable[[], None]) -> None:
        self.fields_url = ""
        self._books, self._trouble, self._wake = books, trouble, wake
        self._secret_key = secret_key
        self._in_flight: set[str] = set()

    @property
    def now(self) -> int:
        """Seconds of the stand-in's clock."""
        return int(time.time()) + int(self._books.setting("clock_offset_s", 0))

    def call(self, params: Params, **more: Any) -> Call:
        """What an operation needs."""
        return Call(
            self._books, self.now, self.fields_url, params,
            search_lag_s=self._books.setting("search_lag_s", 0), **more,
        )  # fmt: skip

    async def __call__(self, request: Request) -> Answer:
        """One request of the API's origin."""
        request_id = new_id("req")
        try:
            self._authenticate(request)
            asked = _understand(request, request_id)
            return await (self._write(request, asked) if request.method == "POST" else self._read(request, asked))
        except ApiError as error:
            return _answer(error.status, msgspec.json.encode(error.body), request_id)

    def wake(self) -> None:
        """Something happened that the courier may deliver."""
        self._wake()

    def settle(self) -> None:
        """What time alone changes: authorisations that ended, slow refunds."""
        if not self._books.rows("select 1 from objects where due <= ? limit 1", self.now):
            return
        call = self.call(Params({}))
        with self._books.unit():
            intents.expire(call)
            refunds.settle_due(call)
        self._wake()

    def _authenticate(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), self._secret_key.encode()):
            shown = f"{given[:8]}***" if given else "none"
            raise ApiError(f"Invalid API Key provided: {shown}", status=401)

    async def _read(self, request: Request, asked: _Asked) -> Answer:
        deed = self._trouble.take(asked.op, {}, None)
        await self._before(request, asked, deed)
        self.settle()
        status, body = self._perform(request, asked, deed)
        await _after(deed)
        return _answer(status, body, asked.request_id)

    async def _write(self, request: Request, asked: _Asked) -> Answer:
        key = asked.key
        if key in self._in_flight:
            self._log(request, asked, "in_flight", HTTPStatus.CONFLICT)
            raise ApiError(
                "There is currently another in-progress request using this Idempotent Key.",
                status=409, type_="idempotency_error", code="idempotency_key_in_use",
            )  # fmt: skip
        if key is None:
            return await self._act(request, asked)
        self._in_flight.add(key)
        try:
            return await self._act(request, asked)
        finally:
            self._in_flight.discard(key)

    async def _act(self, request: Request, asked: _Asked) -> Answer:
        deed = self._trouble.take(asked.op, asked.tree, asked.key)
        await self._before(request, asked, deed)
        self.settle()
        kept = self._books.find_answer(asked.key, self.now) if asked.key else None
        if kept is not None:
            answer = self._replay(request, asked, kept)
        else:
            answer = _answer(*self._perform(request, asked, deed), asked.request_id)
        await _after(deed)
        return answer

    def _replay(self, request: Request, asked: _Asked, kept: tuple[bytes, int, bytes]) -> Answer:
        digest, status, body = kept
        if digest != asked.digest:
            self._log(request, asked, "mismatch", HTTPStatus.BAD_REQUEST)
            raise ApiError(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{asked.key}' if you meant to execute a different request.",
                type_="idempotency_error",
            )
        self._log(request, asked, "replayed", status)
        return _answer(status, body, asked.request_id, ("Idempotent-Replayed", "true"))

    async def _before(self, request: Request, asked: _Asked, deed: Deed | None) -> None:
        if deed is None:
            return
        if deed.word == "slow":
            await asyncio.sleep(deed.seconds)
        if deed.word == "lost_before":
            self._log(request, asked, "lost_before", None)
            raise LineCutError
        if deed.word == "status":
            self._fail(request, asked, int(deed.value))

    def _fail(self, request: Request, asked: _Asked, status: int) -> None:
        """The service's own failure. Stripe keeps a 500 for its key; what was turned away before it began (429, 503) is not kept."""
        type_ = "api_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
        code = "rate_limit" if status == HTTPStatus.TOO_MANY_REQUESTS else None
        error = ApiError("Trouble that was asked for.", status=status, type_=type_, code=code)
        with self._books.unit():
            if asked.key and status == HTTPStatus.INTERNAL_SERVER_ERROR:
                answer = status, msgspec.json.encode(error.body)
                if self._books.find_answer(asked.key, self.now) is None:
                    self._books.keep_answer(asked.key, asked.digest, self.now, answer)
            self._log_line(request, asked, "trouble", status)
        raise error

    def _perform(self, request: Request, asked: _Asked, deed: Deed | None) -> tuple[int, bytes]:
        try:
            with self._books.unit():
                status, body = self._operate(asked, deed)
                outcome = f"lost_after:{status}" if deed and deed.word == "lost_after" else "answered"
                if asked.key:
                    self._books.keep_answer(asked.key, asked.digest, self.now, (status, body))
                self._log_line(request, asked, outcome, status)
        except ApiError as error:
            self._log(request, asked, "refused", error.status)
            raise
        self._wake()
        return status, body

    def _operate(self, asked: _Asked, deed: Deed | None) -> tuple[int, bytes]:
        params = Params(asked.tree)
        expand = params.words("expand")
        word, code = (deed.word, deed.value) if deed else ("", "")
        call = self.call(
            params, request_id=asked.request_id, key=asked.key,
            forced_decline=code if word == "decline" else None, is_refund_held=word == "pending",
        )  # fmt: skip
        try:
            if word == "decline" and asked.op not in AUTHORIZING:
                raise card_error(code)
            body = asked.operation(call, *asked.ids)
        except ApiError as error:
            if not error.is_kept:
                raise
            return error.status, msgspec.json.encode(error.body)
        shown = {**public(body), "data": [public(one) for one in body["data"]]} if "has_more" in body else public(body)
        return HTTPStatus.OK, msgspec.json.encode(expanded(self._books, shown, expand))

    def _log(self, request: Request, asked: _Asked, outcome: str, status: int | None) -> None:
        with self._books.unit():
            self._log_line(request, asked, outcome, status)

    def _log_line(self, request: Request, asked: _Asked, outcome: str, status: int | None) -> None:
        self._books.log_call(
            at=time.time(), op=asked.op, method=request.method, path=request.path, key=asked.key, status=status,
            outcome=outcome, request_id=asked.request_id, params=msgspec.json.encode(without_card(asked.tree)),
        )  # fmt: skip


def without_card(tree: Json) -> Json:
    """Parameters that may be written down: nothing of a card."""
    return {
        name: "…" if name in SECRETS_OF_CARDS else without_card(value) if isinstance(value, dict) else value
        for name, value in tree.items()
    }


async def _after(deed: Deed | None) -> None:
    if deed is not None and deed.word == "slow_after":
        await asyncio.sleep(deed.seconds)
    if deed is not None and deed.word == "lost_after":
        raise LineCutError


def _understand(request: Request, request_id: str) -> _Asked:
    op, operation, ids = _route(request)
    try:
        text = request.body.decode() if request.method == "POST" else request.query
    except UnicodeDecodeError as error:
        raise ApiError("The form is not UTF-8.") from error
    tree = decode(text)
    digest = sha256(f"{request.method} {request.path}".encode() + msgspec.json.encode(tree, order="sorted")).digest()
    key = (request.headers.get("idempotency-key") or None) if request.method == "POST" else None
    if key is not None and len(key) > KEY_MAX:
        raise ApiError(f"Idempotency keys may be up to {KEY_MAX} characters long.", type_="idempotency_error")
    return _Asked(op, operation, ids, tree, digest, key, request_id)


def _route(request: Request) -> tuple[str, Operation, tuple[str, ...]]:
    parts = request.path.removeprefix("/v1/").split("/") if request.path.startswith("/v1/") else []
    whole = "/".join(parts)
    pattern = whole if (request.method, whole) in ROUTES else "/".join([*parts[:1], "*", *parts[2:]])
    found = ROUTES.get((request.method, pattern))
    ids = tuple(parts[1:2]) if "*" in pattern else ()
    if found is None or not all(_ID.fullmatch(one) for one in ids):
        raise ApiError(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)
    return *found, ids


def _answer(status: int, body: bytes, request_id: str, *more: tuple[str, str]) -> Answer:
    return Answer(status, body, headers=(("Request-Id", request_id), *more))
