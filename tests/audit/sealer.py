"""A process that seals until there is nothing left and says so; tests kill, stall or fail it on the way.

`python -m tests.audit.sealer DATABASE_URL`
"""

import asyncio
import sys

from surehold.modules.audit import AuditLog
from surehold.platform.db import Database, PoolSettings


async def main(url: str) -> None:
    db = Database(url, PoolSettings(min_size=1, max_size=1, application_name="tests-sealer", lock_timeout_ms=30_000))
    await db.open()
    try:
        while await AuditLog(db).seal():
            pass
    finally:
        await db.close()
    sys.stdout.write("done\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
