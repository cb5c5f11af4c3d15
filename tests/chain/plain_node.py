"""A node as a company runs it: in front of a development node, it offers nothing but the methods every chain has."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.request import Request, urlopen

OFFERED = ("eth_", "net_", "web3_")
PRUNED = {"code": -32000, "message": "missing trie node"}
UNKNOWN = {"code": -32601, "message": "the method does not exist/is not available"}


@contextmanager
def plain_node(behind: str, *, forgets: bool = False) -> Iterator[str]:
    """Serve the node at `behind` without its test methods, and none but the latest state where it `forgets`.

    Gives the address.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # head and body in one packet: else the asker waits for its own acknowledgement

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["content-length"]))
            answer = self._answer(asked)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _answer(self, asked: bytes) -> bytes:
            question = json.loads(asked)
            if not question["method"].startswith(OFFERED):
                return json.dumps({"jsonrpc": "2.0", "id": question["id"], "error": UNKNOWN}).encode()
            if forgets and question["method"] == "eth_getCode" and question["params"][1] != "latest":
                return json.dumps({"jsonrpc": "2.0", "id": question["id"], "error": PRUNED}).encode()
            request = Request(behind, asked, {"content-type": "application/json"})
            with urlopen(request, timeout=30) as response:
                found: bytes = response.read()
                return found

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
