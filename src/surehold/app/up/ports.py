"""TCP ports: whether one is free, asked in the only way that tells (the API server would share a taken one without a word)."""

import errno
import random
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass

PORT_MIN, PORT_MAX = 1, 65_535
PRIVILEGED_BELOW = 1024
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104  only when asked for with --host
NEVER_HANDED_OUT = (10_000, 32_768)
"""Connections get theirs from above: Linux from 32768, others from 49152."""
FREE_PORT_TRIES = 100
SOMEWHERE_ELSE = ("192.0.2.1", 9)  # an address kept for documentation


class PortError(Exception):
    """The port cannot be used; the text is one line that says what to do."""


def require_free(host: str, port: int) -> None:
    """Refuses a port that somebody listens on, or that we may not use."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        # Without this, connections that a killed server left in TIME_WAIT would look like a taken port for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortError(_advice(host, port, error)) from error


@dataclass(frozen=True, slots=True)
class MailPorts:
    """Where the mail sink takes mails, and where it shows them."""

    smtp: int
    page: int


def _draw() -> int:
    return random.randrange(*NEVER_HANDED_OUT)  # noqa: S311  no secret


def mail_ports(shop_port: int, draw: Callable[[], int] = _draw) -> MailPorts:
    """Two free ports for the mail sink, neither of them the shop's.

    Its page is beside the shop's when that is free, so that a bookmark goes on working.
    """
    beside = shop_port + 1
    page = beside if beside <= PORT_MAX and _is_free(beside) else free_port(but={shop_port}, draw=draw)
    return MailPorts(free_port(but={shop_port, page}, draw=draw), page)


def free_port(host: str = "127.0.0.1", *, but: Collection[int] = (), draw: Callable[[], int] = _draw) -> int:
    """A port that nobody uses at this moment, of those that no system hands out to connections by itself, and none of `but`.

    Of the others, any connection of this machine could take it before the server does, even one to the server's own port.
    """
    for _ in range(FREE_PORT_TRIES):
        port = draw()
        if port not in but and _is_free(port, host):
            return port
    raise PortError(f"No free port was found on {host}. Close some programs that listen, then start again.")


def _is_free(port: int, host: str = "127.0.0.1") -> bool:
    try:
        require_free(host, port)
    except PortError:
        return False
    return True


def own_address(host: str) -> str:
    """Where this machine itself reaches what listens on a host."""
    return {EVERY_ADDRESS: "127.0.0.1", "::": "::1"}.get(host, host)


def network_address() -> str | None:
    """This machine's address on its network, or None. Nothing is sent: connecting a datagram socket only asks the routes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(SOMEWHERE_ELSE)
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _advice(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Choose another one: ./surehold up --port {port + 1}"
    if error.errno in {errno.EACCES, errno.EPERM} and port < PRIVILEGED_BELOW:
        return f"Ports below {PRIVILEGED_BELOW} need root. Choose another one: ./surehold up --port 8000"
    return f"{host}:{port} cannot be listened on ({error.strerror}). Choose another address with --host or --port."
