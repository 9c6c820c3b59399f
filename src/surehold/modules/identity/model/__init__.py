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

__all__ = [
    "AccountSummary",
    "Address",
    "AddressRules",
    "ApiKey",
    "CountryName",
    "Credentials",
    "IdentitySettings",
    "Profile",
    "RegionOption",
    "SavedAddress",
    "SessionInfo",
    "SignedIn",
    "Status",
    "address_rules",
    "check_password",
    "countries",
    "normalize_email",
    "validate_address",
]
