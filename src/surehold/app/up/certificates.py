"""A certificate of this machine's own: an authority made once, and under it one for the names that the shop is reached by.

The authority may vouch for this machine and for private addresses alone (RFC 5280, 4.2.1.10), so that a person who trusts it, and
loses its key, has lost no other site.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from surehold.app.up.files import write_private

FOLDER = "tls"
AUTHORITY, AUTHORITY_KEY, LEAF, LEAF_KEY = "authority.pem", "authority.key", "shop.pem", "shop.key"
AUTHORITY_LIVES = timedelta(days=3_650)
LEAF_LIVES = timedelta(days=397)  # what browsers accept at most
RENEW_BEFORE = timedelta(days=30)
BACKDATED = timedelta(hours=1)  # a phone whose clock is a little behind
PRIVATE_BLOCKS = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)
_BLOCKS = tuple(ipaddress.ip_network(block) for block in PRIVATE_BLOCKS)


@dataclass(frozen=True, slots=True)
class Names:
    """What a certificate is for: names, and addresses (private ones)."""

    hosts: frozenset[str]
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A certificate (with what it hangs on) and its key; `authority` is what a client has to trust where no browser does."""

    certificate: Path
    key: Path
    authority: Path | None = None


@dataclass(frozen=True, slots=True)
class _Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def names_of(hosts: Iterable[str], addresses: Iterable[str]) -> Names:
    """The names as a certificate has them; addresses that are not private are left out, for the authority cannot vouch for them."""
    private = {str(address) for address in map(ipaddress.ip_address, addresses) if _is_private(address)}
    return Names(frozenset(host.lower() for host in hosts), frozenset(private))


def local_certificate(data_dir: Path, names: Names, now: datetime | None = None) -> TlsFiles:
    """The files of a certificate for these names, kept as they are while they are good. OSError when the folder cannot be written.

    The authority is made anew (and must be trusted anew) only near its end, where a file of it is gone or damaged, or where this
    machine has another name.
    """
    now = now or datetime.now(UTC)
    folder = data_dir / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _read(folder / AUTHORITY, folder / AUTHORITY_KEY)
    if authority is None or not _lives(authority, now) or not names.hosts <= _vouched_for(authority):
        authority = _make_authority(names, now)
        _write(authority, folder / AUTHORITY, folder / AUTHORITY_KEY)
    leaf = _read(folder / LEAF, folder / LEAF_KEY)
    if leaf is None or not _lives(leaf, now) or not _is_for(leaf, names) or not _hangs_on(leaf, authority):
        _write(_make_leaf(authority, names, now), folder / LEAF, folder / LEAF_KEY)
    return TlsFiles(folder / LEAF, folder / LEAF_KEY, folder / AUTHORITY)


def _make_authority(names: Names, now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Surehold on this machine")
    permitted: list[x509.GeneralName] = [x509.DNSName(host) for host in sorted(names.hosts)]
    permitted += [x509.IPAddress(block) for block in _BLOCKS]
    certificate = (
        _begun(name, name, key, now, AUTHORITY_LIVES)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _make_leaf(authority: _Pair, names: Names, now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    certificate = (
        _begun(_name("Surehold"), authority.certificate.subject, key, now, LEAF_LIVES)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(identifier, critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, lives: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now - BACKDATED + lives)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: Names) -> list[x509.GeneralName]:
    addresses = sorted(names.addresses)
    return [
        *(x509.DNSName(host) for host in sorted(names.hosts)),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses),
    ]


def _is_private(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(address in block for block in _BLOCKS)


def _lives(pair: _Pair, now: datetime) -> bool:
    return pair.certificate.not_valid_before_utc <= now <= pair.certificate.not_valid_after_utc - RENEW_BEFORE


def _vouched_for(authority: _Pair) -> frozenset[str]:
    try:
        found = authority.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(name.value for name in found.permitted_subtrees or () if isinstance(name, x509.DNSName))


def _is_for(leaf: _Pair, names: Names) -> bool:
    try:
        found = leaf.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    hosts = set(found.get_values_for_type(x509.DNSName))
    addresses = set(map(str, found.get_values_for_type(x509.IPAddress)))
    return names.hosts <= hosts and names.addresses <= addresses


def _hangs_on(leaf: _Pair, authority: _Pair) -> bool:
    try:
        leaf.certificate.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _read(certificate: Path, key: Path) -> _Pair | None:
    """A certificate and its key, if both are there, readable and belong together: a death may have come between the two files."""
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        loaded = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(loaded, ec.EllipticCurvePrivateKey) or found.public_key() != loaded.public_key():
        return None
    return _Pair(found, loaded)


def _write(pair: _Pair, certificate: Path, key: Path) -> None:
    private = pair.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(key, private.decode())
    write_private(certificate, pair.certificate.public_bytes(serialization.Encoding.PEM).decode())
