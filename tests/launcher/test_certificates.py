"""The certificate of this machine's own: made once, kept while it is good, and of no use for anybody else's site."""

import os
import shutil
import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from rich.console import Console

from surehold.app.up.certificates import TlsFiles, local_certificate, names_of
from surehold.app.up.errors import StartError
from surehold.app.up.options import ServerUrls, UpOptions
from surehold.app.up.screen import Screen
from surehold.app.up.services import ServiceSpec
from surehold.app.up.shop import Shop
from surehold.app.up.tls import HttpsChoice, choose, context_for, https_variables, own_names, tls_files

NAMES = names_of({"localhost", "Mill", "mill.local"}, {"127.0.0.1", "::1", "192.168.7.20", "203.0.113.5"})
NOW = datetime.now(UTC)
WAIT_S = 10


def handshake(files: TlsFiles, name: str, context: ssl.SSLContext) -> None:
    """A client that asks for `name` and trusts what the context trusts. ssl.SSLError when it refuses."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate, files.key)
    ours, theirs = socket.socketpair()
    ours.settimeout(WAIT_S)
    theirs.settimeout(WAIT_S)

    def serve() -> None:
        try:
            with server.wrap_socket(theirs, server_side=True) as secure:
                secure.recv(1)
        except (ssl.SSLError, OSError):
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with context.wrap_socket(ours, server_hostname=name) as secure:
            secure.send(b"!")
    finally:
        ours.close()
        thread.join(WAIT_S)


def trusting(files: TlsFiles) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(files.authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((folder / "tls").iterdir())}


@pytest.mark.parametrize("name", ["localhost", "mill", "mill.local", "127.0.0.1", "::1", "192.168.7.20"])
def test_every_private_name_is_vouched_for(tmp_path: Path, name: str) -> None:
    files = local_certificate(tmp_path, NAMES)
    handshake(files, name, trusting(files))


@pytest.mark.parametrize("name", ["shop.example", "mill.example", "203.0.113.5", "192.168.7.21"])
def test_no_other_name_is(tmp_path: Path, name: str) -> None:
    files = local_certificate(tmp_path, NAMES)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(files, name, trusting(files))


@pytest.mark.parametrize("name", ["bank.example", "203.0.113.5"])
def test_a_stolen_authority_opens_no_other_site(tmp_path: Path, name: str) -> None:
    files = local_certificate(tmp_path, NAMES)
    assert files.authority is not None
    stolen = serialization.load_pem_private_key((tmp_path / "tls" / "authority.key").read_bytes(), None)
    assert isinstance(stolen, ec.EllipticCurvePrivateKey)
    forged = forge(x509.load_pem_x509_certificate(files.authority.read_bytes()), stolen, name, tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(forged, name, ssl.create_default_context(cafile=str(files.authority)))


def forge(authority: x509.Certificate, stolen: ec.EllipticCurvePrivateKey, name: str, folder: Path) -> TlsFiles:
    """A certificate for a name that the authority may not vouch for."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Somebody")])
    is_address = name[0].isdigit()
    alternative = x509.IPAddress(ipaddress.ip_address(name)) if is_address else x509.DNSName(name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .sign(stolen, hashes.SHA256())
    )
    files = TlsFiles(folder / "forged.pem", folder / "forged.key")
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return files


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        local_certificate(tmp_path, NAMES)
    finally:
        os.umask(before)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "tls").iterdir()}
    assert {modes["authority.key"], modes["shop.key"]} == {0o600}
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    assert not any("KEY" in contents(tmp_path)[name].decode() for name in ("authority.pem", "shop.pem"))


def test_it_is_kept_while_it_is_good(tmp_path: Path) -> None:
    local_certificate(tmp_path, NAMES, NOW)
    first = contents(tmp_path)
    local_certificate(tmp_path, NAMES, NOW + timedelta(days=300))
    local_certificate(tmp_path, names_of({"localhost"}, {"127.0.0.1"}), NOW)  # away from the network
    assert contents(tmp_path) == first


@pytest.mark.parametrize(
    ("later", "names", "is_trusted_still"),
    [
        (timedelta(days=370), NAMES, True),  # near its end
        (timedelta(days=-2), NAMES, False),  # the clock was wrong
        (timedelta(), names_of(NAMES.hosts, {"10.1.1.1", "127.0.0.1"}), True),  # another network
        (timedelta(), names_of({"localhost", "windmill"}, NAMES.addresses), False),  # another machine
        (timedelta(days=3_640), NAMES, False),
    ],
)
def test_it_is_made_anew(tmp_path: Path, later: timedelta, names: object, is_trusted_still: bool) -> None:
    local_certificate(tmp_path, NAMES, NOW)
    first = contents(tmp_path)
    local_certificate(tmp_path, names, NOW + later)  # pyright: ignore[reportArgumentType]
    second = contents(tmp_path)
    assert second["shop.pem"] != first["shop.pem"]
    assert (second["authority.pem"] == first["authority.pem"]) is is_trusted_still


