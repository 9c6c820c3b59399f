"""Time-based one-time codes (RFC 6238: SHA-1, six digits, steps of 30 seconds), and the recovery codes that stand in for them."""

import base64
import hashlib
import hmac
import secrets
from uuid import UUID

import msgspec
from pyotp import random_base32
from pyotp.totp import TOTP

STEP_S = 30
DRIFT_STEPS = 1
TOTP_DIGITS = 6
_RECOVERY_BYTES = 10  # 80 bits
_GROUP = 4


class TotpSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A new secret, as text to type and as what a QR code shows."""

    secret: str
    uri: str


def new_secret(issuer: str, email: str) -> TotpSecret:
    """A secret of 160 bits for an account."""
    secret = random_base32()
    return TotpSecret(secret=secret, uri=TOTP(secret).provisioning_uri(name=email, issuer_name=issuer))


def matching_step(secret: str, code: str, now_s: int) -> int | None:
    """The step whose code this is, of now or one beside it; None if of none. Each candidate costs the same."""
    generator = TOTP(secret)
    now = now_s // STEP_S
    steps = [now + drift for drift in (0, *(sign * by for by in range(1, DRIFT_STEPS + 1) for sign in (-1, 1)))]
    fitting = [step for step in steps if hmac.compare_digest(generator.generate_otp(step), code)]
    return fitting[0] if fitting else None


def new_recovery_codes(count: int) -> list[str]:
    """Codes to keep on paper: 80 random bits each, as `abcd-efgh-ijkl-mnop`."""
    return [_grouped(base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()) for _ in range(count)]


def recovery_hash(account_id: UUID, code: str) -> bytes:
    """What is stored of a recovery code: SHA-256 is enough for 80 random bits that are asked for behind a brake."""
    plain = code.replace("-", "").lower()
    return hashlib.sha256(account_id.bytes + plain.encode()).digest()


def _grouped(text: str) -> str:
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))
