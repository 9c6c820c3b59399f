"""What staff sees of the seals."""

import uuid
from pathlib import Path

from surehold.modules.audit import AuditLog
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Role
from tests.audit.entries import RECORD
from tests.support.api import client_of, make_staff, running_api, settings_of, sign_in


async def test_an_admin_sees_which_entries_are_sealed_and_where_the_chain_ends(
    log_urls: PostgresUrls, log_db: Database, valkey_url: str, tmp_path: Path
) -> None:
    settings = settings_of(log_urls.app, valkey_url, tmp_path)
    async with running_api(settings) as app, client_of(app) as admin:
        await sign_in(admin, *await make_staff(settings, Role.ADMIN))
        before = (await admin.get("/v1/admin/audit/head")).json()
        assert before == {"seal_seq": 0, "hash": "00" * 32, "sealed_at": None, "head": f"0:{'00' * 32}"}
        subject = uuid.uuid4()
        await log_db.execute(RECORD, (subject,))
        wanted = f"/v1/admin/audit?subject_id={subject}"
        assert [entry["seal_seq"] for entry in (await admin.get(wanted)).json()["entries"]] == [None]
        sealed = await AuditLog(log_db).seal()
        assert [entry["seal_seq"] for entry in (await admin.get(wanted)).json()["entries"]] == [sealed]
        head = (await admin.get("/v1/admin/audit/head")).json()
        assert head["seal_seq"] == sealed
        assert head["head"] == f"{sealed}:{head['hash']}"
        assert head["sealed_at"] is not None


async def test_others_see_nothing_of_it(log_urls: PostgresUrls, valkey_url: str, tmp_path: Path) -> None:
    settings = settings_of(log_urls.app, valkey_url, tmp_path)
    async with running_api(settings) as app, client_of(app) as somebody:
        assert (await somebody.get("/v1/admin/audit/head")).status_code == 401
        await sign_in(somebody, *await make_staff(settings, Role.SUPPORT, Role.OPERATIONS))
        assert (await somebody.get("/v1/admin/audit/head")).status_code == 403
