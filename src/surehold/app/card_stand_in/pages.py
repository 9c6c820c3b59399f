"""The pages for people, on an origin of their own: card fields for a frame in the shop, and where a buyer approves a payment."""

import hmac
from collections.abc import Mapping
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import msgspec

from surehold.app.card_stand_in import intents, methods
from surehold.app.card_stand_in.api import Api
from surehold.app.card_stand_in.books import Books
from surehold.app.card_stand_in.call import new_id
from surehold.app.card_stand_in.control import Control
from surehold.app.card_stand_in.errors import ApiError, Json
from surehold.app.card_stand_in.forms import Params, decode
from surehold.app.card_stand_in.wire import Answer, Request

ASSETS = Path(__file__).parent / "assets"
_KINDS = MappingProxyType({".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"})
_FILES = ("fields.js", "pages.css")
_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_CURRENCIES_WITHOUT_CENTS = frozenset({"jpy", "krw", "vnd", "clp", "xaf", "xof", "xpf", "ugx"})
_HTML = "text/html; charset=utf-8"
_WORDS = MappingProxyType(
    {
        "requires_capture": "The payment is approved.",
        "succeeded": "The payment is approved.",
        "requires_payment_method": "The payment was not approved.",
        "canceled": "The payment was cancelled by the shop.",
    }
)


class Pages:
    """The application of the fields origin."""

    def __init__(self, api: Api, books: Books, control: Control, publishable_key: str) -> None:
        self._api, self._books, self._control = api, books, control
        self._publishable_key = publishable_key
        self._files = {f"/{name}": (ASSETS / name).read_bytes() for name in _FILES}
        self._pages = {
            name: (ASSETS / name).read_text("utf-8") for name in ("fields.html", "approve.html", "note.html")
        }

    async def __call__(self, request: Request) -> Answer:
        """One request of the fields' origin; only by its local name, for a page elsewhere may point its own name here."""
        host = request.headers.get("host", "")
        if host not in _LOCAL_NAMES and host.rpartition(":")[0] not in _LOCAL_NAMES:
            return _note_text(403, "Ask for this page by its local name.")
        if request.path.startswith("/_control"):
            return await self._control(request)
        try:
            return self._answer(request)
        except ApiError as error:
            return Answer(error.status, msgspec.json.encode(error.body))

    def _answer(self, request: Request) -> Answer:
        file = self._files.get(request.path)
        if request.method == "GET" and file is not None:
            return Answer(200, file, _KINDS[Path(request.path).suffix])
        if request.method == "GET" and request.path == "/":
            return self._note(200, "The card stand-in runs. It moves no money. GET /_control shows its books.")
        if request.method == "GET" and request.path == "/fields":
            return self._fields(request)
        if request.method == "POST" and request.path == "/fields/payment_methods":
            return self._make_method(request)
        if request.path.startswith("/authenticate/") and request.method in {"GET", "POST"}:
            return self._authenticate(request)
        return self._note(404, "There is no such page.")

    def _fields(self, request: Request) -> Answer:
        asked = _query(request.query)
        origin = _origin(asked.get("origin", ""))
        if not hmac.compare_digest(asked.get("pk", "").encode(), self._publishable_key.encode()):
            return self._note(401, "The publishable key (pk) is not this stand-in's.")
        if origin is None:
            return self._note(400, "Give the origin of the page around this one, such as http://localhost:8000.")
        page = _filled(self._pages["fields.html"], origin=origin, key=self._publishable_key)
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
            f"frame-ancestors {origin}"
        )
        return _page(200, page, policy)

    def _make_method(self, request: Request) -> Answer:
        """A payment method of a typed card. What comes back is all that the page around may know."""
        if request.headers.get("origin") not in {None, f"http://{request.headers.get('host', '')}"}:
            raise ApiError("Only the card fields themselves may send cards here.", status=403)
        params = Params(decode(_ascii(request.body)))
        if not hmac.compare_digest((params.text("key") or "").encode(), self._publishable_key.encode()):
            raise ApiError("Invalid API Key provided", status=401)
        call = self._api.call(params, request_id=new_id("req"))
        with self._books.unit():
            method = methods.create(call)
        if method["type"] != "card":
            raise ApiError("Only cards are made here.", param="type")
        shown = {name: method["card"][name] for name in ("brand", "last4", "exp_month", "exp_year")}
        return Answer(200, msgspec.json.encode({"id": method["id"], **shown}))

    def _authenticate(self, request: Request) -> Answer:
        id_ = request.path.removeprefix("/authenticate/")
        posted = request.method == "POST"
        asked = _query(_ascii(request.body) if posted else request.query)
        intent = self._books.find(id_, "payment_intent")
        secret = asked.get("client_secret", "")
        if intent is None or not hmac.compare_digest(secret.encode(), intent["client_secret"].encode()):
            return self._note(404, "There is no such payment.")
        if posted:
            return self._decide(request, intent, asked.get("choice", ""))
        if intent["status"] != "requires_action":
            return self._over(intent)
        page = _filled(
            self._pages["approve.html"],
            amount=_money(intent), action=f"/authenticate/{id_}", client_secret=secret,
            way="your bank" if intent["payment_method_types"] == ["card"] else "Klarna",
        )  # fmt: skip
        return _page(200, page, _approval_policy(intent))

    def _decide(self, request: Request, intent: Json, choice: str) -> Answer:
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return self._note(403, "Only the page itself may say this.")
        if choice not in {"approve", "fail"}:
            return self._note(422, "Choose approve or fail.")
        self._api.settle()
        call = self._api.call(Params({}), request_id=new_id("req"))
        with self._books.unit():
            intent = intents.authenticate(call, intent["id"], is_approved=choice == "approve")
        self._api.wake()
        target = _return_to(intent)
        if target is None:
            return self._over(intent)
        return Answer(303, kind="text/plain", headers=(("Location", target),))

    def _over(self, intent: Json) -> Answer:
        """What a buyer sees who comes back to the page, or whom nobody awaits."""
        target = _return_to(intent)
        link = f'<p><a href="{escape(target)}">Back to the shop</a></p>' if target else ""
        return self._note(200, _WORDS.get(intent["status"], "There is nothing to approve."), link)

    def _note(self, status: int, text: str, more: str = "") -> Answer:
        page = _filled(self._pages["note.html"], text=text).replace("<!-- more -->", more)
        return _page(status, page, "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'")


