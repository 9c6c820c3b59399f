"""TCP ports: whether one is free, asked in the only way that tells (the API server would share a taken one without a word)."""

import errno
import socket

PORT_MIN, PORT_MAX = 1, 65_535
PRIVILEGED_BELOW = 1024


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


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody uses at this moment."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _advice(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Choose another one: ./surehold up --port {port + 1}"
    if error.errno in {errno.EACCES, errno.EPERM} and port < PRIVILEGED_BELOW:
        return f"Ports below {PRIVILEGED_BELOW} need root. Choose another one: ./surehold up --port 8000"
    return f"{host}:{port} cannot be listened on ({error.strerror}). Choose another address with --host or --port."
