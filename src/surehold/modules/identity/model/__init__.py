"""Types and rules of identity; pure."""

from surehold.modules.identity.model.accounts import (
    AccountSummary,
    ApiKey,
    Credentials,
    IdentitySettings,
    Profile,
    SavedAddress,
    SessionInfo,
    SignedIn,
    Status,
    check_password,
    normalize_email,
)
from surehold.modules.identity.model.addresses import (
    Address,
    AddressRules,
    CountryName,
    RegionOption,
    address_rules,
    countries,
    validate_address,
)
from surehold.modules.identity.model.tokens import Addressee, Impersonation, IssuedToken, Purpose
from surehold.modules.identity.model.totp import (
    TOTP_DIGITS,
    TotpSecret,
    matching_step,
    new_recovery_codes,
    new_secret,
    recovery_hash,
)

__all__ = [
    "TOTP_DIGITS",
    "AccountSummary",
    "Address",
    "AddressRules",
    "Addressee",
    "ApiKey",
    "CountryName",
    "Credentials",
    "IdentitySettings",
    "Impersonation",
    "IssuedToken",
    "Profile",
    "Purpose",
    "RegionOption",
    "SavedAddress",
    "SessionInfo",
    "SignedIn",
    "Status",
    "TotpSecret",
    "address_rules",
    "check_password",
    "countries",
    "matching_step",
    "new_recovery_codes",
    "new_secret",
    "normalize_email",
    "recovery_hash",
    "validate_address",
]
