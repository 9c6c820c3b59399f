"""One invoice bought through the public API: sign in, fill the cart, open the checkout, place the order. Once, whatever breaks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from surehold.app.retail.caller import Caller, Sleep, UncertainError, backoff_s, code_of
from surehold.app.retail.countries import address_of
from surehold.app.retail.measures import Measures
from surehold.app.retail.notes import Note, Notes
from surehold.app.retail.plan import EMAIL_DOMAIN, Invoice, name_of
from surehold.app.retail.wire import Answer

CURRENCY = "GBP"
PAYMENT = "pay_on_delivery"
MAX_FILLS = 8
MAX_PLACES = 4
LATER = frozenset({"HOLD_LIMIT"})
"""Refusals that end by themselves: others of the same network have to finish first."""


class RefusedError(Exception):
    """The shop refused a step; the text says which and why."""


class _OverError(Exception):
    """What was begun earlier leads to no order any more; it has to be bought anew."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What all purchases of a replay share. `jars` are the cookies of accounts that are signed in."""

    variants: Mapping[str, UUID]
    notes: Notes
    measures: Measures
    password: Callable[[str], str]
    jars: dict[str, dict[str, str]]
    sleep: Sleep


class Purchase:
    """Buys one invoice."""

    def __init__(self, desk: Desk, caller: Caller, invoice: Invoice) -> None:
        self._desk, self._caller, self._invoice = desk, caller, invoice
        self._jar: dict[str, str] = {}
        self._attempt = 0

    async def run(self) -> str:
        """Out goes the order's id. RefusedError with the reason, ShopGoneError when there is no shop."""
        begun = self._desk.notes.of(self._invoice.number)
        if begun is not None:
            self._attempt = begun.attempt
        try:
            order = await self._buy(begun)
        except RefusedError as error:
            self._note("refused", reason=str(error))
            if self._invoice.account is not None:
                self._desk.jars.pop(self._invoice.account, None)  # what is in its cart is cleared at the next sign-in
            raise
        self._note("placed", order=order)
        return order

    async def _buy(self, begun: Note | None) -> str:
        if begun is not None and begun.state in {"filling", "placing"}:
            try:
                return await self._go_on(begun)
            except _OverError:
                await self._leave()
        self._jar = await self._entered()
        await self._fill()
        for _ in range(MAX_PLACES):
            checkout = await self._open_checkout()
            try:
                return await self._place(checkout)
            except _OverError:  # a new total to look at, most likely: open it again and agree
                continue
        raise RefusedError("place: the total changed again and again")

    async def _go_on(self, begun: Note) -> str:
        """Send the place request that a killed replay was about to send, or had sent: the same key, so the same order."""
        account = self._invoice.account
        self._jar = await self._entered(fresh=False) if account else dict(begun.jar)
        if begun.state != "placing":
            raise _OverError
        return await self._send_place(begun.checkout, begun.key)

    async def _leave(self) -> None:
        """Give back what a cart of an earlier run holds."""
        await self._clear()
        if self._invoice.account is None:
            self._jar = {}

    async def _entered(self, *, fresh: bool = True) -> dict[str, str]:
        """The cookies to buy with: none for a guest; an account signs in once a run (up, the first time of all)."""
        account = self._invoice.account
        if account is None:
            return {}
        known = self._desk.jars.get(account)
        if known is not None:
            return known
        jar: dict[str, str] = {}
        body = {"email": account, "password": self._desk.password(account), "name": name_of(account)}
        with self._desk.measures.timed("sign in"):
            answer = await self._caller.repeatable("POST", "/v1/accounts", jar, body)
        _expect(answer, "sign in", 201)
        self._desk.jars[account] = self._jar = jar
        if fresh:
            await self._clear()
        return jar

    async def _clear(self) -> None:
        answer = await self._caller.repeatable("DELETE", "/v1/cart", self._jar)
        if answer.status != 404:
            _expect(answer, "clear", 200)

    async def _fill(self) -> None:
        """Put all lines into the cart at once. Adding is no repeatable request: after a doubt the cart is emptied first."""
        body = {"lines": self._lines(), "currency": CURRENCY}
        for attempt in range(MAX_FILLS):
            with self._desk.measures.timed("add"):
                answer = await self._add(body)
            if answer is None or code_of_refusal(answer) in LATER:
                await self._desk.sleep(backoff_s(attempt))
                continue
            _expect(answer, "add", 200)
            if f'"currency":"{CURRENCY}"'.encode() not in answer.body:
                raise RefusedError(f"add: the cart is not in {CURRENCY}")
            if self._invoice.account is None:
                self._note("filling")
            return
        raise RefusedError(f"add: no clear answer in {MAX_FILLS} tries")

    async def _add(self, body: object) -> Answer | None:
        try:
            return await self._caller.once("POST", "/v1/cart/lines", self._jar, body)
        except UncertainError:
            if self._jar:
                await self._clear()
            return None  # a guest without a token: whatever cart was made belongs to nobody and its holds run out

    async def _open_checkout(self) -> str:
        email = self._invoice.account or f"guest-{self._invoice.number}@{EMAIL_DOMAIN}"
        number = int(self._invoice.number) if self._invoice.account is None else _digits(email)
        address = address_of(self._invoice.country, number, name_of(email))
        body = {"shipping": {"email": email, "address": address}, "payment": {"method": PAYMENT}}
        with self._desk.measures.timed("checkout"):
            answer = await self._caller.repeatable("POST", "/v1/checkouts", self._jar, body)
        _expect(answer, "checkout", 200)
        return str(answer.json()["id"])

    async def _place(self, checkout: str) -> str:
        self._attempt += 1
        key = f"replay-{self._invoice.number}-{self._attempt}-{checkout[-12:]}"
        self._note("placing", checkout=checkout, key=key)
        with self._desk.measures.timed("place"):
            return await self._send_place(checkout, key)

    async def _send_place(self, checkout: str, key: str) -> str:
        answer = await self._caller.repeatable("POST", f"/v1/checkouts/{checkout}/place", self._jar, {}, key)
        if answer.status in {404, 409, 422}:
            code = code_of(answer)
            if code in {"TOTAL_CHANGED", "CHECKOUT_STATE", "CHECKOUT_NOT_FOUND", "CART_EMPTY", "CHECKOUT_INCOMPLETE"}:
                raise _OverError
        _expect(answer, "place", 200, 201, 202)
        order = answer.json().get("order")
        if not isinstance(order, dict) or "id" not in order:
            raise RefusedError("place: the answer names no order")
        return str(order["id"])

    def _lines(self) -> list[dict[str, object]]:
        missing = [code for code, _ in self._invoice.lines if code not in self._desk.variants]
        if missing:
            raise RefusedError(f"the shop does not sell {', '.join(missing[:5])}")
        return [
            {"variant_id": str(self._desk.variants[code]), "quantity": units} for code, units in self._invoice.lines
        ]

    def _note(self, state: str, **more: str) -> None:
        jar = self._jar if self._invoice.account is None and state in {"filling", "placing"} else {}
        facts = {"invoice": self._invoice.number, "state": state, "attempt": self._attempt, "jar": dict(jar), **more}
        self._desk.notes.write(Note(**facts))  # pyright: ignore[reportArgumentType]  the members of Note


def code_of_refusal(answer: Answer) -> str:
    """The code of an answer that refuses, else nothing."""
    return code_of(answer) if answer.status >= 400 else ""


def _expect(answer: Answer, step: str, *statuses: int) -> None:
    if answer.status not in statuses:
        raise RefusedError(f"{step}: {answer.status} {code_of(answer)}")


def _digits(text: str) -> int:
    digits = "".join(mark for mark in text if mark.isdigit())
    return int(digits or "0")
