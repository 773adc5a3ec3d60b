"""A raw socket that takes what it prints, and all that can go wrong with one."""

import socket
import socketserver
import struct
import threading
from contextlib import contextmanager

import pytest

from dispensary.printing import Paper, PrinterFailed, Seconds, print_on
from dispensary.rules.printer import Printer, Way
from tests.refusing import refused

SHORT = Seconds(connect=0.5, send=0.3, last_word=0.2)
PAPER = Paper(100, 62)
# More than the buffers of both ends hold.
LARGE = b"^XA^XZ" * 4_000_000


def printing(port, data, host="127.0.0.1", way=Way.ZPL):
    return print_on(Printer("zebra", way, host, port, ("one",)), data, PAPER, title="PJ1", lp=None, seconds=SHORT)


@contextmanager
def sink(handle):
    """A printer on a free port that does so with each connection."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            handle(self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def failed(port, data=b"label", **more) -> PrinterFailed:
    with pytest.raises(PrinterFailed) as caught:
        printing(port, data, **more)
    return caught.value


def everything(into, *, answer=b""):
    def handle(connection):
        if answer:
            connection.sendall(answer)
        while part := connection.recv(65536):
            into.append(part)

    return handle


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("way", [Way.ZPL, Way.PDF])
@pytest.mark.parametrize("data", [b"^XA^FDdose^FS^XZ", bytes(range(256)) * 40_000])
def test_every_byte_arrives(way, data):
    got = []
    with sink(everything(got)) as port:
        assert printing(port, data, way=way) == ""
    assert b"".join(got) == data


def test_what_a_printer_says_is_not_in_the_way():
    got = []
    with sink(everything(got, answer=b"status" * 50_000)) as port:
        printing(port, b"label")
    assert got == [b"label"]


def test_a_printer_that_keeps_the_connection_has_taken_it():
    over = threading.Event()
    with sink(lambda connection: over.wait(5)) as port:
        printing(port, b"label")
        over.set()


def test_a_port_where_nobody_listens(monkeypatch):
    refused(PrinterFailed, lambda: printing(free_port_named(monkeypatch), b"label"))


def free_port_named(monkeypatch) -> int:
    """A port of a known number at which every connection is refused, as a dead port does."""

    def refuse(*_given, **_named):
        raise ConnectionRefusedError(111, "Connection refused")

    assert not failed(free_port()).perhaps
    monkeypatch.setattr(socket, "create_connection", refuse)
    return 9100


def test_a_host_that_nobody_knows(monkeypatch):
    def unknown(*_given, **_named):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    failure = refused(PrinterFailed, lambda: printing(9100, b"label", host="cellar.example"))
    assert not failure.perhaps


def test_a_host_that_does_not_answer():
    # A queue of connections that is full answers no more.
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        failure = failed(port)
        for each in waiting:
            each.close()
    assert failure.problem == f"127.0.0.1 port {port} did not answer in 0.5 s; is it switched on?"
    assert not failure.perhaps


def test_a_host_that_takes_the_connection_and_closes_it():
    """Nothing was sent, or it is known that the connection broke; never is it called sent."""
    closed = threading.Event()

    def close(connection):
        connection.close()
        closed.set()

    real = socket.create_connection

    def slow(*given, **named):
        connection = real(*given, **named)
        closed.wait(5)
        return connection

    with sink(close) as port, pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "create_connection", slow)
        failure = failed(port)
    assert failure.problem == f"127.0.0.1 port {port} closed the connection at once; is another counter printing?"
    assert not failure.perhaps


def test_a_host_that_resets_the_connection():
    def reset(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with sink(reset) as port:
        failure = failed(port, LARGE)
    # Before it is taken, before anything is sent, or after: all three are failures, and which is a matter of moments.
    assert any(said in failure.problem for said in ("cannot be reached", "closed the connection", "broke off"))


def test_a_printer_that_stalls_may_have_printed():
    over = threading.Event()

    def stall(connection):
        connection.recv(10)
        over.wait(10)

    with sink(stall) as port:
        failure = failed(port, LARGE)
        over.set()
    assert failure.perhaps
    assert failure.problem.startswith(f"127.0.0.1 port {port} took ")
    assert failure.problem.endswith(" of 24,000,000 bytes and no more in 0.3 s")


def test_what_is_half_sent_may_have_been_printed():
    def half(connection):
        for _ in range(100):
            connection.recv(10_000)
        connection.close()

    with sink(half) as port:
        failure = failed(port, LARGE)
    assert failure.perhaps
    assert " broke off (" in failure.problem


def test_a_reset_after_the_last_byte_is_not_a_print():
    def take_and_reset(connection):
        connection.recv(65536)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with sink(take_and_reset) as port:
        failure = failed(port)
    assert failure.perhaps
    assert failure.problem == f"127.0.0.1 port {port} broke off (Connection reset by peer) after 5 of 5 bytes"