@pytest.mark.parametrize("lost", ["authority.pem", "authority.key", "shop.pem", "shop.key"])
@pytest.mark.parametrize("how", ["gone", "damaged", "of another"])
def test_a_file_that_was_lost_is_no_hindrance(tmp_path: Path, lost: str, how: str) -> None:
    local_certificate(tmp_path / "a", NAMES)
    local_certificate(tmp_path / "b", NAMES)
    file = tmp_path / "a" / "tls" / lost
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(b"nonsense" if how == "damaged" else (tmp_path / "b" / "tls" / lost).read_bytes())
    files = local_certificate(tmp_path / "a", NAMES)
    handshake(files, "localhost", trusting(files))


def test_the_names_of_this_machine(tmp_path: Path) -> None:
    names = own_names("0.0.0.0")
    assert {"localhost"} <= names.hosts
    assert {"127.0.0.1", "::1"} <= names.addresses
    assert "10.9.8.7" in own_names("10.9.8.7").addresses
    assert "shop.lan" in own_names("shop.lan").hosts
    files = local_certificate(tmp_path, names)
    for name in (*names.hosts, *names.addresses):
        handshake(files, name, trusting(files))


def test_this_machine_believes_only_that_certificate(tmp_path: Path) -> None:
    files, other = local_certificate(tmp_path / "a", NAMES), local_certificate(tmp_path / "b", NAMES)
    handshake(files, "any.name.example", context_for(files.certificate))
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(other, "localhost", context_for(files.certificate))


def test_a_certificate_of_ones_own_is_looked_at_before_anything_starts(tmp_path: Path) -> None:
    files, other = local_certificate(tmp_path / "a", NAMES), local_certificate(tmp_path / "b", NAMES)
    given = tls_files(HttpsChoice(True, files.certificate, files.key), tmp_path, "127.0.0.1")
    assert given == TlsFiles(files.certificate, files.key)
    assert "SUREHOLD_EDGE_HSTS_MAX_AGE_S" not in https_variables(given)
    assert https_variables(files)["SUREHOLD_EDGE_HSTS_MAX_AGE_S"] == "0"
    for certificate, key, said in (
        (files.certificate, other.key, "no certificate and its key"),
        (files.key, files.key, "no certificate and its key"),
        (tmp_path / "none.pem", files.key, "none.pem"),
        (files.certificate, _in_old_form(files.key), "openssl pkcs8"),
    ):
        with pytest.raises(StartError, match=said):
            tls_files(HttpsChoice(True, certificate, key), tmp_path, "127.0.0.1")


def _in_old_form(key: Path) -> Path:
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    old, plain = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    file = key.with_name("old.key")
    file.write_bytes(loaded.private_bytes(serialization.Encoding.PEM, old, plain))
    return file


def test_half_a_choice_and_a_contradiction_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StartError, match="--tls-key"):
        choose(https=True, certificate=tmp_path, key=None)
    with pytest.raises(StartError, match="--tls-cert"):
        choose(https=False, certificate=None, key=tmp_path)
    monkeypatch.setenv("SUREHOLD_SECURE", "no")
    with pytest.raises(StartError, match="SUREHOLD_SECURE"):
        choose(https=True, certificate=None, key=None)
    assert choose(https=False, certificate=None, key=None) == HttpsChoice()


class Api:
    """Stands for the process that serves with the certificate."""

    def __init__(self) -> None:
        self.spec = ServiceSpec("api", "tests", [], 1.0)
        self.calls: list[str] = []

    def stop(self) -> None:
        self.calls.append("stop")

    def start(self) -> None:
        self.calls.append("start")


def test_a_shop_that_runs_on_for_long_renews_it(tmp_path: Path) -> None:
    options = UpOptions(tmp_path, "127.0.0.1", 8000, 1, ServerUrls(), HttpsChoice(is_on=True))
    shop, api = Shop(options, Screen(Console(quiet=True))), Api()
    shop._services = [api]  # pyright: ignore[reportAttributeAccessIssue]
    shop._tls = local_certificate(tmp_path, own_names("127.0.0.1"))
    first = contents(tmp_path)
    shop._tend_certificate()
    assert (contents(tmp_path), api.calls) == (first, [])
    (tmp_path / "tls" / "shop.pem").unlink()
    local_certificate(tmp_path, own_names("127.0.0.1"), NOW - timedelta(days=370))
    shop._tend_certificate()
    assert api.calls == ["stop", "start"]
    handshake(shop._tls, "localhost", trusting(shop._tls))
    shutil.rmtree(tmp_path / "tls")
    shop._tend_certificate()
    assert api.calls == ["stop", "start"]  # told, and what is served goes on
