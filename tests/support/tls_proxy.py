"""TLS in front of a server on a Unix socket: neither engine's wheel was built with it, and what matters is what our side asks."""

import asyncio
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "localhost"
CHUNK_BYTES = 65_536
SSL_REQUEST, GSS_REQUEST = 80_877_103, 80_877_104
REQUEST = struct.Struct("!ii")
DAY = timedelta(days=1)


@dataclass
class TlsProxy:
    """A proxy that runs: its port, and how many connections came encrypted and how many in the clear."""

    upstream: str
    speaks_postgres: bool
    port: int = 0
    encrypted: int = 0
    clear: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, context: ssl.SSLContext, ready: threading.Event, stop: asyncio.Event) -> None:
        """Serves until told to stop."""
        tls = None if self.speaks_postgres else context

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                await self._handle(reader, writer, context)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # either side went away, or the test is over
            finally:
                self._tasks.discard(task)
                writer.close()

        server = await asyncio.start_server(handle, HOST, 0, ssl=tls, family=2)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext
    ) -> None:
        if self.speaks_postgres and not await self._agree_on_tls(reader, writer, context):
            self.clear += 1
            return
        self.encrypted += 1
        there, back = await asyncio.open_unix_connection(self.upstream)
        pumps = {asyncio.create_task(_pump(reader, back)), asyncio.create_task(_pump(there, writer))}
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            back.close()

    async def _agree_on_tls(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext
    ) -> bool:
        """PostgreSQL's way: the client asks in the clear, and only then speaks TLS."""
        _, code = REQUEST.unpack(await reader.readexactly(REQUEST.size))
        if code == GSS_REQUEST:
            writer.write(b"N")
            _, code = REQUEST.unpack(await reader.readexactly(REQUEST.size))
        if code != SSL_REQUEST:
            return False
        writer.write(b"S")
        await writer.drain()
        await writer.start_tls(context)
        return True


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while chunk := await source.read(CHUNK_BYTES):
        target.write(chunk)
        await target.drain()


@contextmanager
def tls_proxy(upstream: Path, context: ssl.SSLContext, *, speaks_postgres: bool = False) -> Iterator[TlsProxy]:
    """Runs a proxy in a thread of its own for the length of the block."""
    proxy, ready = TlsProxy(str(upstream), speaks_postgres), threading.Event()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(proxy.serve(context, ready, stop)))
    thread.start()
    try:
        assert ready.wait(10)
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def make_authority(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate authority's file, and the context of a server at `localhost` that it vouches for."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} authority")])
    root = (
        _builder(root_name, root_name, root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    leaf = (
        _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)]), root_name, key)
        .add_extension(names, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    authority, server, secret = (folder / f"{name}.{part}.pem" for part in ("ca", "server", "key"))
    authority.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    server.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server, secret)
    return authority, context


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
    )


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=signs, crl_sign=signs, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
