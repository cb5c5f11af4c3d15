"""A folder that others write too: damage, crashes, races and attacks."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fedmarket.domain.canonical import sha256_id
from fedmarket.domain.errors import StoreError
from fedmarket.store.folder import FolderStore

SLOT = "7/1/0/0xa"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


def blob_path(store: FolderStore, blob_id: str) -> Path:
    return Path(store.name, "sha256", blob_id[7:9], blob_id[9:])


def slot_path(store: FolderStore) -> Path:
    return Path(store.name, "slots", SLOT)


def python(script: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, *args], stdout=subprocess.PIPE, text=True)


def overwrite(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


def leftovers(store: FolderStore) -> list[Path]:
    return list(Path(store.name).rglob("*.tmp"))


# Damage


@pytest.mark.parametrize("damaged", [b"truth, one byte ofF", b"truth, one", b"", b"truth, one byte off, and more"])
def test_a_damaged_blob_is_refused_and_put_repairs_it(store: FolderStore, damaged: bytes) -> None:
    blob_id = store.put(b"truth, one byte off")
    overwrite(blob_path(store, blob_id), damaged)
    with pytest.raises(StoreError, match=blob_id) as refusal:
        store.get(blob_id)
    assert refusal.value.error_id == "store.corrupt"
    assert store.put(b"truth, one byte off") == blob_id
    assert store.get(blob_id) == b"truth, one byte off"


def test_a_deleted_blob_is_missing_and_no_longer_an_entry(store: FolderStore) -> None:
    blob_id = store.put_entry(SLOT, b"gone")
    blob_path(store, blob_id).unlink()
    assert not store.has(blob_id)
    assert store.entries(SLOT) == []
    with pytest.raises(StoreError) as refusal:
        store.get(blob_id)
    assert refusal.value.error_id == "store.missing"


def test_a_store_below_a_regular_file_is_unwritable_and_the_sentence_names_the_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    store = FolderStore(tmp_path / "file" / "store")
    for write in (store.put, lambda data: store.put_entry(SLOT, data)):
        with pytest.raises(StoreError) as refusal:
            write(b"data")
        assert refusal.value.error_id == "store.unwritable"
        for lang in ("en", "zh"):
            assert store.name in refusal.value.sentence(lang)
    assert not store.has(sha256_id(b"data"))
    assert store.entries(SLOT) == []


def test_a_write_that_the_disk_refuses_half_way_leaves_nothing(store: FolderStore) -> None:
    # A file-size limit makes the write fail after its first 4096 bytes, as a full disk does.
    script = """
import resource, sys
from fedmarket.domain.errors import StoreError
from fedmarket.store.folder import FolderStore
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    FolderStore(sys.argv[1]).put(bytes(10000))
except StoreError as error:
    print(error.error_id, error)
"""
    said, _ = python(script, store.name).communicate()
    assert said.startswith("store.unwritable") and store.name in said
    assert not store.has(sha256_id(bytes(10000)))
    assert leftovers(store) == []


def test_a_folder_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "store").symlink_to(tmp_path / "store")
    store = FolderStore(tmp_path / "store")
    for read in (store.has, store.get, lambda blob_id: store.entries(SLOT)):
        with pytest.raises(StoreError) as refusal:
            read(sha256_id(b""))
        assert refusal.value.error_id == "store.unreadable"
        assert store.name in str(refusal.value)


# Crashes and races


def test_a_writer_killed_in_the_middle_leaves_only_whole_entries(store: FolderStore) -> None:
    script = """
import os, sys
from fedmarket.store.folder import FolderStore
store = FolderStore(sys.argv[1])
while True:
    print(store.put_entry(sys.argv[2], os.urandom(500_000)), flush=True)
"""
    promised: list[str] = []
    for lines in (1, 4, 9):
        writer = python(script, store.name, SLOT)
        assert writer.stdout is not None
        promised += [writer.stdout.readline().strip() for _ in range(lines)]
        writer.send_signal(signal.SIGKILL)
        promised += writer.stdout.read().split()
        writer.wait()
        writer.stdout.close()
    listed = store.entries(SLOT, limit=10_000)
    assert set(promised) <= set(listed)
    for blob_id in listed:
        assert len(store.get(blob_id)) == 500_000
    whole = [path for path in Path(store.name, "sha256").rglob("*") if path.is_file() and path.suffix != ".tmp"]
    for path in whole:
        store.get(f"sha256:{path.parent.name}{path.name}")


def test_processes_that_put_the_same_blobs_at_once_all_succeed(store: FolderStore) -> None:
    script = """
