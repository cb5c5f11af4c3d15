"""Scenes of a task's life, each played once per session; a test starts in one and leaves it as it was."""

from collections.abc import Callable, Sequence

from fedmarket.domain.chain_terms import ChainTerms
from fedmarket.domain.merkle import StandardTree
from fedmarket.domain.reference.scoring import commitment_of
from fedmarket.domain.reference.state import NO_AGREEMENT, Vote
from tests.contracts import cast
from tests.contracts.cast import AGE_KEY, EVALUATORS, PROVIDERS, word
from tests.contracts.paired import PairedMarket

Play = Callable[[PairedMarket], None]


def open_task(market: PairedMarket, terms: ChainTerms = cast.TERMS) -> int:
    return int(market.call(cast.REQUESTER, "open_task", terms))


def take_seats(market: PairedMarket, task: int = 1, *, without: str = "") -> None:
    terms = market.ledger.tasks[task].terms
    for account in (*terms.aggregators, *terms.evaluators):
        if account != without:
            market.call(account, "take_seat", task, AGE_KEY)


def join(market: PairedMarket, task: int = 1, providers: Sequence[int] = (0, 1, 2)) -> None:
    terms = market.ledger.tasks[task].terms
    prices = cast.PRICES if terms.priced else (0, 0, 0)
    tree = cast.PRICED if terms.priced else cast.ADMITTED
    for i in providers:
        leaf = (PROVIDERS[i], cast.WEIGHTS[i], prices[i])
        proof = [] if terms.open_admission else tree.proof(leaf)
        market.call(leaf[0], "join", task, word("listing"), *leaf[1:], proof, AGE_KEY)


def start(market: PairedMarket, task: int = 1) -> None:
    market.call(cast.STRANGER, "start", task)


def commit_round(
    market: PairedMarket, tree: StandardTree | None = None, task: int = 1, n_updates: int = 3, weight: int = 60
) -> None:
    state = market.ledger.tasks[task]
    number, aggregator = state.round + 1, state.terms.aggregators[state.attempt]
    market.wait_until(max(state.submit_deadline + 1, market.ledger.now))
    root = tree.root if tree else word("root")
    model, manifest = word(f"model {number}"), word(f"manifest {number}")
    market.call(aggregator, "commit_round", task, number, root, model, manifest, n_updates, weight)


def train(market: PairedMarket, task: int = 1) -> None:
    commit_round(market, cast.EARLIER, task)
    commit_round(market, cast.UPDATES, task)


def commitment(market: PairedMarket, evaluator: str, task: int = 1) -> bytes:
    facts = (market.ledger.chain_id, market.address, task, evaluator)
    return commitment_of(*facts, cast.table(evaluator), cast.salt(evaluator))


def commit_scores(market: PairedMarket, evaluators: Sequence[str] = EVALUATORS, task: int = 1) -> None:
    for evaluator in evaluators:
        market.call(evaluator, "commit_scores", task, commitment(market, evaluator, task))


def reveal_scores(market: PairedMarket, evaluators: Sequence[str] = EVALUATORS, task: int = 1) -> None:
    for evaluator in evaluators:
        market.call(evaluator, "reveal_scores", task, cast.table(evaluator), cast.salt(evaluator))


def confirm(market: PairedMarket, vote: Vote, evaluators: Sequence[str] = EVALUATORS[:2], task: int = 1) -> None:
    for evaluator in evaluators:
        market.call(evaluator, "confirm", task, vote)


def close(market: PairedMarket, task: int = 1) -> None:
    """Wait until the state's last deadline has passed, and close."""
    state = market.ledger.tasks[task]
    deadlines = {1: state.start_deadline, 2: state.training_deadline}
    market.wait_until(max(deadlines.get(int(state.status), state.confirm_deadline) + 1, market.ledger.now))
    market.call(cast.STRANGER, "close", task)


def claim(market: PairedMarket, leaf: tuple[str, int, int, int], tree: StandardTree = cast.PAYOUTS) -> None:
    market.call(cast.STRANGER, "claim", 1, *leaf, tree.proof(leaf))


def opened(market: PairedMarket) -> None:
    open_task(market)


def opened_to_all(market: PairedMarket) -> None:
    open_task(market, cast.OPEN)


def seated(market: PairedMarket) -> None:
    opened(market)
    take_seats(market)


def joined(market: PairedMarket) -> None:
    seated(market)
    join(market)


def joined_by_all(market: PairedMarket) -> None:
    opened_to_all(market)
    take_seats(market)
    join(market)


def training(market: PairedMarket) -> None:
    joined(market)
    start(market)


def half_trained(market: PairedMarket) -> None:
    training(market)
    commit_round(market, cast.EARLIER)


def scoring(market: PairedMarket) -> None:
    training(market)
    train(market)


def scoring_open(market: PairedMarket) -> None:
    joined_by_all(market)
    start(market)
    train(market)


def committed(market: PairedMarket) -> None:
    scoring(market)
    commit_scores(market)


def revealed(market: PairedMarket) -> None:
    committed(market)
    reveal_scores(market)


def revealed_open(market: PairedMarket) -> None:
    scoring_open(market)
    commit_scores(market)
    reveal_scores(market)


def settled(market: PairedMarket) -> None:
    revealed(market)
    confirm(market, cast.VOTE)


def fallen_back(market: PairedMarket) -> None:
    """Nobody agrees; the third provider announced and never delivered in the last round's tree."""
    training(market)
    market.call(PROVIDERS[2], "announce", 1, 1, word("update"), word("blob"))
    train(market)
    commit_scores(market)
    reveal_scores(market)
    confirm(market, NO_AGREEMENT)


def cancelled(market: PairedMarket) -> None:
    joined(market)
    market.call(cast.REQUESTER, "cancel", 1)


def nothing(market: PairedMarket) -> None:
    """Everybody has money, and that is all."""
