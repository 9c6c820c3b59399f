"""One database, one index key: with another, nobody's e-mail address would be found, and no error would say so."""

from surehold.platform.db import Database
from surehold.platform.sealed.ring import INDEX, KeyRing, KeyRingError, key_id


async def require_index_key(db: Database, ring: KeyRing) -> None:
    """Note the index key (its id) in a database that has none yet; KeyRingError when it has another."""
    mine = key_id(ring.index_key)
    row = await db.fetch_one("select platform.note_index_key(%s)", (mine,))
    noted = bytes(row[0]) if row else mine
    if noted != mine:
        raise KeyRingError(
            f"this database looks things up with the index key {noted.hex()}, and the keys that were given bring {mine.hex()}: "
            f"give the {INDEX} entry that belongs to it (see docs/keys.md)"
        )
