"""What import leaves for replay, in the shop's data folder: the invoices, the report of rejected rows, how far a replay came."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from surehold.app.retail.cleaning import Reason
from surehold.app.retail.plan import Invoice
from surehold.app.retail.reading import Reading
from surehold.app.retail.rejections import as_totals

FOLDER = "replay"
SECRET_BYTES = 32
PASSWORD_CHARS = 32
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600

_encoder = msgspec.json.Encoder()
_invoice_decoder = msgspec.json.Decoder(Invoice)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What an import came to."""

    source: str
    digest: str
    rows: int
    accepted: int
    repeated: int
    rejected: dict[str, int]
    products: int
    invoices: int
    lines: int
    units: int
    wholesale_invoices: int
    accounts: int


class NothingImportedError(Exception):
    """There is nothing to replay; the text says what to do."""


class ReplayFolder:
    """The folder of one shop. Private to its owner: it holds the key to the passwords of the replayed accounts."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FOLDER
        self.products = self._path / "products.jsonl"
        self.rejected = self._path / "rejected.csv"
        self.report = self._path / "report.csv"
        self.accounts = self._path / "wholesale-accounts.json"
        self._invoices = self._path / "invoices.jsonl"
        self._summary = self._path / "import.json"
        self._secret = self._path / "secret"

    def make(self) -> None:
        """Makes the folder and its secret where they are not there yet."""
        self._path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if not self._secret.exists():
            _write(self._secret, [secrets.token_hex(SECRET_BYTES).encode()])

    def progress(self, digest: str) -> Path:
        """Where a replay of that file notes what it has done; another file starts anew."""
        return self._path / f"progress-{digest[:16]}.jsonl"

    def start_anew(self, digest: str) -> None:
        """Forgets how far a replay of that file came: in another database, or an emptied one."""
        self.progress(digest).unlink(missing_ok=True)

    def write_products(self, documents: Iterable[dict[str, object]]) -> None:
        """Replaces the product file: lines of the product import format."""
        _write(self.products, (_encoder.encode(document) + b"\n" for document in documents))

    def summarize(
        self, source: str, reading: Reading, invoices: Sequence[Invoice], rejected: Mapping[Reason, int]
    ) -> Summary:
        """Keeps the invoices to replay, and answers what the import came to."""
        summary = Summary(
            source=source,
            digest=reading.digest,
            rows=reading.rows,
            accepted=reading.plan.sales,
            repeated=reading.plan.repeated,
            rejected=as_totals(rejected),
            products=sum(1 for _ in reading.plan.products()),
            invoices=len(invoices),
            lines=sum(len(invoice.lines) for invoice in invoices),
            units=sum(units for invoice in invoices for _, units in invoice.lines),
            wholesale_invoices=sum(invoice.is_wholesale for invoice in invoices),
            accounts=len({invoice.account for invoice in invoices if invoice.account}),
        )
        self.write_invoices(invoices, summary)
        return summary

    def write_invoices(self, invoices: Iterable[Invoice], summary: Summary) -> None:
        """Replaces the invoices to replay. The summary is written last: without it nothing was imported."""
        self._summary.unlink(missing_ok=True)
        _write(self._invoices, (_encoder.encode(invoice) + b"\n" for invoice in invoices))
        _write(self._summary, [_encoder.encode(summary)])

    def summary(self) -> Summary:
        """What was imported last; NothingImportedError when nothing was."""
        try:
            return msgspec.json.decode(self._summary.read_bytes(), type=Summary)
        except (FileNotFoundError, msgspec.MsgspecError) as error:
            raise NothingImportedError(
                "No invoices were imported into this shop yet. First: ./surehold import orders FILE.csv[.xz]"
            ) from error

    def invoices(self) -> Iterator[Invoice]:
        """The invoices in their order."""
        with self._invoices.open("rb") as file:
            for line in file:
                yield _invoice_decoder.decode(line)

    def password(self, email: str) -> str:
        """The password of a replayed account: nobody can guess it, and every run finds the same."""
        digest = hmac.new(self._secret.read_bytes(), email.encode(), hashlib.sha256).hexdigest()
        return digest[:PASSWORD_CHARS]


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    """Writes a file for its owner's eyes only, whole or not at all."""
    scratch = path.with_name(f"{path.name}.tmp")
    scratch.unlink(missing_ok=True)
    fd = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    with os.fdopen(fd, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