import sys
from fedmarket.store.folder import FolderStore
store = FolderStore(sys.argv[1], durable=False)
sys.stdin.readline()
for number in range(150):
    blob = b"%d " % number * 2000
    assert store.get(store.put_entry(sys.argv[2], blob)) == blob
print("done")
"""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", script, store.name, SLOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    assert [writer.communicate()[0] for writer in writers] == ["done\n"] * 3
    listed = store.entries(SLOT, limit=1000)
    assert listed == sorted(sha256_id(b"%d " % number * 2000) for number in range(150))
    assert leftovers(store) == []


def test_a_second_store_on_the_same_folder_sees_everything(store: FolderStore) -> None:
    blob_id = store.put_entry(SLOT, b"shared")
    assert FolderStore(store.name).entries(SLOT) == [blob_id]
    assert FolderStore(store.name).get(blob_id) == b"shared"


def test_a_durable_write_syncs_the_bytes_before_the_name_and_the_folder_after(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def spied_fsync(descriptor: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "bytes")
        fsync(descriptor)

    def spied_replace(source: Path, target: Path) -> None:
        steps.append("name")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", spied_fsync)
    monkeypatch.setattr(os, "replace", spied_replace)
    store.put(b"first")
    assert steps[-3:] == ["bytes", "name", "folder"]
    assert steps[:-3] == ["folder"] * 3, "each new folder's name is made durable too: the store, sha256, the shard"
    steps.clear()
    store.put(b"first")
    assert steps == ["folder"]
    steps.clear()
    FolderStore(store.name, durable=False).put(b"second")
    assert steps == ["name"]


# Attacks


def test_attack_rubbish_in_a_slot_is_ignored(store: FolderStore, tmp_path: Path) -> None:
    honest = store.put_entry(SLOT, b"honest")
    other = store.put(b"another blob")
    slot = slot_path(store)
    (slot / "README").write_bytes(b"wrong name")
    (slot / "AB").write_bytes(b"")
    (slot / other[7:].upper()).write_bytes(b"upper case")
    (slot / (other[7:] + "0")).write_bytes(b"too long")
    (slot / ("0" * 64)).write_bytes(b"right name, wrong bytes, and no such blob")
    (slot / ("1" * 64)).mkdir()
    (slot / other[7:]).symlink_to(blob_path(store, other))
    (slot / ("2" * 64)).symlink_to("/nowhere")
    os.mkfifo(slot / ("3" * 64))
    (slot / b"\xff\xfe".decode(errors="surrogateescape")).write_bytes(b"not even text")
    assert store.entries(SLOT, limit=1) == [honest]


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "device link"])
def test_attack_something_else_under_a_blobs_name_is_no_blob(store: FolderStore, tmp_path: Path, kind: str) -> None:
    blob_id = store.put(b"data")
    path = blob_path(store, blob_id)
    path.unlink()
    (tmp_path / "elsewhere").write_bytes(b"data")
    if kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "device link":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    assert not store.has(blob_id)
    with pytest.raises(StoreError) as refusal:
        store.get(blob_id)
    assert refusal.value.error_id == "store.missing"
    if kind == "folder":
        with pytest.raises(StoreError):
            store.put(b"data")
        assert leftovers(store) == []
    else:
        store.put(b"data")
        assert store.get(blob_id) == b"data"
        assert (tmp_path / "elsewhere").read_bytes() == b"data"


def test_attack_a_huge_file_under_a_blobs_name_is_not_read_into_memory(store: FolderStore) -> None:
    blob_id = store.put_entry(SLOT, b"small")
    path = blob_path(store, blob_id)
    path.unlink()
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert store.entries(SLOT) == [blob_id]
    with pytest.raises(StoreError) as refusal:
        store.get(blob_id, max_bytes=1 << 20)
    assert refusal.value.error_id == "store.too_large"
    store.put(b"small")
    assert store.get(blob_id) == b"small"


def test_attack_a_file_where_a_slot_should_be_is_told_to_its_owner(store: FolderStore) -> None:
    slot_path(store).parent.mkdir(parents=True)
    slot_path(store).write_bytes(b"in the way")
    assert store.entries(SLOT) == []
    with pytest.raises(StoreError) as refusal:
        store.put_entry(SLOT, b"data")
    assert refusal.value.error_id == "store.unwritable"
