"""Tasks to open: sensible terms of every kind, and the same terms with one thing wrong."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from tests.contracts.stateful.cast import NOBODY, PAUPER, casting
from tests.contracts.stateful.choice import chance

from fedmarket.domain.chain_terms import AMOUNT_LIMIT, BOND_LIMIT, WEIGHT_LIMIT, WINDOW_LIMIT, ChainTerms, Windows
from fedmarket.domain.merkle import StandardTree
from fedmarket.domain.reference.opening import ADMISSION_LEAF

Entry = tuple[str, int, int]
"""(account, weight, price): a leaf of the allow-list, or what a provider would join with."""

AMOUNTS = (0, 1, 7, 1000, 10**18 + 9, AMOUNT_LIMIT - 1)
BONDS = (0, 3, 50, 10**18 + 1, AMOUNT_LIMIT - 1)
FEES = (0, 1, 13, 10**15)
WAITS = (1, 2, 9, 40)
SCALES = (1, 50, 2_500, 125_000)


@dataclass(frozen=True)
class Opening:
    """One task to open, with everybody whom its requester would admit."""

    requester: str
    terms: ChainTerms
    candidates: tuple[Entry, ...]


def windows(rng: Random) -> Windows:
    """Windows of a few lengths, so that deadlines meet; on a scale of their own, so that tasks outlive each other."""
    scale = rng.choice(SCALES)
    join, start, commit, reveal, confirm, claim, round_wait = (scale * rng.choice(WAITS) for _ in range(7))
    submit = rng.choice((0, round_wait // 2, round_wait - 1))
    return Windows(join, start, submit, round_wait, commit, reveal, confirm, claim)


def an_opening(rng: Random, serial: int) -> Opening:
    """Draw a task that the contract must take: allow-list (priced or not) or open, 1 or 3 evaluators, 0-2 standbys."""
    order = casting(rng.randint(0, 12), rng.randint(1, 12))
    requester = order.pop()
    aggregators = tuple(order.pop() for _ in range(rng.choice((1, 2, 3, 3))))
    if chance(rng, 20):
        aggregators = (*aggregators[:-1], PAUPER)
    evaluators = tuple(order.pop() for _ in range(rng.choice((1, 3))))
    weights = [rng.choice((1, 2, 3, 10, 1000)) for _ in range(rng.choice((1, 2, 3, 4)))]
    accounts = (
        [*order[: len(weights) - 1], PAUPER] if chance(rng, 12) and PAUPER not in aggregators else order[: len(weights)]
    )
    kind = rng.choice(("listed", "priced", "open"))
    prices = [rng.choice((0, 5, 1000)) if kind == "priced" else 0 for _ in weights]
    candidates = tuple(zip(accounts, weights, prices, strict=True))
    max_weight = sum(weights) + rng.choice((0, 0, 1, 500))
    terms = ChainTerms(
        terms_hash=serial.to_bytes(32, "big"),
        initial_model=b"\x11" * 32,
        admission_root=bytes(32) if kind == "open" else StandardTree(ADMISSION_LEAF, candidates).root,
        performance=rng.choice(AMOUNTS),
        participation=rng.choice((sum(prices), *AMOUNTS)),
        aggregator_fee=rng.choice(FEES),
        evaluator_fee=rng.choice(FEES),
        aggregator_bond=rng.choice(BONDS),
        evaluator_bond=rng.choice(BONDS),
        provider_bond=rng.choice(BONDS),
        trigger_reward=rng.choice((0, 1, 2, 10**9)),
        rounds=rng.choice((1, 2, 3, 4, 5)),
        patience=rng.choice((1, 2)),
        min_providers=rng.choice((1, 1, len(weights))),
        max_providers=len(weights) + rng.choice((0, 0, 1, 3)),
        min_weight=min(max_weight, rng.choice((1, 1, 2, 5))),
        max_weight=max_weight,
        priced=kind == "priced",
        royalty_bps=rng.choice((0, 500, 10_000)),
        windows=windows(rng),
        aggregators=aggregators,
        evaluators=evaluators,
    )
    return Opening(requester, _affordable(terms), candidates)


def _affordable(terms: ChainTerms) -> ChainTerms:
    """Make the money fit the kind of admission and the reward the bonds, and let there be an escrow."""
    reward = min(terms.trigger_reward, min(terms.aggregator_bond, terms.evaluator_bond) // 2)
    terms = replace(terms, trigger_reward=reward)
    if terms.open_admission:
        performance = min(terms.performance, 2**80)
        bond = 2 * performance + terms.provider_bond % 10**6
        terms = replace(terms, performance=performance, participation=0, provider_bond=bond)
    return terms if terms.escrow else replace(terms, aggregator_fee=1)


SPOILERS: tuple[Callable[[ChainTerms], ChainTerms], ...] = (
    lambda terms: replace(terms, terms_hash=bytes(32)),
    lambda terms: replace(terms, performance=AMOUNT_LIMIT),
    lambda terms: replace(terms, trigger_reward=AMOUNT_LIMIT),
    lambda terms: replace(terms, trigger_reward=terms.aggregator_bond // 2 + 1),
    lambda terms: replace(terms, trigger_reward=terms.evaluator_bond // 2 + 1),
    lambda terms: replace(terms, performance=0, participation=0, aggregator_fee=0, evaluator_fee=0),
    lambda terms: replace(terms, rounds=0),
    lambda terms: replace(terms, rounds=1001),
    lambda terms: replace(terms, rounds=1000),
    lambda terms: replace(terms, patience=0),
    lambda terms: replace(terms, min_providers=0),
    lambda terms: replace(terms, min_providers=terms.max_providers + 1),
    lambda terms: replace(terms, max_providers=1025),
    lambda terms: replace(terms, min_weight=0),
    lambda terms: replace(terms, min_weight=terms.max_weight + 1),
    lambda terms: replace(terms, max_weight=WEIGHT_LIMIT),
    lambda terms: replace(terms, royalty_bps=10_001),
    lambda terms: replace(terms, aggregators=()),
    lambda terms: replace(terms, evaluators=()),
    lambda terms: replace(terms, evaluators=terms.evaluators[:1] * 2),
    lambda terms: replace(terms, evaluators=(NOBODY,)),
    lambda terms: replace(terms, evaluators=terms.aggregators[:1]),
    lambda terms: replace(terms, windows=replace(terms.windows, submit=terms.windows.round)),
    lambda terms: replace(terms, windows=replace(terms.windows, claim=0)),
    lambda terms: replace(terms, windows=replace(terms.windows, join=WINDOW_LIMIT)),
    lambda terms: replace(terms, admission_root=bytes(32), participation=1),
    lambda terms: replace(terms, admission_root=bytes(32), participation=0, priced=False, performance=500, min_weight=1,
                          provider_bond=999),
    lambda terms: replace(terms, admission_root=bytes(32), participation=0, priced=True),
    lambda terms: replace(
        terms, admission_root=bytes(32), participation=0, priced=False, provider_bond=0, performance=1
    ),
    lambda terms: replace(
        terms, admission_root=bytes(32), participation=0, priced=False,
        performance=0, aggregator_fee=1, max_weight=2**20, provider_bond=BOND_LIMIT // 2**20,
    ),
)  # fmt: skip
"""Each makes one thing wrong; most results are refused, each for its own reason."""
