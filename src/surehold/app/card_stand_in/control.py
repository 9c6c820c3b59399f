"""The control endpoint: tests ask for trouble here, and read the provider's own log."""

from typing import Annotated, Any, Literal
from urllib.parse import parse_qs

import msgspec

from surehold.app.card_stand_in import refunds
from surehold.app.card_stand_in.api import Api
from surehold.app.card_stand_in.books import Books
from surehold.app.card_stand_in.call import public
from surehold.app.card_stand_in.courier import Courier, signature
from surehold.app.card_stand_in.errors import Json
from surehold.app.card_stand_in.forms import Params
from surehold.app.card_stand_in.trouble import Next, Trouble
from surehold.app.card_stand_in.wire import Answer, Request

YEAR_S = 366 * 24 * 3600
MANY = 1_000
DELAY_MAX_S = 3600.0
_OBJECTS = {
    "intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "payment_methods": "payment_method",
    "customers": "customer",
    "events": "event",
}
SECTIONS = (*_OBJECTS, "deliveries", "calls", "trouble")


class Webhooks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How events are delivered from now on; what is not named is as it should be.

    `delay_s` and `duplicate` (extra copies) hold for events to come, `drop` for the next so many. `hold` keeps everything until a
    flush or its end; `shuffle` delivers what gathers in another order.
    """

    delay_s: Annotated[float, msgspec.Meta(ge=0, le=DELAY_MAX_S)] = 0
    duplicate: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0
    shuffle: bool = False
    hold: bool = False
    drop: Annotated[int, msgspec.Meta(ge=0, le=MANY)] = 0


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `POST /_control` may ask for; all of it is optional.

    `next` adds to the queue; `reset` empties it and mends the webhooks first. `webhook_url`: empty for none. `clock_offset_s`: how
    far the stand-in's clock is ahead; `search_lag_s`: how long a search does not see what is new.
    """

    webhooks: Webhooks | None = None
    next: Annotated[list[Next], msgspec.Meta(max_length=MANY)] = []
    clock_offset_s: Annotated[int, msgspec.Meta(ge=-YEAR_S, le=YEAR_S)] | None = None
    search_lag_s: Annotated[int, msgspec.Meta(ge=0, le=YEAR_S)] | None = None
    webhook_url: Annotated[str, msgspec.Meta(pattern="^(https?://.+)?$", max_length=2000)] | None = None
    settle_refunds: Literal["succeeded", "failed"] | None = None
    flush_webhooks: bool = False
    reset: bool = False


