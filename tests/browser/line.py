"""A line between a browser and the centre that can be cut, or answered by a proxy that has lost the centre."""

import contextlib
import socket
import threading

REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Line:
    """Forwards every connection to `port`; while `is_down`, new ones are told 503 and the old ones are cut."""

    def __init__(self, port: int) -> None:
        self._to, self.is_down = port, False
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.is_down = True
        for one in tuple(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.is_down = False

    def close(self) -> None:
        self._door.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with caller:
            if self.is_down:
                with contextlib.suppress(OSError):
                    caller.recv(65536)
                    caller.sendall(REFUSAL)
                return
            with socket.create_connection(("127.0.0.1", self._to)) as centre:
                self._open |= {caller, centre}
                back = threading.Thread(target=_pump, args=(centre, caller), daemon=True)
                back.start()
                _pump(caller, centre)
                back.join(5)
                self._open -= {caller, centre}


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
