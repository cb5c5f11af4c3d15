"""Proofs: what is no leaf of the tree does not pass for one."""

from collections.abc import Callable
from dataclasses import replace

from eth_abi.abi import encode
from eth_hash.auto import keccak

from fedmarket.domain.merkle import StandardTree, leaf_hash, verify
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF, UPDATES_LEAF
from tests.contracts import cast, scenes
from tests.contracts.cast import LEAVES, PAYOUTS, PROVIDERS, REQUESTER, STRANGER, VOTE, word
from tests.contracts.compiled import deploy
from tests.contracts.paired import PairedMarket
from tests.contracts.scenes import Play

At = Callable[[Play], PairedMarket]
BLANK = bytes(32)


def test_every_leaf_of_trees_of_all_sizes_is_proved_as_in_python(at: At) -> None:
    desk = deploy(at(scenes.nothing).env, "merkle_desk")
    for size in (1, 2, 3, 5, 8, 33):
        values = [(cast.account(f"leaf {i}"), i, 0, i) for i in range(size)]
        tree = StandardTree(SETTLEMENT_LEAF, values)
        for value in values[:: max(1, size // 5)]:
            proof = tree.proof(value)
            once = keccak(encode(SETTLEMENT_LEAF, value))
            assert verify(tree.root, SETTLEMENT_LEAF, value, proof)
            assert desk.proves(tree.root, once, proof)
            assert not desk.proves(tree.root, keccak(once), proof)
            assert not desk.proves(tree.root, once, [*proof, BLANK])


def test_sixteen_levels_are_climbed(at: At) -> None:
    desk = deploy(at(scenes.nothing).env, "merkle_desk")
    once, path = word("leaf"), [word(f"sibling {level}") for level in range(16)]
    node = keccak(once)
    for sibling in path:
        node = keccak(min(node, sibling) + max(node, sibling))
    assert desk.proves(node, once, path)


def test_an_inner_node_of_64_bytes_does_not_pass_for_a_leaf(at: At) -> None:
    desk = deploy(at(scenes.nothing).env, "merkle_desk")
    left, right = sorted(PAYOUTS.nodes[-2:])
    inner = keccak(left + right)
    assert inner in PAYOUTS.nodes
    sibling = next(node for node in PAYOUTS.nodes[1:3] if node != inner)
    # hashed once, as a verifier without the second hash would take it, the forged leaf leads to the root
    assert keccak(min(inner, sibling) + max(inner, sibling)) == PAYOUTS.root
    assert not desk.proves(PAYOUTS.root, keccak(left + right), [sibling])
    assert not desk.proves(PAYOUTS.root, inner, [sibling])


def test_a_root_over_leaves_hashed_once_opens_nothing(at: At) -> None:
    market = at(scenes.revealed)
    once = keccak(encode(SETTLEMENT_LEAF, LEAVES[0]))
    scenes.confirm(market, replace(VOTE, payout_root=once))
    market.refused("wrong_proof", STRANGER, "claim", 1, *LEAVES[0], [])


def test_a_root_may_be_a_single_leaf(at: At) -> None:
    market = at(scenes.revealed)
    scenes.confirm(market, replace(VOTE, payout_root=leaf_hash(SETTLEMENT_LEAF, LEAVES[0])))
    market.call(STRANGER, "claim", 1, *LEAVES[0], [])


def test_a_zero_root_is_never_settled_by_and_proves_nothing(at: At) -> None:
    market = at(scenes.revealed)
    market.refused("bad_vote", cast.EVALUATORS[0], "confirm", 1, replace(VOTE, payout_root=BLANK))
    for proof in ([], [BLANK]):
        market.refused("wrong_status", STRANGER, "claim", 1, *LEAVES[0], proof)


def test_a_round_with_a_zero_root_proves_no_delivery(at: At) -> None:
    market = at(scenes.training)
    market.wait_until(market.ledger.tasks[1].submit_deadline + 1)
    market.call(cast.AGGREGATOR, "commit_round", 1, 1, BLANK, word("model"), word("manifest"), 0, 0)
    scenes.close(market)
    scenes.close(market)
    facts = (BLANK, word("model"), word("manifest"))
    for proof in ([], [BLANK]):
        leaf = (PROVIDERS[0], 1, word("update"), 1)
        market.refused("wrong_proof", PROVIDERS[0], "claim_fallback", 1, *leaf, *facts, proof)


def test_a_leaf_of_one_kind_is_none_of_another(at: At) -> None:
    market = at(scenes.fallen_back)
    as_update = StandardTree(UPDATES_LEAF, [(PROVIDERS[0], word("update"), 2)])
    market.refused("wrong_status", STRANGER, "claim", 1, PROVIDERS[0], 0, 0, 0, as_update.proof(0))
    market.refused("nothing_owed", STRANGER, "claim_fallback", 1, REQUESTER, 2, BLANK, 1, BLANK, BLANK, BLANK, [])


def test_paid_once_the_same_leaf_is_claimed_once(at: At) -> None:
    market = at(scenes.settled)
    scenes.claim(market, LEAVES[0])
    for caller in (STRANGER, LEAVES[0][0]):
        market.refused("nothing_owed", caller, "claim", 1, *LEAVES[0], PAYOUTS.proof(0))


def test_two_leaves_of_one_account_are_paid_once(at: At) -> None:
    market = at(scenes.revealed)
    tree = StandardTree(SETTLEMENT_LEAF, [(PROVIDERS[0], 100, 0, 0), (PROVIDERS[0], 101, 0, 0)])
    scenes.confirm(market, replace(VOTE, payout_root=tree.root))
    market.call(STRANGER, "claim", 1, PROVIDERS[0], 100, 0, 0, tree.proof(0))
    market.refused("nothing_owed", STRANGER, "claim", 1, PROVIDERS[0], 101, 0, 0, tree.proof(1))


def test_paid_to_the_account_a_stranger_who_claims_gets_nothing(at: At) -> None:
    market = at(scenes.settled)
    before = market.balance(LEAVES[0][0])
    market.call(STRANGER, "claim", 1, *LEAVES[0], PAYOUTS.proof(0))
    market.call(STRANGER, "claim_seat", 1, cast.AGGREGATOR)
    market.call(STRANGER, "refund", 1, REQUESTER)
    assert market.balance(LEAVES[0][0]) == before + 300 + 30
    assert market.balance(STRANGER) == cast.RICH
