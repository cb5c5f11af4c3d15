"""A file's way through a sale on disk: what goes in comes out, what is spoiled is found, what stops goes on."""

from hashlib import sha256
from pathlib import Path

import pytest

from fedmarket.domain.errors import DataError, RefusedError
from fedmarket.domain.exchange.chunks import CHUNK, PAYLOAD, crypt, leaf, salt_of, sealed_size
from fedmarket.domain.exchange.tree import climb, root
from fedmarket.exchange.crew import Crew
from fedmarket.exchange.files import Hashes, check, dispute, offered, prepare, seal, unseal
from fedmarket.exchange.jobs import SPAN
from tests.contracts.cast import word

SEED, KEY = word("seed"), word("key")
SIZES = [0, 1, PAYLOAD, PAYLOAD + 1, 3 * PAYLOAD - 7, SPAN * PAYLOAD, SPAN * PAYLOAD + 5, 2 * SPAN * PAYLOAD + 9_000]


def content(size: int) -> bytes:
    block = b"".join(sha256(i.to_bytes(4, "big")).digest() for i in range(3_000))
    return (block * (size // len(block) + 1))[:size]


def written(folder: Path, size: int) -> Path:
    path = folder / "file"
    path.write_bytes(content(size))
    return path


def spoil(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("size", SIZES)
def test_a_file_comes_out_as_it_went_in(tmp_path: Path, size: int) -> None:
    path, sealed, target = written(tmp_path, size), tmp_path / "sealed", tmp_path / "opened"
    plain = prepare(path, SEED)
    cipher = seal(path, SEED, KEY, plain, sealed)
    assert sealed.stat().st_size == sealed_size(size)
    assert check(sealed, size) == cipher
    assert unseal(sealed, size, KEY, plain, target) is None
    assert target.read_bytes() == path.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "opened", "sealed"]


@pytest.mark.parametrize("size", SIZES[:5])
def test_files_are_cut_salted_and_encrypted_exactly_as_the_contract_says(tmp_path: Path, size: int) -> None:
    path = written(tmp_path, size)
    data, count = path.read_bytes(), max(1, -(-size // PAYLOAD))
    chunks = [salt_of(SEED, i) + data[PAYLOAD * i : PAYLOAD * (i + 1)] for i in range(count)]
    plain = prepare(path, SEED)
    assert plain.leaves == b"".join(map(leaf, chunks))
    assert plain.root == root([leaf(chunk) for chunk in chunks])
    seal(path, SEED, KEY, plain, tmp_path / "sealed")
    assert (tmp_path / "sealed").read_bytes() == b"".join(crypt(KEY, i, chunk) for i, chunk in enumerate(chunks))


def test_many_processes_come_to_the_same_bytes(tmp_path: Path) -> None:
    path, told = written(tmp_path, SIZES[-1]), []
    plain = prepare(path, SEED)
    alone = seal(path, SEED, KEY, plain, tmp_path / "alone")
    crew = Crew(2, lambda done, total: told.append((done, total)))
    assert seal(path, SEED, KEY, plain, tmp_path / "crew", crew) == alone
    assert (tmp_path / "crew").read_bytes() == (tmp_path / "alone").read_bytes()
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("chunk", [0, 1, SPAN - 1, SPAN, SPAN + 1])
def test_the_first_wrong_chunk_is_named_and_its_proof_is_what_the_contract_takes(tmp_path: Path, chunk: int) -> None:
    size = (SPAN + 2) * PAYLOAD - 100
    path, sealed, target = written(tmp_path, size), tmp_path / "sealed", tmp_path / "opened"
    plain = prepare(path, SEED)
    seal(path, SEED, KEY, plain, sealed)
    spoil(sealed, CHUNK * chunk + 20)
    cipher = check(sealed, size)
    assert unseal(sealed, size, KEY, plain, target) == chunk
    assert not target.exists()
    proof = dispute(sealed, size, chunk, plain, cipher)
    sent = b"".join(number.to_bytes(32, "big") for number in proof.words)
    ciphers, plains = ([step[side] for step in proof.path] for side in (0, 1))
    assert climb(leaf(sent), chunk, plain.count, ciphers) == cipher.root
    assert climb(proof.plain_leaf, chunk, plain.count, plains) == plain.root


class Stopped(Exception):
    """What stops a job from outside."""


def stop_after(spans: int) -> Crew:
    def progress(done: int, total: int) -> None:
        if done == spans:
            raise Stopped

    return Crew(1, progress)


@pytest.mark.parametrize("cut", [0, 1, 40])
def test_an_interrupted_sealing_goes_on_where_it_was(tmp_path: Path, cut: int) -> None:
    path, sealed = written(tmp_path, SIZES[-1]), tmp_path / "sealed"
    plain = prepare(path, SEED)
    with pytest.raises(Stopped):
        seal(path, SEED, KEY, plain, sealed, stop_after(2))
    assert not sealed.exists()
    journal = tmp_path / "sealed.part.journal"
    if cut:
        journal.write_bytes(journal.read_bytes()[:-cut])
    told: list[int] = []
    cipher = seal(path, SEED, KEY, plain, sealed, Crew(1, lambda done, total: told.append(done)))
    assert told == ([2, 3] if cut else [3])
    assert check(sealed, SIZES[-1]) == cipher
    assert unseal(sealed, SIZES[-1], KEY, plain, tmp_path / "opened") is None


def test_an_interrupted_opening_goes_on_and_a_span_lost_with_the_power_is_done_again(tmp_path: Path) -> None:
    size, path, sealed = SIZES[-1], written(tmp_path, SIZES[-1]), tmp_path / "sealed"
    plain = prepare(path, SEED)
    seal(path, SEED, KEY, plain, sealed)
    with pytest.raises(Stopped):
        unseal(sealed, size, KEY, plain, tmp_path / "opened", stop_after(2))
    spoil(tmp_path / "opened.part", 5)
    told: list[int] = []
    crew = Crew(1, lambda done, total: told.append(done))
    assert unseal(sealed, size, KEY, plain, tmp_path / "opened", crew) is None
    assert told == [2, 3]
    assert (tmp_path / "opened").read_bytes() == path.read_bytes()


def test_a_journal_of_another_key_counts_for_nothing(tmp_path: Path) -> None:
    path, sealed = written(tmp_path, SIZES[-1]), tmp_path / "sealed"
    plain = prepare(path, SEED)
    with pytest.raises(Stopped):
        seal(path, SEED, KEY, plain, sealed, stop_after(2))
    other = word("another key")
    told: list[int] = []
    seal(path, SEED, other, plain, sealed, Crew(1, lambda done, total: told.append(done)))
    assert told == [1, 2, 3]
    assert unseal(sealed, SIZES[-1], other, plain, tmp_path / "opened") is None


def test_a_file_that_is_no_longer_the_offered_one_is_not_sealed(tmp_path: Path) -> None:
    path = written(tmp_path, SPAN * PAYLOAD + 5)
    plain = prepare(path, SEED)
    spoil(path, SPAN * PAYLOAD + 1)
    with pytest.raises(RefusedError, match="no longer the file that was offered"):
        seal(path, SEED, KEY, plain, tmp_path / "sealed")
    path.write_bytes(b"short")
    with pytest.raises(RefusedError, match="no longer the file that was offered"):
        seal(path, SEED, KEY, plain, tmp_path / "sealed")
    assert not (tmp_path / "sealed").exists()


def test_a_ciphertext_of_another_length_is_refused(tmp_path: Path) -> None:
    path, sealed = written(tmp_path, 10_000), tmp_path / "sealed"
    seal(path, SEED, KEY, prepare(path, SEED), sealed)
    for data in (sealed.read_bytes()[:-1], sealed.read_bytes() + b"\0"):
        sealed.write_bytes(data)
        with pytest.raises(RefusedError, match="bytes where 10048 belong"):
            check(sealed, 10_000)


def test_a_hash_list_is_that_of_the_offer_or_refused(tmp_path: Path) -> None:
    plain = prepare(written(tmp_path, 10_000), SEED)
    assert offered(plain.leaves, 10_000, plain.root) == plain
    for leaves, size, top in (
        (plain.leaves, 10_000, word("root")),
        (plain.leaves, 4 * PAYLOAD, plain.root),
        (plain.leaves[:-1], 10_000, plain.root),
        (b"", 10_000, plain.root),
    ):
        with pytest.raises(RefusedError, match="hash list"):
            offered(leaves, size, top)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere cannot be read") as missing:
        prepare(tmp_path / "nowhere", SEED)
    assert "nowhere" in missing.value.sentence("zh")
    with pytest.raises(DataError):
        check(tmp_path / "nowhere", 5)
    path = written(tmp_path, 5)
    with pytest.raises(DataError, match="cannot be read or written"):
        seal(path, SEED, KEY, prepare(path, SEED), tmp_path / "no folder" / "sealed")


def test_equal_hashes_differ_nowhere() -> None:
    assert Hashes(bytes(64)).first_difference(Hashes(bytes(64))) is None
    assert Hashes(bytes(64)).first_difference(Hashes(bytes(63) + b"\1")) == 1
    assert Hashes(bytes(64)).first_difference(Hashes(bytes(96))) == 2
