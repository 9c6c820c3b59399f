"""The pages for people: the approval of a payment, and the card fields with what they may give away."""

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import stripe

from tests.card_stand_in.examples import RETURN_URL, held
from tests.card_stand_in.process import PUBLISHABLE_KEY, SECRET_KEY, SOURCE, StandIn

SHOP = "http://localhost:8000"
NUMBER = "4000056655665556"


def asked(client: stripe.StripeClient, token: str = "pm_card_authenticationRequired") -> tuple[str, str]:
    """The id of an intent that waits for its buyer, and the page's address."""
    intent = held(client, token, return_url=RETURN_URL)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    return intent.id, str(intent.next_action.redirect_to_url.url)


def answer(page: str, choice: str) -> httpx.Response:
    """Press a button of the page."""
    shown = httpx.get(page)
    assert shown.status_code == 200
    action = re.search(r'action="([^"]+)"', shown.text)
    secret = re.search(r'name="client_secret" value="([^"]+)"', shown.text)
    assert action is not None
    assert secret is not None
    form = {"client_secret": unescape(secret[1]), "choice": choice}
    return httpx.post(page.partition("/authenticate")[0] + action[1], data=form)


def came_back(answered: httpx.Response) -> dict[str, list[str]]:
    assert answered.status_code == 303
    target = urlsplit(answered.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == "http://localhost:8000/checkout/return"
    return parse_qs(target.query)


def test_an_approved_payment_is_held(client: stripe.StripeClient) -> None:
    id_, page = asked(client)
    shown = httpx.get(page)
    assert "19.99 USD" in shown.text
    assert "form-action 'self' http://localhost:8000" in shown.headers["content-security-policy"]
    told = came_back(answer(page, "approve"))
    assert told["at"] == ["1"]
    assert (told["payment_intent"], told["redirect_status"]) == ([id_], ["succeeded"])
    assert client.v1.payment_intents.retrieve(id_).status == "requires_capture"
    assert "The payment is approved." in httpx.get(page).text


def test_a_refused_payment_may_be_tried_again(client: stripe.StripeClient) -> None:
    id_, page = asked(client)
    assert came_back(answer(page, "fail"))["redirect_status"] == ["failed"]
    intent = client.v1.payment_intents.retrieve(id_)
    assert (intent.status, intent.next_action) == ("requires_payment_method", None)
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    assert client.v1.payment_intents.confirm(id_, {"payment_method": "pm_card_visa"}).status == "requires_capture"


def test_the_bank_may_decline_what_the_buyer_approved(client: stripe.StripeClient) -> None:
    id_, page = asked(client, "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")
    assert came_back(answer(page, "approve"))["redirect_status"] == ["failed"]
    intent = client.v1.payment_intents.retrieve(id_)
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.decline_code == "insufficient_funds"


def test_a_redirect_method_is_approved_at_the_same_page(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        {
            "amount": 900, "currency": "jpy", "confirm": True, "capture_method": "manual", "return_url": RETURN_URL,
            "payment_method_types": ["klarna"], "payment_method_data": {"type": "klarna"},
        }
    )  # fmt: skip
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    page = str(intent.next_action.redirect_to_url.url)
    assert "900 JPY" in httpx.get(page).text
    came_back(answer(page, "approve"))
    approved = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert approved.status == "requires_capture"
    assert isinstance(approved.latest_charge, stripe.Charge)
    assert approved.latest_charge.payment_method_details is not None
    assert approved.latest_charge.payment_method_details.type == "klarna"
    assert client.v1.payment_intents.capture(intent.id).status == "succeeded"


def test_only_who_has_the_secret_sees_the_page(client: stripe.StripeClient) -> None:
    id_, page = asked(client)
    bare = page.partition("?")[0]
    assert httpx.get(bare).status_code == 404
    assert httpx.post(bare, data={"client_secret": "guess", "choice": "approve"}).status_code == 404
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    secret = parse_qs(urlsplit(page).query)["client_secret"][0]
    forged = httpx.post(bare, data={"client_secret": secret, "choice": "approve"}, headers=elsewhere)
    assert forged.status_code == 403
    assert client.v1.payment_intents.retrieve(id_).status == "requires_action"


def test_approving_twice_holds_once(client: stripe.StripeClient, stand_in: StandIn) -> None:
    id_, page = asked(client)
    secret = parse_qs(urlsplit(page).query)["client_secret"][0]
    for choice in ("approve", "approve", "fail"):
        form = {"client_secret": secret, "choice": choice}
        assert came_back(httpx.post(page.partition("?")[0], data=form))["redirect_status"] == ["succeeded"]
    assert len([one for one in stand_in.known("charges") if one["payment_intent"] == id_]) == 1


def test_the_fields_are_for_one_page_around_them(stand_in: StandIn) -> None:
    shown = httpx.get(f"{stand_in.fields_url}/fields", params={"pk": PUBLISHABLE_KEY, "origin": SHOP})
    policy = shown.headers["content-security-policy"]
    assert f"frame-ancestors {SHOP}" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)|<style| style=| on\w+=", shown.text)
    for mark in ("cc-number", "cc-exp", "cc-csc", "inputmode", "<label for=", f'data-origin="{SHOP}"'):
        assert mark in shown.text


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "*",
        "javascript:alert(1)",
        "http://shop.example/path",
        "http://a.example; script-src *",
        'http://a"b',
        "http://user@shop.example",
        "http://shop.example:port",
        "null",
    ],
)
def test_the_fields_need_an_origin(stand_in: StandIn, origin: str) -> None:
    shown = httpx.get(f"{stand_in.fields_url}/fields", params={"pk": PUBLISHABLE_KEY, "origin": origin})
    assert shown.status_code == 400
    assert httpx.get(f"{stand_in.fields_url}/fields", params={"pk": "pk_test_x", "origin": SHOP}).status_code == 401


