"""A requester that lies about its task finds no evaluator: the task is cancelled and everybody is refunded."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from fedmarket.agents.actor import Action
from fedmarket.agents.requester import RequesterAgent
from fedmarket.domain.canonical import sha256_id
from fedmarket.domain.errors import TermsError
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.terms import Goal, Terms, Validation
from fedmarket.store.memory import MemoryStore
from tests.agents.story import Story, finish, play, world


def with_goal(change: Callable[[Goal], Goal]) -> Callable[[Terms], Terms]:
    return lambda terms: replace(terms, goal=change(terms.goal))


def with_validation(change: Callable[[Validation], Validation]) -> Callable[[Terms], Terms]:
    return lambda terms: replace(terms, validation=change(terms.validation))


LIES: Mapping[str, tuple[Callable[[Terms], Terms], str]] = {
    "a starting skill too low": (with_goal(lambda g: replace(g, start_ppb=g.start_ppb - 10**8)), "record.wrong_start"),
    "a starting skill too high": (with_goal(lambda g: replace(g, start_ppb=g.start_ppb + 10**8)), "record.wrong_start"),
    "another standard error": (with_goal(lambda g: replace(g, start_error_ppb=10**8)), "record.wrong_start"),
    "another initial model": (lambda terms: replace(terms, initial_model=bytes(32)), "record.wrong_start"),
    "no validation set": (with_validation(lambda v: replace(v, blob=sha256_id(b"nowhere"))), "store.missing"),
    "another validation set": (with_validation(lambda v: replace(v, commitment=bytes(32))), "record.wrong_plaintext"),
    "other class counts": (
        with_validation(lambda v: replace(v, class_counts=(v.class_counts[0] - 1, v.class_counts[1] + 1))),
        "record.wrong_start",
    ),
    "a larger validation set": (
        with_validation(lambda v: replace(v, rows=v.rows + 2, class_counts=tuple(c + 1 for c in v.class_counts))),
        "record.wrong_start",
    ),
    "a smaller validation set": (
        with_validation(lambda v: replace(v, rows=v.rows - 2, class_counts=tuple(c - 1 for c in v.class_counts))),
        "age.too_large",
    ),
    "a key that nobody can encrypt to": (
        lambda terms: replace(terms, requester=replace(terms.requester, age_key=bytes(32))),
        "record.bad_age_key",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_requester_that_states_wrongly_finds_no_evaluator(lie: str) -> None:
    rewrite, error_id = LIES[lie]
    story = play(rewrite=rewrite)
    assert all(error_id in story.refused(f"evaluator {i}") for i in range(3))
    cancelled_and_refunded(story)


def test_terms_that_differ_from_what_the_contract_enforces_find_nobody() -> None:
    class Swindler(RequesterAgent):
        def _open(self) -> list[Action]:
            self.actor.record.store.put(self._terms.encoded)
            less = replace(self._terms.chain_terms(), performance=1)
            return self.actor.call(None, "open_task", less, pays=less.escrow)

    stage = world()
    stage.cast = {"requester": lambda actor: Swindler(actor, stage.terms, stage.validation)}
    story = finish(stage)
    assert story.view.status is Status.CANCELLED
    for role in ("aggregator", "standby", "evaluator 0", "provider 0"):
        assert story.refused(role) == {"record.terms_differ"}
        assert story.gain(role) == 0


def test_terms_that_break_a_rule_find_nobody() -> None:
    class Reckless(RequesterAgent):
        def _open(self) -> list[Action]:
            self.actor.record.store.put(self._terms.encoded)
            terms = self._terms.chain_terms()
            return self.actor.call(None, "open_task", terms, pays=terms.escrow)

    stage = world(rewrite=lambda terms: replace(terms, training=replace(terms.training, steps=4)))
    stage.cast = {"requester": lambda actor: Reckless(actor, stage.terms, stage.validation)}
    story = finish(stage)
    assert story.refused("provider 0") == {"terms.too_few_steps"}
    cancelled_and_refunded(story)


@pytest.mark.parametrize("content", [None, b"{}"])
def test_terms_that_cannot_be_read_find_nobody(content: bytes | None) -> None:
    stage = world()
    assert stage.step("requester")
    assert isinstance(stage.store, MemoryStore)
    blob = sha256_id(stage.terms.encoded)
    del stage.store._blobs[blob]
    if content is not None:
        stage.store._blobs[blob] = content
    story = finish(stage)
    assert story.refused("evaluator 0") == {"store.corrupt" if content else "store.missing"}
    cancelled_and_refunded(story)


def test_a_requester_may_not_open_terms_that_break_a_rule() -> None:
    stage = world(rewrite=lambda terms: replace(terms, money=replace(terms.money, toll_bps=1)))
    with pytest.raises(TermsError, match="toll belongs to open admission"):
        stage.step("requester")
    assert stage.chain.balance(stage.chain.market) == 0


def cancelled_and_refunded(story: Story) -> None:
    assert story.view.status is Status.CANCELLED
    assert [story.gain(role) for role in story.world.roles] == [0] * len(story.world.roles)
