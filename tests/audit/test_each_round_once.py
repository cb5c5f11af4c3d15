"""An audit opens what is large only once, and what it opened once is not believed for another task's sake."""

from collections import Counter
from pathlib import Path

from fedmarket.audit.evidence import Evidence
from fedmarket.audit.run import PASS, audit
from fedmarket.store.blobs import Store
from tests.audit.exported import exported


class CountingStore:
    """A store that counts how often each blob is read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.name = store.name
        self.reads: Counter[str] = Counter()

    def get(self, blob_id: str, max_bytes: int | None = None) -> bytes:
        self.reads[blob_id] += 1
        return self._store.get(blob_id, max_bytes)

    def put(self, data: bytes) -> str:
        return self._store.put(data)

    def has(self, blob_id: str) -> bool:
        return self._store.has(blob_id)

    def put_entry(self, prefix: str, data: bytes) -> str:
        return self._store.put_entry(prefix, data)

    def entries(self, prefix: str, limit: int = 64) -> list[str]:
        return self._store.entries(prefix, limit)


def test_every_bundle_and_every_sum_is_read_once(tmp_path: Path) -> None:
    world = exported(tmp_path)
    evidence = Evidence.open(tmp_path, 1, world.secret("evaluator 0"))
    store = CountingStore(evidence.record.store)
    evidence.record.store = store
    assert {check.status for check in audit(evidence)} == {PASS}
    manifests = [evidence.record.manifest(1, number) for number in evidence.rounds()]
    assert len(manifests) == 2
    for manifest in manifests:
        assert store.reads[manifest.bundle_blob] == store.reads[manifest.aggregate_blob] == 1
