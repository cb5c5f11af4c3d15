"""DataCatalog.vy and its reference side by side: every call is made on both, and both must answer alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import boa  # type: ignore[import-untyped]
from eth_abi.abi import decode

from fedmarket.chain.abi import parse
from fedmarket.domain.catalogue import Catalogue, Offered, call
from fedmarket.domain.errors import ContractRefusal
from tests.contracts.cast import NOBODY, SINK
from tests.contracts.compiled import deploy

ERROR_STRING = bytes.fromhex("08c379a0")


class PairedCatalogue:
    """One catalogue twice: deployed in an EVM of its own, and as the reference."""

    def __init__(self) -> None:
        self.env = boa.Env()
        self.env.enable_fast_mode()
        deployed = deploy(self.env, "DataCatalog", SINK)
        self.address = str(deployed.address)
        self.abi = parse("DataCatalog", {"abi": deployed.abi, "bytecode": ""})
        self.reference = Catalogue()

    def call(self, sender: str, verb: str, *args: Any) -> Any:
        """Call a verb on both sides and return what it returns; raises ContractRefusal where both refuse alike."""
        logged = len(self.reference.events)
        returned: Any = None
        refusal: ContractRefusal | None = None
        try:
            returned = call(self.reference, sender, verb, *args)
        except ContractRefusal as refused:
            refusal = refused
        computation = self.execute(sender, self.abi.functions[verb].encode(*args))
        reason = _reason(computation.output) if computation.is_error else None
        assert reason == (refusal.reason if refusal else None), f"{verb}: the contract says {reason}, not {refusal}"
        events = [(event.name, event.fields) for event in self.reference.events[logged:]]
        assert self._logs(computation) == events
        if refusal:
            raise refusal
        if self.abi.functions[verb].outputs:
            assert self.abi.functions[verb].decode(computation.output) == (returned,)
        return returned

    def refused(self, reason: str, sender: str, verb: str, *args: Any) -> None:
        """Call a verb that must be refused with exactly this reason, on both sides."""
        try:
            self.call(sender, verb, *args)
        except ContractRefusal as refusal:
            assert refusal.reason == reason, f"{verb} is refused with {refusal.reason}, not {reason}"
        else:
            raise AssertionError(f"{verb} went through, {reason} expected")

    def execute(self, sender: str, data: bytes) -> Any:
        """Make a raw call to the contract."""
        return self.env.execute_code(to_address=self.address, sender=sender, data=data)

    def view(self, name: str, *args: Any) -> Any:
        """Return what a view of the contract returns, a struct as a tuple."""
        function = self.abi.functions[name]
        computation = self.execute(SINK, function.encode(*args))
        assert not computation.is_error, f"the view {name} reverted"
        return function.decode(computation.output)[0]

    def must_agree(self) -> None:
        """Compare everything that both store, version by version."""
        datasets = self.reference.datasets
        assert self.view("dataset_count") == len(datasets)
        assert self.view("dataset_at", len(datasets) + 1) == (NOBODY, 0, False)
        for number, found in datasets.items():
            owner, version, retired = self.view("dataset_at", number)
            assert (owner.lower(), version, retired) == (found.owner.lower(), found.version, found.retired)
            for place, offered in enumerate(found.offers, 1):
                assert self.view("offer_slot", number, place) == offered.slot
                assert self.view("dataset_of", found.owner, offered.listing) == number
                stands = self.reference.stands(number, place, offered)
                assert self.view("stands", number, place, *offered.arguments) is stands
            assert self.view("offer_slot", number, found.version + 1) == bytes(32)

    def stands(self, dataset: int, version: int, offered: Offered) -> bool:
        """Return what both answer to `stands`."""
        answer = bool(self.view("stands", dataset, version, *offered.arguments))
        assert answer is self.reference.stands(dataset, version, offered)
        return answer

    @contextmanager
    def anchored(self) -> Iterator["PairedCatalogue"]:
        """Undo on leaving whatever is done inside, on both sides."""
        reference = deepcopy(self.reference)
        with self.env.anchor():
            yield self
        self.reference = reference

    def _logs(self, computation: Any) -> list[tuple[str, dict[str, Any]]]:
        if computation.is_error:
            return []
        found = []
        for _, _, topics, data in sorted(computation.get_raw_log_entries()):
            words = [topic.to_bytes(32, "big") for topic in topics]
            shape = self.abi.logs[words[0]]
            found.append((shape.name, shape.decode(words[1:], data)))
        return found


def _reason(output: bytes) -> str:
    return str(decode(["string"], output[4:])[0]) if output[:4] == ERROR_STRING else ""