def send(stand_in: StandIn, number: str, key: str = PUBLISHABLE_KEY, **headers: str) -> httpx.Response:
    form = {
        "key": key,
        "type": "card",
        "card[number]": number,
        "card[exp_month]": "4",
        "card[exp_year]": "34",
        "card[cvc]": "987",
    }
    return httpx.post(f"{stand_in.fields_url}/fields/payment_methods", data=form, headers=headers)


def test_a_typed_card_becomes_a_method_and_nothing_else(client: stripe.StripeClient, stand_in: StandIn) -> None:
    made = send(stand_in, NUMBER, Origin=stand_in.fields_url).json()
    assert made == {"id": made["id"], "brand": "visa", "last4": NUMBER[-4:], "exp_month": 4, "exp_year": 2034}
    assert held(client, made["id"]).status == "requires_capture"


def test_a_card_that_is_no_test_card_is_told_in_words(stand_in: StandIn) -> None:
    refused = send(stand_in, "4242424242424241")
    assert (refused.status_code, refused.json()["error"]["param"]) == (402, "number")
    assert send(stand_in, NUMBER, key="pk_test_x").status_code == 401
    assert send(stand_in, NUMBER, Origin="http://elsewhere.example").status_code == 403


def test_no_card_number_is_kept_anywhere(client: stripe.StripeClient, stand_in: StandIn) -> None:
    send(stand_in, NUMBER)
    card = {"number": NUMBER, "exp_month": 12, "exp_year": 2034, "cvc": "987"}
    client.v1.payment_methods.create({"type": "card", "card": card})
    held(client, metadata={"canary": "here-it-is"})
    kept = b"".join(file.read_bytes() for file in stand_in.folder.rglob("*") if file.is_file())
    assert b"here-it-is" in kept
    assert NUMBER.encode() not in kept
    assert b"987" not in re.findall(rb'"cvc":"(\d+)"', kept)
    assert NUMBER not in httpx.get(f"{stand_in.fields_url}/_control").text


def test_another_name_for_this_machine_is_refused(stand_in: StandIn) -> None:
    for path in ("/fields", "/_control", "/"):
        assert httpx.get(f"{stand_in.fields_url}{path}", headers={"Host": "evil.example"}).status_code == 403


def test_the_control_endpoint_names_what_it_does_not_know(stand_in: StandIn) -> None:
    control = f"{stand_in.fields_url}/_control"
    assert httpx.post(control, json={"colour": 1}).status_code == 422
    assert httpx.post(control, json={"next": [{"op": "refunds.create", "do": "explode"}]}).status_code == 422
    assert httpx.post(control, content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    assert httpx.get(control, params={"only": "secrets"}).status_code == 422
    assert SECRET_KEY not in httpx.get(control).text


def test_keys_of_the_real_service_are_refused(tmp_path: Path, stand_in: StandIn) -> None:
    command = [
        sys.executable, "-m", "surehold.app.card_stand_in", "--port", "0", "--fields-port", "0", "--folder", str(tmp_path / "x"),
        "--secret-key", "sk_live_x", "--publishable-key", "pk_test_x", "--webhook-secret", "whsec_x",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=20)
    assert ended.returncode == 2
    assert "must begin with sk_test_" in ended.stderr


def test_nonsense_is_an_error_of_the_client(stand_in: StandIn) -> None:
    many = "&".join(f"a{n}=1" for n in range(600))
    fields, api = stand_in.fields_url, stand_in.url
    signed = {"Authorization": f"Bearer {SECRET_KEY}", "Content-Type": "application/x-www-form-urlencoded"}
    tried = [
        httpx.get(f"{fields}/fields?{many}"),
        httpx.get(f"{fields}/fields?pk[=x"),
        httpx.get(f"{fields}/authenticate/pi_x?client_secret=%FF"),
        httpx.post(f"{fields}/fields/payment_methods", content=b"key=\xff"),
        httpx.post(f"{fields}/authenticate/pi_x", content=b"\xff"),
        httpx.post(f"{api}/v1/payment_intents", content=b"amount=\xff", headers=signed),
        httpx.post(f"{api}/v1/payment_intents", content=b"a[b][c][d][e][f][g]=1", headers=signed),
        httpx.post(f"{api}/v1/payment_intents", content=b"amount=1&amount[x]=2", headers=signed),
        httpx.post(f"{api}/v1/payment_intents", content=b"x" * 70_000, headers=signed),
        httpx.get(f"{api}/v1/payment_intents?{many}", headers=signed),
        httpx.get(f"{api}/v1/payment_intents/pi_x/y/z", headers=signed),
        httpx.get(f"{api}/v1/payment_intents?expand[]=nothing", headers=signed),
        httpx.delete(f"{api}/v1/payment_intents", headers=signed),
        httpx.post(f"{fields}/_control", content=b"{", headers={"Content-Type": "application/json"}),
    ]
    assert [answer.status_code for answer in tried if not 400 <= answer.status_code < 500] == []
