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


REFUSALS: dict[str, type[ShopError]] = {
    error.code: error
    for error in (
        AccountBlockedError,
        AccountNotFoundError,
        AddressLimitError,
        AddressNotFoundError,
        EmailTakenError,
        ForbiddenError,
        OwnRolesError,
        WrongCredentialsError,
    )
}
