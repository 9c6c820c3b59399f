"""Tampering by somebody with all rights: the first row that is wrong is named, in the database and in an export."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from typer.testing import CliRunner

from surehold.app.cli import build
from surehold.app.doctor import examine, load_checks
from surehold.modules.audit import Head
from surehold.modules.audit.model import EntryTexts, Seal, hash_of
from surehold.platform.embedded import PostgresUrls
from tests.audit.entries import seal, write
from tests.support.databases import drop_database, make_database, with_database

ROOT = Path(__file__).resolve().parents[2]
FREE: LiteralString = "alter table audit.entries disable trigger user; alter table audit.seals disable trigger user;"
ADD: LiteralString = (
    "insert into audit.entries (seq, actor, action, subject_type, subject_id) overriding system value"
    " values ({}, 'x', 'a.b', 'order', gen_random_uuid());"
)
RESEAL: LiteralString = """
update audit.seals s set hash = audit.seal_hash(s.prev, s.seq, s.sealed_at, e.seq, e.at, e.actor, e.action, e.subject_type,
  e.subject_id, e.facts, e.request_id) from audit.entries e where e.seq = s.entry_seq and s.seq = 3;
"""
SWAP: LiteralString = """
update audit.{0} set seq = seq + 100 where seq in (3, 5);
update audit.{0} set seq = 108 - seq where seq in (103, 105);
"""
CHANGED = "Entry 3 was changed after it was sealed (seal 3), or the seal's moment was."
INJURIES: dict[str, tuple[LiteralString, str]] = {
    "at": ("update audit.entries set at = at - interval '1 us' where seq = 3", CHANGED),
    "actor": ("update audit.entries set actor = 'account:2' where seq = 3", CHANGED),
    "action": ("update audit.entries set action = 'orders.order_seen' where seq = 3", CHANGED),
    "subject_type": ("update audit.entries set subject_type = 'cart' where seq = 3", CHANGED),
    "subject_id": ("update audit.entries set subject_id = gen_random_uuid() where seq = 3", CHANGED),
    "facts": ("update audit.entries set facts = '{\"seq\": 2.0}' where seq = 3", CHANGED),
    "request_id": ("update audit.entries set request_id = null where seq = 3", CHANGED),
    "another than the first": (
        "update audit.entries set actor = 'x' where seq in (3, 5)",
        CHANGED,
    ),
    "the last": (
        "update audit.entries set actor = 'x' where seq = 6",
        "Entry 6 was changed, or its seal was, after it was sealed (seal 6).",
    ),
    "an entry is removed": (
        "delete from audit.entries where seq = 3",
        "Entry 3 was removed after it was sealed (seal 3).",
    ),
    "a seal is removed": ("delete from audit.seals where seq = 3", "Seal 3 is missing: the next one is 4."),
    "both are removed": (
        "delete from audit.seals where seq = 3; delete from audit.entries where seq = 3",
        "Seal 3 is missing: the next one is 4.",
    ),
    "the last seal is removed": (
        "delete from audit.seals where seq = 6",
        "Entry 6 was inserted later, or its seal was removed: it has none.",
    ),
    "entries are reordered": (
        "alter table audit.entries alter column seq drop identity;" + SWAP.format("entries"),
        "Entry 3 was reordered after it was sealed (seal 3): what it said stands at entry 5 now.",
    ),
    "seals are reordered": (
        SWAP.format("seals"),
        "Seal 3 (entry 5) does not follow from seal 2: seals were reordered, or one of the two was forged.",
    ),
    "a seal is forged": (
        "update audit.seals set hash = sha256('x') where seq = 3",
        "Seal 3 (entry 3) was forged: its hash is not that of the chain.",
    ),
    "a moment of a seal is forged": (
        "update audit.seals set sealed_at = sealed_at + interval '1 us' where seq = 3",
        CHANGED,
    ),
    "an entry is changed and its seal made to fit": (
        "update audit.entries set actor = 'x' where seq = 3;" + RESEAL,
        "Seal 4 (entry 4) does not follow from seal 3: seals were reordered, or one of the two was forged.",
    ),
    "an entry is inserted where a number was free": (
        ADD.format("0"),
        "Entry 0 was inserted later, or its seal was removed: it has none.",
    ),
    "an entry is changed and the seal after it removed": (
        "update audit.entries set actor = 'x' where seq = 3; delete from audit.seals where seq = 4",
        "Entry 3 was changed, or its seal was, after it was sealed (seal 3).",
    ),
    "another entry is put in the place of one": (
        "delete from audit.entries where seq = 3;" + ADD.format("3"),
        CHANGED,
    ),
}


@pytest.fixture
def log(log_urls: PostgresUrls, owner: psycopg.Connection) -> PostgresUrls:
    """Six entries, sealed in three batches."""
    write(owner, 6)
    while seal(owner, 2):
        pass
    return log_urls


def call(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(["audit"]), ["audit", *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def verify(urls: PostgresUrls, *words: str) -> tuple[int, str]:
    return call("verify", "--database-url", urls.app, *words)


def head_of(urls: PostgresUrls) -> str:
    code, said = call("head", "--database-url", urls.app)
    assert code == 0
    return said.strip()


def exported(urls: PostgresUrls, file: Path, *words: str) -> list[dict[str, Any]]:
    code, said = call("export", str(file), "--database-url", urls.app, *words)
    assert code == 0, said
    return [json.loads(line) for line in file.read_text().splitlines()]


def save(file: Path, lines: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_an_untouched_log_passes(log: PostgresUrls) -> None:
    code, said = verify(log, "--expect-head", head_of(log))
    assert code == 0
    assert f"The chain holds up to seal 6: {head_of(log)}" in said
    assert "not sealed yet" not in said


@pytest.mark.parametrize("injury", INJURIES)
def test_tampering_is_named(log: PostgresUrls, owner: psycopg.Connection, injury: str) -> None:
    statement, says = INJURIES[injury]
    owner.execute(FREE + statement)
    code, said = verify(log)
    assert (code, " ".join(said.split()).removeprefix("✗ ")) == (1, says)


@pytest.mark.parametrize("injury", INJURIES)
def test_the_doctor_sees_the_same(log: PostgresUrls, owner: psycopg.Connection, injury: str) -> None:
    owner.execute(FREE + INJURIES[injury][0])
    checks = [check for check in load_checks() if check.id == "I16.chain"]
    [diagnosis] = examine(log.app, checks)
    assert not diagnosis.is_healthy


def test_the_doctor_names_the_first_broken_row_first(log: PostgresUrls, owner: psycopg.Connection) -> None:
    owner.execute(FREE + "update audit.entries set actor = 'x' where seq in (5, 3)")
    [diagnosis] = examine(log.app, [check for check in load_checks() if check.id == "I16.chain"])
    assert diagnosis.sentences[0] == "Audit seal 3, entry 3: the entry was changed, or the seal was forged."


@pytest.fixture
def earlier(log: PostgresUrls, postgres_urls: PostgresUrls, owner: psycopg.Connection) -> Iterator[PostgresUrls]:
    """The same database restored as it was after six entries, while the true one went on."""
    name = f"{owner.info.dbname}_earlier"
    owner.close()
    make_database(postgres_urls.owner, name, template=name.removesuffix("_earlier"))
    with psycopg.connect(log.app, autocommit=True) as app:
        write(app, 2)
        seal(app)
    yield PostgresUrls(*(with_database(url, name) for url in (log.owner, log.app, log.audit)))
    drop_database(postgres_urls.owner, name)


def test_a_restored_older_state_is_caught_by_a_kept_head_alone(log: PostgresUrls, earlier: PostgresUrls) -> None:
    kept = head_of(log)
    assert verify(earlier)[0] == 0
    code, said = verify(earlier, "--expect-head", kept)
    assert code == 1
    assert "The chain ends at seal 6, but seal 8 was kept elsewhere" in said
    with psycopg.connect(earlier.app, autocommit=True) as app:  # it goes on, past the head that was kept
        write(app, 5)
        seal(app)
    assert verify(earlier)[0] == 0
    code, said = verify(earlier, "--expect-head", kept)
    assert code == 1
    assert "Seal 8 is not the one that was kept elsewhere" in said


def test_a_chain_that_was_computed_anew_is_caught_by_a_kept_head_alone(
    log: PostgresUrls, owner: psycopg.Connection
) -> None:
    kept = head_of(log)
    owner.execute(FREE + "update audit.entries set actor = 'x' where seq = 2; delete from audit.entries where seq = 6;")
    owner.execute("truncate audit.seals; update audit.sealing set scanned_to = 0")
    write(owner)
    while seal(owner):
        pass
    assert verify(log)[0] == 0
    code, said = verify(log, "--expect-head", kept)
    assert code == 1
    assert "Seal 6 is not the one that was kept elsewhere: the chain was written anew up to it." in " ".join(
        said.split()
    )


def test_a_head_of_long_ago_is_passed_on_the_way(log: PostgresUrls, owner: psycopg.Connection) -> None:
    kept = head_of(log)
    write(owner, 3)
    seal(owner)
    assert verify(log, "--expect-head", kept)[0] == 0
    assert verify(log, "--expect-head", f"0:{'00' * 32}")[0] == 0
    assert verify(log, "--expect-head", f"4:{kept.partition(':')[2]}")[0] == 1
    for wrong in ("7", "7:abc", f"-1:{'00' * 32}", f"01:{'00' * 32}"):
        code, said = verify(log, "--expect-head", wrong)
        assert code == 2
        assert "is no head: it is SEQ:HASH" in said


def test_entries_that_wait_for_a_seal_are_no_break_but_are_told_when_they_wait_long(
    log: PostgresUrls, owner: psycopg.Connection
) -> None:
    write(owner)
    code, said = verify(log)
    assert (code, "not sealed yet" in said) == (0, False)
    owner.execute(FREE + "update audit.entries set at = at - interval '2 minutes' where seq = 7")
    code, said = verify(log)
    assert (code, "not sealed yet: does the worker run?" in said) == (0, True)
    [diagnosis] = examine(log.app, [check for check in load_checks() if check.id == "I16.sealed"])
    assert len(diagnosis.sentences) == 1


def test_an_empty_log_holds(log_urls: PostgresUrls, tmp_path: Path) -> None:
    assert head_of(log_urls) == f"0:{'00' * 32}"
    assert verify(log_urls)[0] == 0
    exported(log_urls, tmp_path / "log")
    assert call("verify", "--from-export", str(tmp_path / "log"))[0] == 0


def test_an_export_is_verified_by_itself_and_by_the_program_of_the_manual(log: PostgresUrls, tmp_path: Path) -> None:
    file, kept = tmp_path / "audit.jsonl", head_of(log)
    lines = exported(log, file)
    assert [line["seal"] for line in lines[1:]] == [1, 2, 3, 4, 5, 6]
    assert call("verify", "--from-export", str(file), "--expect-head", kept)[0] == 0
    manual = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "audit.md").read_text(), re.DOTALL)
    assert manual is not None
    done = subprocess.run([sys.executable, "-c", manual[1], file], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == kept
    lines[3]["entry"]["actor"] = "account:9"
    save(file, lines)
    done = subprocess.run([sys.executable, "-c", manual[1], file], capture_output=True, text=True, check=False)
    assert "entry 3 is not what was sealed" in done.stderr


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (("entry", "facts"), '{"seq": 3}', CHANGED),
        (("entry", "at"), "2020-01-01T00:00:00Z", CHANGED),
        (("entry",), None, "Entry 3 was removed after it was sealed (seal 3)."),
        (("hash",), "00" * 32, "Seal 3 (entry 3) was forged: its hash is not that of the chain."),
        (("seal",), 4, "Seal 3 is missing: the next one is 4."),
        (("prev",), "zz", "Seal 3 (entry 3) does not follow from seal 2"),
        (("entry", "unknown"), 1, "Line 4 is no seal"),
        (("entry_seq",), "3", "Line 4 is no seal"),
    ],
)
def test_a_tampered_export_is_named(
    log: PostgresUrls, tmp_path: Path, place: tuple[str, ...], value: object, says: str
) -> None:
    file = tmp_path / "audit.jsonl"
    lines = exported(log, file)
    target = lines[3]
    for name in place[:-1]:
        target = target[name]
    target[place[-1]] = value
    save(file, lines)
    code, said = call("verify", "--from-export", str(file))
    assert code == 1
    assert says in " ".join(said.split())


def test_an_export_that_lost_lines_is_found(log: PostgresUrls, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    lines = exported(log, file)
    for kept, says in (
        (lines[:-1], "The file ends at seal 5, but says that it goes to 6:"),
        (lines[:2] + lines[3:], "Seal 2 is missing: the next one is 3."),
        ([lines[0], lines[2], lines[1], *lines[3:]], "Seal 1 is missing: the next one is 2."),
        (lines[:1], "The file ends at seal 0"),
    ):
        save(file, kept)
        code, said = call("verify", "--from-export", str(file))
        assert (code, says in " ".join(said.split())) == (1, True), said
    file.write_text("x\n")
    assert call("verify", "--from-export", str(file))[0] == 2
    save(file, [{**lines[0], "format": "surehold.audit.9"}, *lines[1:]])
    code, said = call("verify", "--from-export", str(file))
    assert (code, "this version reads" in said) == (2, True)


def test_an_export_since_a_moment_goes_on_from_the_seal_before_it(
    log: PostgresUrls, owner: psycopg.Connection, tmp_path: Path
) -> None:
    kept_early = head_of(log)
    owner.execute(FREE + "update audit.seals set sealed_at = sealed_at - interval '2 days'")  # hashes aside: a search
    write(owner, 2)
    seal(owner)
    row = owner.execute("select to_char(timezone('UTC', now() - interval '1 day'), 'YYYY-MM-DD')").fetchone()
    assert row is not None
    lines = exported(log, tmp_path / "end", "--since", row[0])
    assert (lines[0]["after"], [line["seal"] for line in lines[1:]]) == (kept_early, [7, 8])
    assert call("verify", "--from-export", str(tmp_path / "end"), "--expect-head", kept_early)[0] == 0
    code, said = call("verify", "--from-export", str(tmp_path / "end"), "--expect-head", f"2:{'00' * 32}")
    assert (code, "comes before the first one here (7)" in " ".join(said.split())) == (1, True)
    assert len(exported(log, tmp_path / "all", "--since", "2001-01-01")) == 9
    assert len(exported(log, tmp_path / "none", "--since", "2999-01-01")) == 1


def test_nothing_is_overwritten_and_nothing_half_written_stays(log: PostgresUrls, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text("mine")
    code, said = call("export", str(file), "--database-url", log.app)
    assert (code, "exists. Choose a new file." in said, file.read_text()) == (2, True, "mine")
    other = tmp_path / "other.jsonl"
    part = tmp_path / "other.jsonl.part"
    part.write_text("running")
    code, said = call("export", str(other), "--database-url", log.app)
    assert (code, other.exists(), part.read_text()) == (2, False, "running")


def test_what_is_no_database_gives_one_line() -> None:
    code, said = call("verify", "--database-url", "postgresql://x@127.0.0.1:1/x")
    assert code == 2
    assert len(said.strip().splitlines()) == 1


def test_the_format_is_what_it_was() -> None:
    """Exports that were made are verified for ever: the bytes, written out."""
    entry = EntryTexts(
        at="2026-01-05T09:30:00.5Z",
        actor="system",
        action="a.b",
        subject_type="Größe",
        subject_id="019aa3c0-0000-7000-8000-000000000001",
        facts='{"n": 1}',
        request_id=None,
    )
    seal = Seal(seal=7, sealed_at="2026-01-05T09:30:01Z", prev="ab" * 32, hash="", entry_seq=12, entry=entry)
    written = (
        "16:surehold.audit.1,1:7,20:2026-01-05T09:30:01Z,2:12,22:2026-01-05T09:30:00.5Z,6:system,3:a.b,7:Größe,"
        '36:019aa3c0-0000-7000-8000-000000000001,8:{"n": 1},-,'
    )
    assert hash_of(seal, entry) == hashlib.sha256(b"\xab" * 32 + written.encode()).hexdigest()


def test_both_computations_agree_on_what_is_strange(log_urls: PostgresUrls, owner: psycopg.Connection) -> None:
    for at, facts in (
        ("infinity", "{}"),
        ("0044-03-15 12:00:00+00 BC", '{"a": {"é": "\\u0001", "b": [1e400, -0.0, null]}}'),
        ("10000-01-01 00:00:00.000001+00", '{"": "\\\\u0000 ,:"}'),
    ):
        owner.execute(
            "insert into audit.entries (at, actor, action, subject_type, subject_id, facts, request_id)"
            " values (%s, 'a,b:1', 'a.b', '日本', gen_random_uuid(), %s, '')",
            (at, facts),
        )
    owner.execute("set timezone = 'Asia/Kathmandu'; set datestyle = 'SQL, DMY'; set intervalstyle = 'iso_8601'")
    seal(owner)
    assert verify(log_urls)[0] == 0
    assert Head(3, head_of(log_urls).partition(":")[2])
