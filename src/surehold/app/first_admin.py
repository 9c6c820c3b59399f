"""The first admin of a shop: whoever runs it needs one, whatever filled it, and whatever was killed while it was filled."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from surehold.app.up.environment import STAFF_FILE
from surehold.app.up.files import write_private
from surehold.modules.identity import EmailTakenError, IdentityService, InvalidEmailError
from surehold.platform.http import Role

EMAIL = "staff@quillmoor.example"
NAME = "First admin"
PASSWORD_BYTES = 12
TRIES = 3


@dataclass(frozen=True, slots=True)
class StaffLogin:
    """A login to show at the end of `up`."""

    email: str
    password: str


async def ensure_admin(identity: IdentityService, data_dir: Path) -> StaffLogin | None:
    """Make an admin where there is none, with a password that stands in a file for the owner's eyes only.

    Out goes that login while it still opens the shop. It may be called at every start, and be killed anywhere: the file is
    written before the account, and what it says is what the account is made of.
    """
    file = data_dir / STAFF_FILE
    for _ in range(TRIES):
        if await identity.staff.has_admin():
            break
        await _make(identity, file)
    known = _known(file)
    return known if known is not None and await _opens(identity, known) else None


async def _make(identity: IdentityService, file: Path) -> None:
    login = _known(file) or _invent(EMAIL)
    write_private(file, f"{login.email}\n{login.password}\n")
    try:
        await identity.create_staff(login.email, login.password, [Role.ADMIN], NAME)
    except EmailTakenError:
        if await identity.staff.has_admin():  # another `up` on this database was quicker; its folder has the login
            _forget(file)
        else:  # a customer has the address
            again = _invent(f"staff-{secrets.token_hex(4)}@quillmoor.example")
            write_private(file, f"{again.email}\n{again.password}\n")


async def _opens(identity: IdentityService, login: StaffLogin) -> bool:
    try:
        return await identity.staff.opens_as_admin(login.email, login.password)
    except InvalidEmailError:  # somebody wrote into the file
        return False


def _invent(email: str) -> StaffLogin:
    return StaffLogin(email, secrets.token_urlsafe(PASSWORD_BYTES))


def _forget(file: Path) -> None:
    file.unlink()


def _known(file: Path) -> StaffLogin | None:
    try:
        email, password = file.read_text(encoding="utf-8").split()
    except (FileNotFoundError, ValueError):
        return None
    return StaffLogin(email, password)
