"""The outbox file: one writer at a time, readable after any crash, and a sentence where it cannot be used."""

import subprocess
import sys
from pathlib import Path

import pytest

from fedmarket.chain.fees import Fees
from fedmarket.chain.outbox import Attempt, FileOutbox, Order, Outgoing
from fedmarket.domain.errors import ChainError

ACCOUNT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
COUNT = """
import sys
from pathlib import Path
from fedmarket.chain.process_lock import exclusive
counter, lock = Path(sys.argv[1]), Path(sys.argv[2])
for _ in range(200):
    with exclusive(lock):
        counter.write_text(str(int(counter.read_text()) + 1))
"""


def outgoing(nonce: int) -> Outgoing:
    order = Order("join", ACCOUNT, "0x01", 100_000, "cafe")
    return Outgoing(nonce, order, (Attempt("0x02", "0x03", Fees(7, 1)), Attempt("0x04", "0x05", Fees(8, None))))


def test_what_is_written_is_read_back_by_the_next_process_in_the_order_of_nonces(tmp_path: Path) -> None:
    first = FileOutbox(tmp_path / "new" / "folder", 1, ACCOUNT)
    with first.held():
        first.write([outgoing(5), outgoing(4)])
    second = FileOutbox(tmp_path / "new" / "folder", 1, ACCOUNT)
    with second.held():
        assert second.read() == [outgoing(4), outgoing(5)]


def test_chains_and_accounts_have_outboxes_of_their_own(tmp_path: Path) -> None:
    one, other = FileOutbox(tmp_path, 1, ACCOUNT), FileOutbox(tmp_path, 2, ACCOUNT)
    with one.held():
        one.write([outgoing(1)])
    with other.held():
        assert other.read() == []


def test_a_crash_while_writing_leaves_the_old_calls(tmp_path: Path) -> None:
    box = FileOutbox(tmp_path, 1, ACCOUNT)
    with box.held():
        box.write([outgoing(1)])
    (tmp_path / f"1-{ACCOUNT}.new").write_text('{"nonce": 2, "or')
    with box.held():
        assert box.read() == [outgoing(1)]


@pytest.mark.parametrize("content", ["rubbish", "{}", "[1]", '{"nonce": 1, "order": {}, "attempts": []}'])
def test_a_file_that_is_no_outbox_is_a_sentence_and_is_left_alone(content: str, tmp_path: Path) -> None:
    box = FileOutbox(tmp_path, 1, ACCOUNT)
    path = tmp_path / f"1-{ACCOUNT}.jsonl"
    path.write_text(content)
    with pytest.raises(ChainError) as caught, box.held():
        box.read()
    assert caught.value.error_id == "chain.bad_outbox"
    assert str(path) in str(caught.value)
    assert path.read_text() == content


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ChainError) as caught:
        FileOutbox(tmp_path / "file" / "folder", 1, ACCOUNT)
    assert caught.value.error_id == "chain.outbox_unwritable"


def test_two_processes_never_hold_the_lock_together(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    command = [sys.executable, "-c", COUNT, str(counter), str(tmp_path / "lock")]
    for process in [subprocess.Popen(command) for _ in range(3)]:
        assert process.wait(timeout=30) == 0
    assert counter.read_text() == "600"


def test_a_killed_process_holds_the_lock_no_longer(tmp_path: Path) -> None:
    hold = "import sys, time\nfrom pathlib import Path\nfrom fedmarket.chain.process_lock import exclusive\n"
    hold += "with exclusive(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"
    command = [sys.executable, "-c", hold, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    after = "import sys\nfrom pathlib import Path\nfrom fedmarket.chain.process_lock import exclusive\n"
    after += "with exclusive(Path(sys.argv[1])):\n    pass\n"
    subprocess.run([sys.executable, "-c", after, str(tmp_path / "lock")], check=True, timeout=10)
