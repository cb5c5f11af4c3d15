"""A node's state survives what cuts its last write short, and belongs to one node at a time."""

import subprocess
import sys
from pathlib import Path

import pytest

from fedmarket.chain.anvil_state import StateFolder
from fedmarket.domain.errors import LANGUAGES, UsageError

WHOLE, NEWER = b'{"accounts": {}, "blocks": [1]}', b'{"accounts": {}, "blocks": [1, 2]}'


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "chain")


def refused(error_id: str, act: object) -> UsageError:
    with pytest.raises(UsageError) as refusal:
        act()  # type: ignore[operator]
    assert refusal.value.error_id == error_id and refusal.value.exit_code == 2
    assert all("\n" not in refusal.value.sentence(lang) for lang in LANGUAGES)
    return refusal.value


@pytest.mark.parametrize("cut", range(len(NEWER)))
def test_a_state_that_was_cut_short_anywhere_is_replaced_by_the_whole_copy(folder: StateFolder, cut: int) -> None:
    folder.state.write_bytes(WHOLE)
    folder.keep()
    folder.state.write_bytes(NEWER[:cut])
    assert folder.restore()
    assert folder.state.read_bytes() == WHOLE


def test_a_whole_state_is_left_as_it_is(folder: StateFolder) -> None:
    folder.state.write_bytes(WHOLE)
    folder.keep()
    folder.state.write_bytes(NEWER)
    assert not folder.restore()
    assert folder.state.read_bytes() == NEWER


def test_half_a_state_never_takes_the_copys_place(folder: StateFolder) -> None:
    folder.state.write_bytes(WHOLE)
    folder.keep()
    folder.state.write_bytes(NEWER[:-1])
    folder.keep()
    assert folder.copy.read_bytes() == WHOLE
    folder.state.write_bytes(NEWER)
    folder.keep()
    assert folder.copy.read_bytes() == NEWER


def test_a_state_that_is_gone_comes_back_from_its_copy(folder: StateFolder) -> None:
    folder.state.write_bytes(WHOLE)
    folder.keep()
    folder.state.unlink()
    assert folder.restore() and folder.state.read_bytes() == WHOLE


def test_a_new_folder_has_nothing_to_restore_and_is_its_owners_alone(folder: StateFolder) -> None:
    assert not folder.restore()
    assert folder.folder.stat().st_mode & 0o777 == 0o700


def test_a_damaged_state_without_a_copy_is_refused_and_kept(folder: StateFolder) -> None:
    folder.state.write_bytes(NEWER[:9])
    assert str(folder.state) in str(refused("node.bad_state", folder.restore))
    assert folder.state.read_bytes() == NEWER[:9]


def test_two_nodes_do_not_share_a_state(folder: StateFolder) -> None:
    with folder.held():
        refused("node.state_in_use", StateFolder(folder.folder).held().__enter__)
    with folder.held():
        """It is free again."""


def test_a_child_that_outlives_its_parent_still_holds_the_state(folder: StateFolder) -> None:
    with folder.held() as lock:
        script = "import sys; sys.stdin.read()"
        child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, pass_fds=(lock.fileno(),))
    try:
        refused("node.state_in_use", StateFolder(folder.folder).held().__enter__)
    finally:
        child.communicate()
    with folder.held():
        """It is free again."""


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused("node.state_unwritable", lambda: StateFolder(tmp_path / "file" / "chain"))
