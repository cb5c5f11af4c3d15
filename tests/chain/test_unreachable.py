"""Where the chain does not answer or is another one, one sentence says so and what to do."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from web3 import EthereumTesterProvider, Web3

from fedmarket.chain.endpoint import Endpoint, NodeError
from fedmarket.chain.rpc import RpcChain, connect
from fedmarket.chain.tester import BareChain
from fedmarket.domain.errors import ChainError

NOWHERE = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A web server that gives the same answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def refusal(url: str) -> ChainError:
    with pytest.raises(ChainError) as caught:
        RpcChain(connect(url, seconds=2), NOWHERE)
    return caught.value


def test_a_closed_port_is_one_sentence_with_the_address() -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    error = refusal(url)
    assert error.error_id == "chain.unreachable"
    assert error.exit_code == 4
    assert url in error.sentence() and url in error.sentence("zh")
    assert "\n" not in str(error)


def test_the_access_key_in_an_address_is_not_shown() -> None:
    error = refusal(f"http://user:secret@127.0.0.1:{closed_port()}/v2/key?token=secret")
    assert "secret" not in str(error) and "key" not in str(error)


@pytest.mark.parametrize("url", ["gopher://127.0.0.1", "http://", "127.0.0.1:8545", "http://no port:x", ""])
def test_an_address_that_is_none_is_a_sentence(url: str) -> None:
    assert refusal(url).error_id == "chain.unreachable"


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (200, b"[]"), (200, b"{}"), (502, b""), (401, b"{}")])
def test_a_web_server_that_is_no_node_is_unreachable(status: int, body: bytes) -> None:
    with answering(status, body) as url:
        assert refusal(url).error_id == "chain.unreachable"


def test_an_error_of_the_node_is_passed_on_in_its_words() -> None:
    body = b'{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":"method is not available"}}'
    with answering(200, body) as url:
        error = refusal(url)
    assert isinstance(error, NodeError)
    assert "method is not available" in str(error)


def test_an_address_without_a_contract_is_named() -> None:
    with pytest.raises(ChainError) as caught:
        RpcChain(BareChain().web3, NOWHERE)
    assert (caught.value.error_id, caught.value.exit_code) == ("chain.no_contract", 2)
    assert NOWHERE in str(caught.value)


def test_another_chain_is_named_with_both_numbers() -> None:
    web3 = BareChain().web3
    with pytest.raises(ChainError) as caught:
        RpcChain(web3, NOWHERE, chain_id=1)
    assert (caught.value.error_id, caught.value.exit_code) == ("chain.wrong_chain", 2)
    assert f"{Endpoint(web3).chain_id()}, not 1" in str(caught.value)


def test_web3s_own_tester_with_all_its_middleware_is_an_endpoint_too() -> None:
    endpoint = Endpoint(Web3(EthereumTesterProvider()))
    assert endpoint.latest().number == 0
    assert endpoint.logs(NOWHERE, 0, 0) == []


REVERTS = {
    "geth, anvil": ("execution reverted: wrong_round", "0x08c379a0" + "{string}"),
    "besu": ("Execution reverted", "0x08c379a0" + "{string}"),
    "nethermind": ("VM execution error.", "Reverted 0x08c379a0" + "{string}"),
    "in-process": ("execution reverted: wrong_round", ""),
    "hardhat": ("reverted: 'wrong_round'", ""),
}


@pytest.mark.parametrize("node", REVERTS)
def test_the_reason_of_a_revert_is_found_in_any_nodes_answer(node: str) -> None:
    text = b"wrong_round"
    string = ((32).to_bytes(32, "big") + len(text).to_bytes(32, "big") + text.ljust(32, b"\0")).hex()
    message, data = REVERTS[node]
    assert NodeError("", "eth_call", {"message": message, "data": data.format(string=string)}).reason == "wrong_round"


@pytest.mark.parametrize("message", ["execution reverted", "out of gas", ""])
def test_a_revert_without_a_reason_has_none(message: str) -> None:
    assert not NodeError("", "eth_call", {"message": message, "data": "0x"}).reason
