"""A bucket on this machine that speaks as much of the S3 API as the shop asks for, and can be told to fail."""

import hashlib
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


class Bucket:
    """The objects by key: bytes, headers, when they were put. `fault`: an HTTP status that every call gets, or "silence"."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str], datetime]] = {}
        self.fault: int | str | None = None
        self.calls: list[str] = []
        self.released = threading.Event()
        self.endpoint = ""

    def age(self, key: str, moment: datetime) -> None:
        body, headers, _ = self.objects[key]
        self.objects[key] = (body, headers, moment)


class _Handler(BaseHTTPRequestHandler):
    bucket: Bucket
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self._fails():
            return
        kept = {name: self.headers[name] for name in ("Content-Type", "Cache-Control") if name in self.headers}
        self.bucket.objects[self._key()] = (body, kept, datetime.now(UTC))
        self._answer(200, b"", {"ETag": _etag(body)})

    def do_GET(self) -> None:
        if self._fails():
            return
        if "list-type" in self._query():
            self._list()
            return
        found = self.bucket.objects.get(self._key())
        if found is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        body, kept, moment = found
        headers = {**kept, "ETag": _etag(body), "Last-Modified": format_datetime(moment, usegmt=True)}
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("range", ""))
        if span is None:
            self._answer(200, body, headers)
            return
        first, last = int(span[1]), min(int(span[2]), len(body) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        self._answer(206, body[first : last + 1], headers)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        if not self._fails():
            self.bucket.objects.pop(self._key(), None)
            self._answer(204, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        if not self._fails():
            keys = re.findall(r"<Key>(.*?)</Key>", body)
            for key in keys:
                self.bucket.objects.pop(key, None)
            told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            self._answer(200, f"<DeleteResult>{told}</DeleteResult>".encode(), {"Content-Type": "application/xml"})

    def _list(self) -> None:
        query = self._query()
        after = query.get("continuation-token", query.get("start-after", ""))
        keys = [k for k in sorted(self.bucket.objects) if k.startswith(query.get("prefix", "")) and k > after]
        page, more = keys[:3], len(keys) > 3  # small pages, so that they are turned
        items = "".join(
            f"<Contents><Key>{escape(k)}</Key><LastModified>{self.bucket.objects[k][2].isoformat()}</LastModified>"
            f"<ETag>{_etag(self.bucket.objects[k][0])}</ETag><Size>{len(self.bucket.objects[k][0])}</Size></Contents>"
            for k in page
        )
        token = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if more else ""
        text = f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{items}</ListBucketResult>"
        self._answer(200, text.encode(), {"Content-Type": "application/xml"})

    def _fails(self) -> bool:
        self.bucket.calls.append(f"{self.command} {self.path}")
        if not self.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential=key/"):
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
            return True
        if self.bucket.fault == "silence":
            self.bucket.released.wait(30)
            self.close_connection = True
            return True
        if isinstance(self.bucket.fault, int):
            self._answer(self.bucket.fault, b"<Error><Code>SlowDown</Code></Error>")
            return True
        return False

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix("/pictures/")

    def _query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items()}

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


@contextmanager
def opened_bucket() -> Generator[Bucket]:
    bucket = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"bucket": bucket}))
    server.daemon_threads = True
    bucket.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield bucket
    finally:
        bucket.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
