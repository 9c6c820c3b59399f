"""One run over one product file: batches in, faults out, progress kept so that it can go on after a kill."""

from asyncio import Task, create_task, gather, to_thread, wait
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg

from surehold.app.importing.csv_rows import parse_csv
from surehold.app.importing.jsonl import parse_jsonl
from surehold.app.importing.shelf import PictureShelf
from surehold.app.importing.source import Fault, Item, Parsed, format_of, hash_file, read_lines
from surehold.kernel.errors import ShopError, UnavailableError
from surehold.modules.catalog import CatalogIntake, PictureLibrary, Progress, ReadyDraft
from surehold.modules.inventory import InventoryService
from surehold.platform.db import RuleViolationError
from surehold.platform.http.actor import SYSTEM, Actor

BATCH_PRODUCTS = 1_000
BATCH_VARIANTS = 4_000
READ_AHEAD = 1_000
FAULTS_KEPT = 10_000
_REFUSALS = (psycopg.IntegrityError, psycopg.DataError, RuleViolationError, ShopError)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`dry_run` writes nothing; `resume` goes on where this file stopped; `strict` takes all of it or nothing."""

    dry_run: bool = False
    resume: bool = False
    strict: bool = False


@dataclass(slots=True)
class ImportReport:
    """What came of a run. `faults` are the first FAULTS_KEPT; `rejected` counts all of them."""

    products: int = 0
    variants: int = 0
    rejected: int = 0
    faults: list[Fault] = field(default_factory=list[Fault])
    refused: bool = False
    already_done: bool = False
    resumed_after_line: int = 0

    def add(self, fault: Fault) -> None:
        """Count a fault, and keep it while there is room."""
        self.rejected += 1
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append(fault)


class ProductImporter:
    """Imports product files. `on_progress` hears the bytes read of the file and the products taken so far."""

    def __init__(
        self,
        intake: CatalogIntake,
        inventory: InventoryService,
        pictures: PictureLibrary,
        *,
        actor: Actor = SYSTEM,
        on_progress: Callable[[int, int], None] = lambda _bytes, _products: None,
    ) -> None:
        self._intake, self._inventory, self._pictures = intake, inventory, pictures
        self._actor, self._on_progress = actor, on_progress

    async def run(self, path: Path, options: ImportOptions = ImportOptions()) -> ImportReport:
        """Import a file. FileError when it cannot be read at all; everything smaller is in the report."""
        file_format, file_hash = format_of(path), await to_thread(hash_file, path)
        locations = {location.code: location.id for location in await self._inventory.locations()}
        run = _Run(self, path, file_format, f"import {file_hash.hex()[:32]}", locations)
        if options.dry_run or options.strict:
            await run.go(None)
            if options.dry_run or run.report.rejected:
                run.report.refused = options.strict and bool(run.report.rejected)
                return run.report
            run = _Run(self, path, file_format, run.ref, locations)
        progress = await self._intake.begin(file_hash, path.name, resume=options.resume)
        if progress.finished:
            return ImportReport(progress.products, progress.variants, progress.rejected, already_done=True)
        await run.go(progress)
        return run.report

    @property
    def intake(self) -> CatalogIntake:
        """Where the batches go."""
        return self._intake

    def shelf(self, path: Path, *, keeps: bool) -> PictureShelf:
        """The pictures that a file may name; without `keeps` they are looked at only."""
        return PictureShelf(self._pictures, path.parent, keeps=keeps)

    def tell(self, read_bytes: int, products: int) -> None:
        """Pass progress on."""
        self._on_progress(read_bytes, products)

    async def finish(self, progress: Progress) -> None:
        """Close the import."""
        await self._intake.finish(self._actor, progress)


@dataclass(slots=True)
class _Batch:
    """Products to write at once, and what else was wrong in the lines up to them."""

    items: list[Parsed] = field(default_factory=list[Parsed])
    drafts: list[ReadyDraft] = field(default_factory=list[ReadyDraft])
    faults: list[Fault] = field(default_factory=list[Fault])
    variants: int = 0

    @property
    def is_full(self) -> bool:
        """Whether it is time to write it."""
        return len(self.items) >= BATCH_PRODUCTS or self.variants >= BATCH_VARIANTS

    def add(self, item: Item) -> None:
        """Take in a product, made ready to be written, or a fault."""
        if isinstance(item, Fault):
            self.faults.append(item)
            return
        self.items.append(item)
        self.drafts.append(ReadyDraft.of(item.draft))
        self.variants += len(item.draft.variants)


class _Run:
    """One pass over the file."""

    def __init__(
        self, importer: ProductImporter, path: Path, file_format: str, ref: str, locations: dict[str, UUID]
    ) -> None:
        self._importer, self._path, self._format, self._locations = importer, path, file_format, locations
        self.ref = ref
        self.report = ImportReport()
        self._progress: Progress | None = None
        self._bytes = 0
        self._skus: dict[str, int] = {}
        self._slugs: dict[str, int] = {}

    async def go(self, progress: Progress | None) -> None:
        """Read it all; without progress nothing is written."""
        self._progress = progress
        done = progress.lines_done if progress else 0
        if progress is not None:
            self.report = ImportReport(progress.products, progress.variants, progress.rejected, resumed_after_line=done)
        shelf = self._importer.shelf(self._path, keeps=progress is not None)
        async with (
            aclosing(self._read_ahead()) as items,
            aclosing(self._wanted(items, done)) as wanted,
            aclosing(shelf.fill_each(wanted)) as filled,
            aclosing(self._batches(filled)) as batches,
        ):
            await self._load_all(batches)
        if self._progress is not None:
            await self._importer.finish(self._standing(self._progress.lines_done))

    async def _load_all(self, batches: AsyncIterable[_Batch]) -> None:
        """Write batch after batch, the next of them being made ready while the database works on the last."""
        writing: Task[None] | None = None
        try:
            async for batch in batches:
                if writing is not None:
                    await writing
                writing = create_task(self._take_in(batch))
            if writing is not None:
                await writing
        finally:
            if writing is not None:
                await gather(writing, return_exceptions=True)  # a batch that has begun is brought to its end

    async def _take_in(self, batch: _Batch) -> None:
        for fault in batch.faults:
            self.report.add(fault)
        await self._load(batch.items, batch.drafts)

    async def _wanted(self, items: AsyncIterable[Item], done: int) -> AsyncGenerator[Item]:
        """Those that were not taken before."""
        async for item in items:
            checked = self._without_repeats(item)
            if (checked.line if isinstance(checked, Fault) else checked.last_line) > done:
                yield checked

    async def _batches(self, items: AsyncIterable[Item]) -> AsyncGenerator[_Batch]:
        batch = _Batch()
        async for item in items:
            batch.add(item)
            if batch.is_full:
                yield batch
                batch = _Batch()
        yield batch

    async def _read_ahead(self) -> AsyncGenerator[Item]:
        """The items of the file, the next of them being read while the database works on the last."""
        items = self._items()
        chunk = create_task(to_thread(_take, items))
        try:
            while taken := await chunk:
                chunk = create_task(to_thread(_take, items))
                for item in taken:
                    yield item
        finally:
            await wait([chunk])

    def _items(self) -> Iterator[Item]:
        lines = read_lines(self._path, self._note_bytes)
        return parse_csv(lines) if self._format == "csv" else parse_jsonl(lines)

    def _note_bytes(self, read_bytes: int) -> None:
        self._bytes = read_bytes

    def _without_repeats(self, item: Item) -> Item:
        """A product whose names stand further up already is a fault."""
        if isinstance(item, Fault):
            return item
        slug = item.draft.slug
        if isinstance(slug, str):
            if slug in self._slugs:
                return Fault(item.first_line, f"the product {slug} stands on line {self._slugs[slug]} already")
            self._slugs[slug] = item.first_line
        for variant in item.draft.variants:
            if variant.sku in self._skus:
                return Fault(
                    item.line_of(variant.sku), f"SKU {variant.sku} stands on line {self._skus[variant.sku]} already"
                )
            self._skus[variant.sku] = item.line_of(variant.sku)
        return item

    async def _load(self, batch: Sequence[Parsed], drafts: Sequence[ReadyDraft]) -> None:
        """Take a batch in; what spoils a batch is found by halving it."""
        if not batch:
            return
        progress = self._standing(batch[-1].last_line) if self._progress else None
        try:
            outcome = await self._importer.intake.load(
                drafts, self._locations, self.ref, progress, dry_run=progress is None
            )
        except UnavailableError:
            raise
        except _REFUSALS as error:
            await self._halve(batch, drafts, error)
            return
        self.report.products += outcome.products
        self.report.variants += outcome.variants
        for rejection in outcome.rejections:
            self.report.add(Fault(batch[rejection.place].line_of(rejection.sku), rejection.reason))
        if progress is not None:
            self._progress = progress
        self._importer.tell(self._bytes, self.report.products)

    async def _halve(self, batch: Sequence[Parsed], drafts: Sequence[ReadyDraft], error: Exception) -> None:
        if len(batch) == 1:
            self.report.add(Fault(batch[0].first_line, _reason(error)))
            return
        middle = len(batch) // 2
        await self._load(batch[:middle], drafts[:middle])
        await self._load(batch[middle:], drafts[middle:])

    def _standing(self, lines_done: int) -> Progress:
        assert self._progress is not None
        return msgspec.structs.replace(
            self._progress,
            lines_done=lines_done,
            products=self.report.products,
            variants=self.report.variants,
            rejected=self.report.rejected,
        )


def _take(items: Iterator[Item]) -> list[Item]:
    return list(islice(items, READ_AHEAD))


def _reason(error: Exception) -> str:
    if isinstance(error, ShopError):
        return error.detail
    if isinstance(error, psycopg.Error):
        return error.diag.message_primary or "the database refused it"
    return str(error)
