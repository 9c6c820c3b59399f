"""HTTPS of `up`: whose certificate it is, what the server and other commands are told of it, and how to trust it."""

import os
import re
import socket
import ssl
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from surehold.app.up.certificates import Names, TlsFiles, local_certificate, names_of
from surehold.app.up.errors import StartError, from_os_error
from surehold.app.up.ports import EVERY_ADDRESS, network_address

SECURE, HSTS = "SUREHOLD_SECURE", "SUREHOLD_EDGE_HSTS_MAX_AGE_S"
CERTIFICATE = "SUREHOLD_TLS_CERT"
"""Also read by commands that look for a shop that runs: nobody but who has that certificate's key is believed to be it."""

_NO = frozenset({"no", "off", "false", "0"})
LOOPBACK = ("127.0.0.1", "::1")
_SIOCGIFADDR = 0x8915  # Linux: the IPv4 address of an interface
_IFREQ = struct.Struct("16s24x")
_ADDRESS_AT = slice(20, 24)
_HEX_GROUP = 4
_HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,200}[A-Za-z0-9])?").fullmatch


@dataclass(frozen=True, slots=True)
class HttpsChoice:
    """Whether `up` serves HTTPS, and with files of whose: its own (`--https`), or those that were named."""

    is_on: bool = False
    certificate: Path | None = None
    key: Path | None = None


NO_HTTPS = HttpsChoice()


def choose(*, https: bool, certificate: Path | None, key: Path | None) -> HttpsChoice:
    """What was asked for. StartError where one of two files is missing."""
    if (certificate is None) is not (key is None):
        missing = "--tls-key" if key is None else "--tls-cert"
        raise StartError(f"A certificate and its key belong together: name the other one with {missing}.")
    choice = HttpsChoice(https or certificate is not None, certificate, key)
    if choice.is_on and os.environ.get(SECURE, "").lower() in _NO:
        raise StartError(
            f"{SECURE} says that people reach the shop without HTTPS, which --https serves. Leave one of them out."
        )
    return choice


def https_variables(files: TlsFiles | None) -> dict[str, str]:
    """What the shop's processes, and commands that look for the shop, are told of it.

    With a certificate of our own there is no HSTS: a browser would keep it for `localhost`, whatever the port.
    """
    if files is None:
        return {}
    hsts = {} if files.authority is None or os.environ.get(HSTS) else {HSTS: "0"}
    return {SECURE: "yes", CERTIFICATE: str(files.certificate), **hsts}


def how_to_trust(files: TlsFiles) -> list[str]:
    """Lines for a person whose browser does not know this certificate; none where it is not ours to explain."""
    if files.authority is None:
        return []
    return [
        f"Browsers warn until they trust this machine's own authority: {files.authority} (how: docs/https.md).",
        f"For one command: curl --cacert {files.authority} …",
    ]


def tls_files(choice: HttpsChoice, data_dir: Path, host: str) -> TlsFiles | None:
    """The certificate to serve with, made or renewed where it is our own; None for plain HTTP. StartError in one line."""
    if not choice.is_on:
        return None
    if choice.certificate is None or choice.key is None:
        try:
            return local_certificate(data_dir, own_names(host))
        except OSError as error:
            raise from_os_error(error, place=data_dir) from error
    files = TlsFiles(choice.certificate.expanduser().resolve(), choice.key.expanduser().resolve())
    _require_usable(files)
    return files


def own_names(host: str) -> Names:
    """What this machine is called here: localhost, its host name, its addresses on its networks, and the address that is served."""
    names = {"localhost", *_host_names()}
    addresses = {*LOOPBACK, *_interface_addresses()}
    network = network_address()
    addresses |= {network} if network is not None else set()
    if host not in {EVERY_ADDRESS, "::"}:
        (addresses if _is_address(host) else names).add(host)
    return names_of(names, addresses)


def context_for(certificate: Path) -> ssl.SSLContext:
    """For connections of this machine to its own shop: nobody but who has that certificate's key is believed, by whatever name."""
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _require_usable(files: TlsFiles) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key, password=_no_password)
    except ssl.SSLError as error:
        raise StartError(
            f"{files.certificate} and {files.key} are no certificate and its key ({error.reason or error}). Name files in PEM; "
            "the key without a password."
        ) from error
    except OSError as error:
        raise from_os_error(error, place=files.certificate) from error
    if b"BEGIN PRIVATE KEY" not in files.key.read_bytes():
        raise StartError(
            f"The key in {files.key} is not in PKCS#8, the form that the server reads. Convert it: "
            f"openssl pkcs8 -topk8 -nocrypt -in {files.key} -out NEW.key"
        )


def _no_password() -> str:
    return ""  # or OpenSSL would ask whoever sits at the terminal


def _host_names() -> set[str]:
    """The machine's name, as it is and as its network finds it (mDNS); what is no name of DNS is left out."""
    name = socket.gethostname().partition(".")[0].lower()
    return {socket.gethostname().lower(), name, f"{name}.local"} if _HOST_NAME(socket.gethostname()) else set()


def _interface_addresses() -> set[str]:
    """Addresses of this machine's interfaces, where the system tells without asking anybody (Linux)."""
    if not sys.platform.startswith("linux"):
        return set()
    return {*_ipv4_of_interfaces(), *_ipv6_of_interfaces()}


def _ipv4_of_interfaces() -> set[str]:
    import fcntl

    found: set[str] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(probe, _SIOCGIFADDR, _IFREQ.pack(name.encode()))
            except OSError:  # an interface without an address
                continue
            found.add(socket.inet_ntoa(answer[_ADDRESS_AT]))
    return found


def _ipv6_of_interfaces() -> set[str]:
    try:
        lines = Path("/proc/net/if_inet6").read_text(encoding="ascii").splitlines()
    except OSError:  # IPv6 is off
        return set()
    digits = [line.split()[0] for line in lines]
    groups = (":".join(one[at : at + _HEX_GROUP] for at in range(0, len(one), _HEX_GROUP)) for one in digits)
    return {socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, group)) for group in groups}


def _is_address(host: str) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.inet_pton(family, host)
    except OSError:
        return False
    return True
