"""A process that places or cancels one order, or hears what the provider told, and says how it ended; the crash suite kills, stalls
or fails it on the way.

`python -m tests.crash.buyer place|cancel|hear DATABASE_URL BOOKS_FOLDER ID GUEST_HASH CARDS_URL`
"""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from surehold.platform.db import Database, PoolSettings
from surehold.platform.http.actor import Actor, ActorKind
from tests.support.card_provider import clients_of
from tests.support.shop import make_shop


async def main(action: str, url: str, books: str, subject: str, guest: str, cards: str) -> None:
    db = Database(url, PoolSettings(min_size=1, max_size=2))
    await db.open()
    clients = clients_of(cards) if cards else None
    shop = make_shop(db, Path(books), cards=clients)
    try:
        if action == "place":
            actor = Actor(kind=ActorKind.GUEST, guest_hash=bytes.fromhex(guest))
            await shop.place.place(actor, UUID(subject), None)
        elif action == "hear":
            await shop.hearing.hear()
        else:
            await shop.cancel.cancel(UUID(subject), reason="changed_mind", actor="system")
    finally:
        if clients is not None:
            await clients.close()
        await db.close()
    sys.stdout.write("done\n")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
