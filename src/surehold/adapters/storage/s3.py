"""Files in a bucket that speaks the S3 API, by `obstore` (imported when a bucket is first asked).

Each call has a timeout and a few retries of its own; what fails after them is FilesUnavailableError, and nothing was lost by it.
"""

from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from surehold.adapters.storage.settings import MediaSettings
from surehold.modules.catalog import (
    FOREVER,
    FileFacts,
    FileNotStoredError,
    FilesUnavailableError,
    OpenedFile,
    Span,
    is_file_name,
)

CONNECT_TIMEOUT_S = 5
RETRIES_MAX = 3
CHUNK_BYTES = 256 * 1024


class BucketFiles:
    """Keeps files in one bucket, under a prefix. Makes no bucket."""

    def __init__(self, settings: MediaSettings) -> None:
        self._settings = settings
        self._opened: Any = None

    async def put(self, name: str, body: bytes, media_type: str) -> None:
        """Store a file, with the headers that a browser is to get where it asks the bucket itself."""
        import obstore

        attributes: Any = {"Content-Type": media_type, "Cache-Control": FOREVER}
        with _clear_errors():
            await obstore.put_async(self._store, self._key(name), body, attributes=attributes, use_multipart=False)

    async def open(self, name: str, span: Span | None = None) -> OpenedFile:
        """A file's size and bytes, or those of a span; FileNotStoredError without it."""
        import obstore

        key = self._key(name)
        with _clear_errors():
            if span is None:
                got = await obstore.get_async(self._store, key)
                total = got.meta["size"]
                return OpenedFile(total_bytes=total, first=0, size=total, chunks=_chunks(got))
            total = (await obstore.head_async(self._store, key))["size"]
            first, size = span.within(total)
            got = await obstore.get_async(self._store, key, options={"range": (first, first + size)})
            return OpenedFile(total_bytes=total, first=first, size=size, chunks=_chunks(got))

    async def exists(self, name: str) -> bool:
        """Whether it is stored."""
        import obstore

        if not is_file_name(name):
            return False
        try:
            with _clear_errors():
                await obstore.head_async(self._store, self._key(name))
        except FileNotStoredError:
            return False
        return True

    async def delete(self, name: str) -> None:
        """Remove it; nothing happens where it is not there."""
        import obstore

        with _clear_errors():
            try:
                await obstore.delete_async(self._store, self._key(name))
            except FileNotFoundError:
                return

    async def list_files(self, after: str, limit: int) -> list[FileFacts]:
        """Files by name, beyond this one."""
        import obstore

        prefix = self._settings.s3_prefix
        found: list[FileFacts] = []
        with _clear_errors():
            listing = obstore.list(self._store, prefix or None, offset=prefix + after, chunk_size=min(limit, 1000))
            async for page in listing:
                for item in page:
                    name = item["path"].removeprefix(prefix)
                    if is_file_name(name):
                        found.append(FileFacts(name=name, size=item["size"], modified_at=item["last_modified"]))
                if len(found) >= limit:
                    break
        return found[:limit]

    def _key(self, name: str) -> str:
        if not is_file_name(name):
            raise FileNotStoredError
        return self._settings.s3_prefix + name

    @property
    def _store(self) -> Any:
        if self._opened is None:
            self._opened = _open_bucket(self._settings)
        return self._opened


def _open_bucket(settings: MediaSettings) -> Any:
    from obstore.store import S3Store

    given: dict[str, Any] = {"endpoint": settings.s3_endpoint} if settings.s3_endpoint else {}
    if settings.s3_access_key_id:
        given |= {"access_key_id": settings.s3_access_key_id, "secret_access_key": settings.s3_secret_access_key}
    return S3Store(
        settings.s3_bucket,
        region=settings.s3_region,
        client_options={
            "timeout": timedelta(seconds=settings.s3_timeout_s),
            "connect_timeout": timedelta(seconds=CONNECT_TIMEOUT_S),
            "allow_http": settings.s3_endpoint.startswith("http://"),
        },
        retry_config={"max_retries": RETRIES_MAX, "retry_timeout": timedelta(seconds=settings.s3_retry_s)},
        **given,
    )


@contextmanager
def _clear_errors() -> Generator[None]:
    """The bucket's errors in our words. Its own text names keys and addresses, and stays in the cause."""
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError as error:
        raise FileNotStoredError from error
    except (BaseError, OSError) as error:
        raise FilesUnavailableError from error


async def _chunks(got: Any) -> AsyncGenerator[bytes]:
    with _clear_errors():
        async for part in got.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(part)