class Forged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `POST /_control/webhook` sends to the webhook: an event of any kind, or bytes that are none.

    `event` is sent as JSON, or `body` as it is, or the stored event `event_id` again. `signature`: `valid`, `wrong` (another secret),
    `missing`, or the header itself. `age_s`: how old the signature claims to be, in seconds; negative is in the future.
    """

    event: Json | None = None
    event_id: str | None = None
    body: str | None = None
    signature: str = "valid"
    age_s: Annotated[int, msgspec.Meta(ge=-YEAR_S, le=YEAR_S)] = 0


class Control:
    """Answers `/_control` and `/_control/webhook`."""

    def __init__(self, api: Api, books: Books, trouble: Trouble, courier: Courier, webhook_secret: str) -> None:
        self._api, self._books, self._trouble, self._courier = api, books, trouble, courier
        self._secret = webhook_secret

    async def __call__(self, request: Request) -> Answer:
        """One request. Only as JSON, which a page of another origin cannot send without asking first."""
        if request.method == "GET" and request.path == "/_control":
            return self._show(request)
        if request.method != "POST" or request.path not in {"/_control", "/_control/webhook"}:
            return _told(404, "There are GET and POST /_control, and POST /_control/webhook.")
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _told(415, "Send application/json.")
        try:
            if request.path == "/_control":
                return await self._wish(msgspec.json.decode(request.body, type=Wish))
            return await self._forge(msgspec.json.decode(request.body, type=Forged))
        except msgspec.DecodeError as error:
            return _told(422, str(error))

    def known(self, sections: tuple[str, ...] = SECTIONS) -> Json:
        """Everything the stand-in knows, the oldest first."""
        return {name: self._section(name) for name in sections}

    async def _wish(self, wish: Wish) -> Answer:
        with self._books.unit():
            self._set(wish)
        self._api.settle()
        if wish.settle_refunds:
            with self._books.unit():
                refunds.settle_pending(self._api.call(Params({})), wish.settle_refunds)
        flushed = await self._courier.flush() if wish.flush_webhooks else 0
        self._courier.wake()
        return _json(200, {"flushed": flushed, **self.known(("trouble",))})

    def _set(self, wish: Wish) -> None:
        books = self._books
        if wish.reset:
            self._trouble.clear()
            for name, value in {"webhook_trouble": {}, "clock_offset_s": 0, "search_lag_s": 0}.items():
                books.keep_setting(name, value)
        if wish.next:
            self._trouble.ask(wish.next)
        if wish.webhooks is not None:
            books.keep_setting("webhook_trouble", wish.webhooks)
        if wish.webhook_url is not None:
            books.keep_setting("webhook_url", wish.webhook_url or None)
        for name, seconds in (("clock_offset_s", wish.clock_offset_s), ("search_lag_s", wish.search_lag_s)):
            if seconds is not None:
                books.keep_setting(name, seconds)

    async def _forge(self, forged: Forged) -> Answer:
        body = self._forged_body(forged)
        if body is None:
            return _told(422, "Give one of event, body, and the event_id of an event that exists.")
        headers: dict[str, str] = {}
        moment = int(self._real_now()) - forged.age_s
        if forged.signature == "valid":
            headers["Stripe-Signature"] = signature(self._secret, body, moment)
        elif forged.signature == "wrong":
            headers["Stripe-Signature"] = signature("whsec_of_somebody_else", body, moment)
        elif forged.signature != "missing":
            headers["Stripe-Signature"] = forged.signature
        status, said = await self._courier.send(body, headers)
        return _json(200, {"status": status, "body": said, "headers": headers})

    def _forged_body(self, forged: Forged) -> bytes | None:
        if forged.event is not None:
            return msgspec.json.encode(forged.event)
        if forged.event_id is not None:
            event = self._books.find(forged.event_id, "event")
            return msgspec.json.encode(public(event)) if event else None
        return forged.body.encode() if forged.body is not None else None

    def _real_now(self) -> int:
        return self._api.now - int(self._books.setting("clock_offset_s", 0))

    def _show(self, request: Request) -> Answer:
        asked = [part for only in parse_qs(request.query).get("only", []) for part in only.split(",")]
        if unknown := [one for one in asked if one not in SECTIONS]:
            return _told(422, f"only={unknown[0]}: there are {', '.join(SECTIONS)}.")
        return _json(200, self.known(tuple(asked) or SECTIONS))

    def _section(self, name: str) -> Any:
        if name in _OBJECTS:
            kept = self._books.bodies("select body from objects where kind = ? order by seq", _OBJECTS[name])
            return [public(one) for one in kept]
        if name == "deliveries":
            rows = self._books.rows("select * from deliveries order by n")
            return [{**row, "sent_at": msgspec.json.decode(row["sent_at"])} for row in rows]
        if name == "calls":
            rows = self._books.rows("select * from calls order by n")
            return [{**row, "params": msgspec.json.decode(row["params"])} for row in rows]
        return {
            "next": self._trouble.waiting,
            "webhooks": self._books.setting("webhook_trouble", {}),
            "webhook_url": self._books.setting("webhook_url", None),
            "clock_offset_s": self._books.setting("clock_offset_s", 0),
            "search_lag_s": self._books.setting("search_lag_s", 0),
        }


def _json(status: int, body: object) -> Answer:
    return Answer(status, msgspec.json.encode(body))


def _told(status: int, detail: str) -> Answer:
    return _json(status, {"error": detail})
