"""TaskMarket.vy in plain Python: the oracle of its tests, the chain of simulations, and the audit's replay."""

from collections.abc import Callable
from typing import Any

from fedmarket.domain.reference import opening, payment, scoring, training
from fedmarket.domain.reference.ledger import Ledger

DISPATCH: dict[str, Callable[..., Any]] = {
    verb.__name__: verb
    for verb in (
        opening.open_task,
        opening.take_seat,
        opening.join,
        opening.cancel,
        opening.start,
        training.announce,
        training.commit_round,
        training.take_over,
        training.stop,
        training.close,
        scoring.commit_scores,
        scoring.reveal_scores,
        scoring.confirm,
        payment.claim,
        payment.claim_fallback,
        payment.claim_seat,
        payment.refund,
        payment.sweep,
        payment.flush_forfeits,
    )
}


def call(market: Ledger, sender: str, verb: str, *args: Any) -> Any:
    """Call one verb; a refusal (ContractRefusal) leaves the market as it was: every verb checks before it changes."""
    return DISPATCH[verb](market, sender, *args)
