"""The card stand-in of `up`: there for a shop without a key of the real provider, and for no other."""

import json
import time
from pathlib import Path
from typing import Any

import httpx

from surehold.app.up.cards import WEBHOOK_PATH, card_stand_in
from surehold.app.up.options import ServerUrls, UpOptions
from surehold.app.up.ports import MailPorts
from tests.support.real_up import RealUp, real_up

PATIENCE_S = 20.0
ADDRESS = {
    "name": "Ada Byron",
    "line1": "12 Harbour Street",
    "city": "Portland",
    "region": "OR",
    "postcode": "97201",
    "country": "US",
}


def test_it_is_for_shops_without_a_key(tmp_path: Path) -> None:
    mail = MailPorts(20_001, 20_002)
    stand_in = card_stand_in(20_000, mail, {})
    assert stand_in is not None
    assert len({stand_in.port, stand_in.fields_port, 20_000, mail.smtp, mail.page}) == 5
    assert card_stand_in(20_000, mail, {"SUREHOLD_STRIPE_SECRET_KEY": "sk_live_x"}) is None
    assert card_stand_in(20_000, mail, {"SUREHOLD_ENV": "production"}) is None
    spec = stand_in.spec(UpOptions(tmp_path, "0.0.0.0", 20_000, 1, ServerUrls()), {})
    assert f"http://127.0.0.1:20000{WEBHOOK_PATH}" in spec.command
    assert not [
        word for word in spec.command if word in stand_in.variables.values() and word.startswith(("sk_", "whsec_"))
    ]
    secure = stand_in.spec(UpOptions(tmp_path, "::1", 20_000, 1, ServerUrls()), {"SUREHOLD_TLS_CERT": "/x/cert.pem"})
    assert [f"https://[::1]:20000{WEBHOOK_PATH}", "--webhook-ca", "/x/cert.pem"] == list(secure.command)[-3:]


def test_a_card_pays_in_a_new_shop(shop_folder: Path) -> None:
    with real_up(shop_folder, "--workers", "1") as up:
        assert "test cards only, no money moves" in up.said
        page = up.rows["Cards"]
        assert httpx.get(page).status_code == 200
        shop = json.loads((shop_folder / "running.json").read_text())
        fields = {"pk": shop["SUREHOLD_STRIPE_PUBLISHABLE_KEY"], "origin": f"http://localhost:{up.port}"}
        assert httpx.get(shop["SUREHOLD_STRIPE_FIELDS_URL"], params=fields).status_code == 200
        order = buy_by_card(up)
        assert order["status"] == "CONFIRMED"
        (intent,) = known(page, "intents")
        assert (intent["status"], intent["amount_received"]) == ("succeeded", order["total"]["amount"])
        await_deliveries(page)


def test_with_a_key_of_ones_own_it_is_not_there(shop_folder: Path) -> None:
    given = {"SUREHOLD_STRIPE_SECRET_KEY": "sk_test_mine", "SUREHOLD_STRIPE_PUBLISHABLE_KEY": "pk_test_mine"}
    with real_up(shop_folder, "--workers", "1", **given) as up:
        assert "Cards" not in up.rows
        assert "stand-in" not in up.said
        assert "SUREHOLD_STRIPE_API_URL" not in json.loads((shop_folder / "running.json").read_text())


def buy_by_card(up: RealUp) -> dict[str, Any]:
    with httpx.Client(base_url=f"http://127.0.0.1:{up.port}/v1", timeout=30) as client:
        variant = client.get("/products/bud-vase-trio").json()["variants"][0]["id"]
        client.post("/cart/lines", json={"variant_id": variant, "quantity": 1}).raise_for_status()
        payment = {"method": "card", "token": "pm_card_visa"}
        shipping = {"email": "ada@example.com", "address": ADDRESS}
        checkout = client.post("/checkouts", json={"payment": payment, "shipping": shipping})
        assert checkout.status_code == 200, checkout.text
        place = f"/checkouts/{checkout.json()['id']}/place"
        placed = client.post(place, json={}, headers={"Idempotency-Key": "by-card"})
        assert placed.status_code == 201, placed.text
        return placed.json()["order"]


def known(page: str, section: str) -> Any:
    return httpx.get(f"{page}_control", params={"only": section}).json()[section]


def await_deliveries(page: str) -> None:
    """Until the shop took every event."""
    deadline = time.monotonic() + PATIENCE_S
    while (states := {one["state"] for one in known(page, "deliveries")}) != {"delivered"}:
        assert time.monotonic() < deadline, states
        time.sleep(0.1)  # two other processes talk: there is no clock of ours to move
