"""A printer that takes what it prints as it comes, over a connection of its own, usually to port 9100.

Such a printer gives no receipt. What is known is that the connection was taken, that everything went out,
and that it was not broken off. As soon as some of it went out, a failure leaves open whether a label was
printed, and nothing is sent again unasked.
"""

import contextlib
import errno
import socket

from dispensary.printing.failure import PrinterFailed, in_words

AT_ONCE = 65536


def print_raw(host: str, port: int, data: bytes, connect_s: float, send_s: float, last_word_s: float) -> None:
    """Send everything, then wait for the printer to close; raises PrinterFailed.

    The times, in seconds, are the longest waits: for the connection, each time for the printer to take
    more, and for its end. A printer that keeps the connection open after that has taken it.
    """
    where = f"{host} port {port}"
    try:
        connection = socket.create_connection((host, port), timeout=connect_s)
    except TimeoutError:
        raise PrinterFailed(problem=f"{where} did not answer in {connect_s:g} s; is it switched on?") from None
    except OSError as refusal:
        raise PrinterFailed(problem=f"{where} cannot be reached ({_said(refusal)})") from None
    sent = 0
    with contextlib.closing(connection):
        try:
            if _closed_already(connection):
                raise PrinterFailed(problem=f"{where} closed the connection at once; is another counter printing?")
            connection.settimeout(send_s)
            while sent < len(data):
                sent += connection.send(data[sent : sent + AT_ONCE])
            connection.shutdown(socket.SHUT_WR)
            _await_end(connection, last_word_s)
        except TimeoutError:
            problem = f"{where} took {sent:,} of {len(data):,} bytes and no more in {send_s:g} s"
            raise PrinterFailed(problem=problem, perhaps=sent > 0) from None
        except OSError as refusal:
            problem = f"{where} broke off ({_said(refusal)}) after {sent:,} of {len(data):,} bytes"
            raise PrinterFailed(problem=problem, perhaps=sent > 0) from None


def _closed_already(connection: socket.socket) -> bool:
    """Whether the other end has hung up before it was sent anything; what it may say meanwhile stays unread."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False


def _await_end(connection: socket.socket, seconds: float) -> None:
    """Read what the printer says until it closes or has said nothing for so long; raises OSError where it broke off."""
    connection.settimeout(seconds)
    # Some talk on and on; what they say is their state and not read.
    for _ in range(100):
        try:
            if not connection.recv(AT_ONCE):
                break
        except TimeoutError:
            break
    if broken := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(broken, "")


def _said(refusal: OSError) -> str:
    import os

    if isinstance(refusal, socket.gaierror):
        return "there is no host of that name"
    if refusal.errno == errno.ENOTCONN:
        # What a reset is called once it has been noticed.
        refusal = ConnectionResetError(errno.ECONNRESET, "")
    return in_words(os.strerror(refusal.errno) if refusal.errno else str(refusal))