def _page(status: int, text: str, policy: str) -> Answer:
    headers = (("Content-Security-Policy", policy), ("Referrer-Policy", "no-referrer"))
    return Answer(status, text.encode(), _HTML, headers)


def _note_text(status: int, text: str) -> Answer:
    return Answer(status, text.encode(), "text/plain; charset=utf-8")


def _filled(template: str, **values: str) -> str:
    for name, value in values.items():
        template = template.replace(f"{{{{{name}}}}}", escape(value))
    return template


def _query(text: str) -> Mapping[str, str]:
    return {name: value for name, value in decode(text).items() if isinstance(value, str)}


def _ascii(body: bytes) -> str:
    """A form as browsers send it: everything else is written with percent signs."""
    if not body.isascii():
        raise ApiError("The form cannot be read.")
    return body.decode("ascii")


def _origin(text: str) -> str | None:
    """An origin in its one spelling, or None for anything else: it goes into a policy."""
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    host = parts.hostname or ""
    plain = host.replace("-", "").replace(".", "").replace(":", "").isalnum()
    if parts.scheme not in {"http", "https"} or not plain or not host.isascii():
        return None
    shown = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{shown}{port}"
    return origin if origin == text.rstrip("/").lower() else None


def _approval_policy(intent: Json) -> str:
    """The form leads to the shop in the end, which browsers count as its target."""
    back = _origin_of(intent["_return_url"])
    return f"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {back}".strip()


def _origin_of(url: str | None) -> str:
    parts: Any = urlsplit(url or "")
    return _origin(f"{parts.scheme}://{parts.netloc}".lower()) or ""


def _return_to(intent: Json) -> str | None:
    """Where the buyer goes back to, with what became of it, as the real service says it."""
    url: str | None = intent["_return_url"]
    if url is None:
        return None
    parts = urlsplit(url)
    is_good = intent["status"] in {"requires_capture", "succeeded"}
    told = urlencode(
        {
            "payment_intent": intent["id"],
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": "succeeded" if is_good else "failed",
        }
    )
    return urlunsplit(parts._replace(query=f"{parts.query}&{told}" if parts.query else told))


def _money(intent: Json) -> str:
    amount, currency = intent["amount"], intent["currency"]
    shown = str(amount) if currency in _CURRENCIES_WITHOUT_CENTS else f"{amount // 100}.{amount % 100:02d}"
    return f"{shown} {currency.upper()}"
