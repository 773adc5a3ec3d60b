"""A printer on the network that keeps what it got."""

import re
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.labelling.printed import flowing


@dataclass
class Sink:
    """What came, in bytes; a label that a kill cut off is none."""

    port: int
    got: list[bytes] = field(default_factory=list)

    def delivered(self) -> Counter[tuple[str, int]]:
        """How often the label of each prescription and fill came out whole."""
        found: Counter[tuple[str, int]] = Counter()
        for whole in list(self.got):
            if whole.rstrip().endswith(b"%%EOF"):
                fill = re.search(r"No\. (RX\d+) Fill (\d+)", flowing(whole))
                assert fill is not None
                found[fill[1], int(fill[2])] += 1
        return found


@contextmanager
def a_sink() -> Iterator[Sink]:
    """A printer that takes everything."""
    sink = Sink(0)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            whole = b""
            try:
                while part := self.request.recv(65536):
                    whole += part
            except OSError:
                # Who sent was killed.
                return
            sink.got.append(whole)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Handler) as server:
        sink.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join()
