"""What stands between a client and the router when a test wants to cut, hold or change what passes.
Plain HTTP, one request a connection; TLS is refused, as a registry without it does. Subclasses say
what happens; their methods run on the connection's own thread."""

import re
import socket
import threading

from processes import DEADLINE


class Relay:
    def __init__(self, router):
        self.router = router
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._threads = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def changed(self, head):
        """The request's head as it goes on to the router; may take its time."""
        return head

    def limit(self, head):
        """After how many bytes of the answer the client's connection is cut; None: never."""
        return None

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        for thread in self._threads:
            thread.join(DEADLINE)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._carry, args=(client,))
            thread.start()
            self._threads.append(thread)

    def _carry(self, client):
        with client:
            client.settimeout(DEADLINE)
            try:
                self._carry_request(client)
            except OSError:
                pass  # the client left, as clients may

    def _carry_request(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            received = client.recv(65536)
            if not received or (head + received)[:1] == b"\x16":  # a TLS handshake
                return
            head += received
        assert head.endswith(b"\r\n\r\n"), "a pull has no body"
        head = self.changed(head)
        left = self.limit(head)
        head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head)
        head = head.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.router.port), DEADLINE) as router:
            router.sendall(head)
            while left is None or left > 0:
                received = router.recv(65536 if left is None else min(65536, left))
                if not received:
                    return
                client.sendall(received)
                if left is not None:
                    left -= len(received)
