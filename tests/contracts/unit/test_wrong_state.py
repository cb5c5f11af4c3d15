"""A verb called where the life-cycle's table has no row for it is refused, and so is one on an unknown task."""

from collections.abc import Callable
from typing import Any

import pytest

from fedmarket.domain.lifecycle import VERBS, Status
from fedmarket.domain.reference.state import NO_AGREEMENT
from tests.contracts import cast, scenes
from tests.contracts.cast import AGE_KEY, STRANGER, word
from tests.contracts.paired import PairedMarket
from tests.contracts.scenes import Play

At = Callable[[Play], PairedMarket]
SCENES = {
    Status.OPEN: scenes.joined,
    Status.TRAINING: scenes.training,
    Status.SCORING: scenes.revealed,
    Status.SETTLED: scenes.settled,
    Status.FALLBACK: scenes.fallen_back,
    Status.CANCELLED: scenes.cancelled,
}
PROOF: list[bytes] = []
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "take_seat": (AGE_KEY,),
    "join": (word("listing"), 10, 0, PROOF, AGE_KEY),
    "cancel": (),
    "start": (),
    "announce": (1, word("update"), word("blob")),
    "commit_round": (1, word("root"), word("model"), word("manifest"), 0, 0),
    "take_over": (),
    "stop": (),
    "commit_scores": (word("commitment"),),
    "reveal_scores": (b"table", word("salt")),
    "confirm": (NO_AGREEMENT,),
    "close": (),
    "claim": (STRANGER, 0, 0, 0, PROOF),
    "claim_fallback": (STRANGER, 1, word("update"), 1, word("root"), word("model"), word("manifest"), PROOF),
    "claim_seat": (STRANGER,),
    "refund": (STRANGER,),
    "sweep": (),
}


def test_every_verb_on_a_task_is_called_here() -> None:
    assert ARGUMENTS.keys() | {"open_task", "flush_forfeits"} == VERBS.keys()


@pytest.mark.parametrize("verb", ARGUMENTS)
def test_an_unknown_task_is_refused(at: At, verb: str) -> None:
    market = at(scenes.opened)
    for task_id in (0, 2, 2**256 - 1):
        market.refused("unknown_task", STRANGER, verb, task_id, *ARGUMENTS[verb])


@pytest.mark.parametrize("status", SCENES)
def test_forward_only_a_verb_outside_its_states_is_refused(at: At, status: Status) -> None:
    market = at(SCENES[status])
    for verb, arguments in ARGUMENTS.items():
        if status not in VERBS[verb].within:
            market.refused("wrong_status", cast.REQUESTER, verb, 1, *arguments)
