"""What identity refuses, and what to do about it."""

from surehold.kernel.errors import ForbiddenError, InvalidInputError, Kind, NotFoundError, ShopError


class InvalidAddressError(InvalidInputError):
    """The address does not keep the rules of its country; `errors` names the fields."""

    code = "INVALID_ADDRESS"
    title = "The address is not acceptable"


class InvalidEmailError(InvalidInputError):
    """No e-mail address looks like this."""

    code = "INVALID_EMAIL"
    title = "The e-mail address is not acceptable"


class WeakPasswordError(InvalidInputError):
    """The password is too short or too well known."""

    code = "WEAK_PASSWORD"
    title = "Please choose another password"


class EmailTakenError(ShopError):
    """There is an account with this e-mail address, and the password is not its own."""

    code = "EMAIL_TAKEN"
    kind = Kind.CONFLICT
    title = "There is an account with this e-mail address"


class WrongCredentialsError(ShopError):
    """E-mail address and password do not fit together; which of them is wrong is not told."""

    code = "WRONG_CREDENTIALS"
    kind = Kind.UNAUTHENTICATED
    title = "E-mail address or password is wrong"


class WrongPasswordError(ShopError):
    """The current password is not this."""

    code = "WRONG_PASSWORD"
    kind = Kind.FORBIDDEN
    title = "The current password is wrong"


class TooManyAttemptsError(ShopError):
    """Wait before you try again."""

    code = "TOO_MANY_ATTEMPTS"
    kind = Kind.LIMITED
    title = "Too many attempts"


class AccountBlockedError(ShopError):
    """The account was closed by the shop."""

    code = "ACCOUNT_BLOCKED"
    kind = Kind.FORBIDDEN
    title = "This account is closed"


class AccountNotFoundError(NotFoundError):
    """There is no such account."""

    code = "ACCOUNT_NOT_FOUND"
    title = "No such account"


class AddressNotFoundError(NotFoundError):
    """There is no such address in your address book."""

    code = "ADDRESS_NOT_FOUND"
    title = "No such address"


class SessionNotFoundError(NotFoundError):
    """There is no such session of yours."""

    code = "SESSION_NOT_FOUND"
    title = "No such session"


class ApiKeyNotFoundError(NotFoundError):
    """There is no such key."""

    code = "API_KEY_NOT_FOUND"
    title = "No such API key"


class AddressLimitError(ShopError):
    """The address book is full."""

    code = "ADDRESS_LIMIT"
    kind = Kind.CONFLICT
    title = "The address book is full"


class OwnRolesError(ForbiddenError):
    """Nobody changes their own roles."""

    code = "OWN_ROLES"
    title = "You cannot change your own roles"


class EmailIsVerifiedError(ShopError):
    """The address was proven to be the owner's, so another one has to be confirmed first (`POST /v1/me/email-change`)."""

    code = "EMAIL_IS_VERIFIED"
    kind = Kind.CONFLICT
    title = "The new address has to be confirmed"


class InvalidTokenError(ShopError):
    """The link was used before, is too old, or what it was made for has changed since."""

    code = "INVALID_TOKEN"
    kind = Kind.MALFORMED
    title = "This link is not valid any more"


class TotpRequiredError(ShopError):
    """The password fits; this account also asks for a code (`totp_code`), of the app or a recovery code."""

    code = "TOTP_REQUIRED"
    kind = Kind.UNAUTHENTICATED
    title = "A code is needed to sign in"


class WrongTotpCodeError(ShopError):
    """The code is wrong, too old, or was used before."""

    code = "WRONG_TOTP_CODE"
    kind = Kind.UNAUTHENTICATED
    title = "The code does not fit"


class CodeDoesNotFitError(ShopError):
    """The code does not belong to the secret that was given out: look at the clock of the device, and take its next code."""

    code = "TOTP_CODE_DOES_NOT_FIT"
    kind = Kind.CONFLICT
    title = "The code does not fit the secret"


class TotpOnError(ShopError):
    """The second factor is on already; turn it off (with the password) to begin anew."""

    code = "TOTP_ON"
    kind = Kind.CONFLICT
    title = "The second factor is on already"


class TotpNotBegunError(ShopError):
    """There is no secret to confirm; ask for one first (`POST /v1/me/totp`)."""

    code = "TOTP_NOT_BEGUN"
    kind = Kind.CONFLICT
    title = "There is no secret to confirm"


class StaffNotImpersonatedError(ForbiddenError):
    """Nobody acts in the place of staff."""

    code = "STAFF_NOT_IMPERSONATED"
    title = "Staff cannot be impersonated"


REFUSALS: dict[str, type[ShopError]] = {
    error.code: error
    for error in (
        AccountBlockedError,
        AccountNotFoundError,
        AddressLimitError,
        AddressNotFoundError,
        EmailIsVerifiedError,
        EmailTakenError,
        ForbiddenError,
        InvalidTokenError,
        OwnRolesError,
        StaffNotImpersonatedError,
        TotpNotBegunError,
        TotpOnError,
        TotpRequiredError,
        WrongCredentialsError,
        WrongTotpCodeError,
    )
}
