"""Several stores as one, when some of them are broken, behind or hostile."""

from pathlib import Path

import pytest

from fedmarket.domain.errors import StoreError, UsageError
from fedmarket.store.folder import FolderStore
from fedmarket.store.memory import MemoryStore
from fedmarket.store.mirrored import MirroredStore

SLOT = "7/1/0/0xa"


class BrokenStore(MemoryStore):
    """A store that answers nothing."""

    def _fail(self) -> StoreError:
        return StoreError("store.unreadable", path=self.name, detail="it is down")

    def put(self, data: bytes) -> str:
        raise self._fail()

    def get(self, blob_id: str, max_bytes: int | None = None) -> bytes:
        raise self._fail()

    def has(self, blob_id: str) -> bool:
        raise self._fail()

    def put_entry(self, prefix: str, data: bytes) -> str:
        raise self._fail()

    def entries(self, prefix: str, limit: int = 8) -> list[str]:
        raise self._fail()


@pytest.mark.parametrize("required", [0, -1, 3])
def test_more_copies_than_stores_or_none_are_refused(required: int) -> None:
    with pytest.raises(UsageError) as refusal:
        MirroredStore([MemoryStore(), MemoryStore()], required)
    assert refusal.value.error_id == "store.bad_required"
    assert refusal.value.sentence("zh")


def test_a_write_that_too_few_stores_took_names_those_that_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    full = FolderStore(tmp_path / "file" / "x")
    store = MirroredStore([MemoryStore("good"), full, BrokenStore("down")], required=2)
    for write in (store.put, lambda data: store.put_entry(SLOT, data)):
        with pytest.raises(StoreError) as refusal:
            write(b"data")
        assert refusal.value.error_id == "store.too_few_copies"
        for lang in ("en", "zh"):
            sentence = refusal.value.sentence(lang)
            assert full.name in sentence and "down" in sentence and "good" not in sentence


def test_as_many_copies_as_required_are_enough() -> None:
    good = MemoryStore("good"), MemoryStore("better")
    store = MirroredStore([BrokenStore("down"), *good], required=2)
    blob_id = store.put_entry(SLOT, b"data")
    assert store.get(blob_id) == b"data"
    assert store.has(blob_id)
    assert store.entries(SLOT) == [blob_id]
    assert all(copy.get(blob_id) == b"data" for copy in good)


def test_a_damaged_copy_is_passed_over(tmp_path: Path) -> None:
    damaged, whole = FolderStore(tmp_path / "a"), FolderStore(tmp_path / "b")
    store = MirroredStore([damaged, whole], required=2)
    blob_id = store.put(b"data")
    path = tmp_path / "a" / "sha256" / blob_id[7:9] / blob_id[9:]
    path.unlink()
    path.write_bytes(b"dat4")
    assert store.get(blob_id) == b"data"
    (tmp_path / "b" / "sha256" / blob_id[7:9] / blob_id[9:]).unlink()
    with pytest.raises(StoreError) as refusal:
        store.get(blob_id)
    assert refusal.value.error_id == "store.corrupt", "damage tells more than absence"


def test_what_only_one_store_has_is_found() -> None:
    first, second = MemoryStore("first"), MemoryStore("second")
    store = MirroredStore([first, second], required=1)
    one, two = first.put_entry(SLOT, b"one"), second.put_entry(SLOT, b"two")
    assert store.entries(SLOT) == sorted([one, two])
    assert store.has(one) and store.has(two)
    assert (store.get(one), store.get(two)) == (b"one", b"two")


def test_absence_is_never_guessed_from_silent_stores() -> None:
    store = MirroredStore([MemoryStore("a"), BrokenStore("b"), BrokenStore("c")], required=2)
    blob_id = "sha256:" + "ab" * 32
    with pytest.raises(StoreError) as refusal:
        store.has(blob_id)
    assert refusal.value.error_id == "store.too_few_answers"
    assert "b, c" in refusal.value.sentence("en") and "b, c" in refusal.value.sentence("zh")
    with pytest.raises(StoreError):
        store.entries(SLOT)
    with pytest.raises(StoreError) as refusal:
        store.get(blob_id)
    assert refusal.value.error_id == "store.unreadable"


def test_attack_one_flooded_store_hides_nothing_of_the_others() -> None:
    hostile = MemoryStore("hostile")
    store = MirroredStore([hostile, MemoryStore("a"), MemoryStore("b")], required=2)
    honest = store.put_entry(SLOT, b"honest")
    for number in range(100):
        hostile.put_entry(SLOT, b"%d" % number)
    assert store.entries(SLOT) == [honest]
