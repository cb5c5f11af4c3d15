"""What every store promises, whatever it is made of."""

from collections.abc import Callable
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from fedmarket.domain.errors import DocumentError, StoreError, UsageError
from fedmarket.store.blobs import ENTRY_LIMIT, Store
from fedmarket.store.folder import FolderStore
from fedmarket.store.memory import MemoryStore
from fedmarket.store.mirrored import MirroredStore

SLOT = "7/1/0/0x52908400098527886E0F7030069857D2E4169EE7"
ABSENT = "sha256:" + "ab" * 32

MAKERS: dict[str, Callable[[Path], Store]] = {
    "memory": lambda path: MemoryStore(),
    "folder": lambda path: FolderStore(path / "store"),
    "simulated folder": lambda path: FolderStore(path / "store", durable=False),
    "mirrored": lambda path: MirroredStore([FolderStore(path / "a"), MemoryStore(), FolderStore(path / "b")], 2),
}


@pytest.fixture(params=MAKERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MAKERS[request.param](tmp_path)


def test_a_missing_blob_is_named_in_the_refusal(store: Store) -> None:
    assert not store.has(ABSENT)
    with pytest.raises(StoreError, match=ABSENT) as refusal:
        store.get(ABSENT)
    assert refusal.value.error_id == "store.missing"
    assert ABSENT in refusal.value.sentence("zh")


@pytest.mark.parametrize(
    "misspelt",
    ["", "ab" * 32, "sha256:", "sha256:" + "AB" * 32, "sha256:" + "ab" * 31, "sha256:../" + "ab" * 30],
)
def test_a_misspelt_id_is_refused(store: Store, misspelt: str) -> None:
    with pytest.raises(DocumentError):
        store.get(misspelt)
    with pytest.raises(DocumentError):
        store.has(misspelt)


ESCAPES = ["/etc", "..", "1/..", "1/../../x", "1/./2", ".", "a\\..\\b", "C:", "~", "$HOME", "a\0b"]
MISSHAPEN = ["", "/", "1//2", "1/", "a b", "a\n", "é", "x" * 64, "/".join("123456789")]


@pytest.mark.parametrize("prefix", ESCAPES + MISSHAPEN)
def test_a_prefix_that_could_leave_the_slots_is_refused(store: Store, prefix: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        store.put_entry(prefix, b"attack")
    assert refusal.value.error_id == "store.bad_prefix"
    assert refusal.value.sentence("en").isprintable() and refusal.value.sentence("zh").isprintable()
    with pytest.raises(UsageError):
        store.entries(prefix)
    assert not list(tmp_path.iterdir())


def test_a_blob_larger_than_the_reader_wants_is_refused(store: Store) -> None:
    blob_id = store.put(b"12345")
    assert store.get(blob_id, max_bytes=5) == b"12345"
    with pytest.raises(StoreError, match="5 bytes where at most 4") as refusal:
        store.get(blob_id, max_bytes=4)
    assert refusal.value.error_id == "store.too_large"


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 5000], ids=len)
def test_what_was_put_is_got_under_its_hash(store: Store, data: bytes) -> None:
    blob_id = store.put(data)
    assert blob_id == "sha256:" + sha256(data).hexdigest()
    assert store.has(blob_id)
    assert store.get(blob_id) == data


def test_putting_twice_is_putting_once(store: Store) -> None:
    assert store.put(b"twice") == store.put(b"twice")
    assert store.put_entry(SLOT, b"twice") == store.put_entry(SLOT, b"twice")
    assert len(store.entries(SLOT)) == 1


def test_a_blob_alone_is_no_entry(store: Store) -> None:
    store.put(b"alone")
    assert store.entries(SLOT) == []


def test_entries_come_in_one_order_whatever_the_order_of_writing(store: Store) -> None:
    ids = [store.put_entry(SLOT, b"%d" % number) for number in range(20)]
    assert store.entries(SLOT) == sorted(ids)
    assert {store.get(blob_id) for blob_id in ids} == {b"%d" % number for number in range(20)}


def test_slots_do_not_mix(store: Store) -> None:
    inner, outer = store.put_entry(SLOT, b"inner"), store.put_entry("7/1", b"outer")
    same = store.put_entry("7/2", b"outer")
    assert (store.entries(SLOT), store.entries("7/1"), store.entries("7/2")) == ([inner], [outer], [same])
    assert store.entries("7") == []


def test_attack_an_entry_ground_to_sort_first_hides_nobody(store: Store) -> None:
    honest = store.put_entry(SLOT, b"the owner's update")
    ground = (b"%d" % number for number in count() if sha256(b"%d" % number).hexdigest() < honest[7:])
    for _ in range(4):
        store.put_entry(SLOT, next(ground))
    assert store.entries(SLOT, limit=5)[-1] == honest
    with pytest.raises(StoreError):
        store.entries(SLOT, limit=4)


def test_attack_a_flooded_slot_is_refused_aloud_and_its_owner_can_still_be_read(store: Store) -> None:
    honest = store.put_entry(SLOT, b"the owner's update")
    for number in range(ENTRY_LIMIT):
        store.put_entry(SLOT, b"%d" % number)
    with pytest.raises(StoreError) as refusal:
        store.entries(SLOT)
    assert refusal.value.error_id in ("store.flooded", "store.too_few_answers")
    assert store.get(honest) == b"the owner's update", "an announcement that names the blob needs no slot"
    assert honest in store.entries(SLOT, limit=10 * ENTRY_LIMIT)


def test_a_flood_in_one_slot_leaves_the_others_alone(store: Store) -> None:
    honest = store.put_entry("7/1/0/0xb", b"honest")
    for number in range(ENTRY_LIMIT + 1):
        store.put_entry(SLOT, b"%d" % number)
    assert store.entries("7/1/0/0xb") == [honest]
