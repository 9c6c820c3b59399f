"""What identity does about its own facts."""

from collections.abc import Sequence

from surehold.kernel.events import Envelope, decode
from surehold.modules.identity.events import AccountRegistered
from surehold.modules.identity.service import IdentityService
from surehold.platform.db import Unit
from surehold.platform.events import Reaction

CONSUMER = "identity.welcome"


def reactions(identity: IdentityService) -> Sequence[Reaction]:
    """A new customer is asked to prove their address."""

    async def registered(unit: Unit, envelope: Envelope) -> None:
        await identity.recovery.welcome(unit, decode(envelope, AccountRegistered).account_id)

    return (Reaction(event=AccountRegistered, consumer=CONSUMER, handle=registered, ordered=False),)
