"""The contract's events as a table: their fields in order, with the Python type of each."""

from fedmarket.domain.chain_terms import ChainTerms
from fedmarket.domain.reference.state import Vote

EVENTS: dict[str, dict[str, type]] = {
    "TaskOpened": {"task": int, "requester": str, "terms_hash": bytes, "terms": ChainTerms},
    "SeatTaken": {"task": int, "account": str, "role": int, "seat": int, "age_key": bytes},
    "Joined": {
        "task": int,
        "account": str,
        "listing": bytes,
        "weight": int,
        "price": int,
        "bond": int,
        "age_key": bytes,
    },
    "TaskCancelled": {"task": int, "caller": str},
    "TaskStarted": {"task": int, "caller": str},
    "UpdateAnnounced": {
        "task": int,
        "provider": str,
        "round": int,
        "attempt": int,
        "update": bytes,
        "blob": bytes,
    },
    "RoundCommitted": {
        "task": int,
        "round": int,
        "attempt": int,
        "updates_root": bytes,
        "model": bytes,
        "manifest": bytes,
        "n_updates": int,
        "delivered_weight": int,
    },
    "TakenOver": {"task": int, "aggregator": str, "attempt": int, "first_round": int},
    "TrainingStopped": {"task": int, "round": int},
    "TaskClosed": {"task": int, "caller": str, "status": int},
    "ScoresCommitted": {"task": int, "evaluator": str, "commitment": bytes},
    "ScoresRevealed": {"task": int, "evaluator": str, "table": bytes, "salt": bytes},
    "Confirmed": {"task": int, "evaluator": str, "vote": Vote},
    "TaskSettled": {"task": int, "vote": Vote, "paid": int, "forfeited": int},
    "TaskFellBack": {"task": int, "paid": int, "forfeited": int, "refund": int},
    "Claimed": {"task": int, "account": str, "owed": int, "bond": int},
    "SeatClaimed": {"task": int, "account": str, "fee": int, "bond": int},
    "Refunded": {"task": int, "account": str, "amount": int},
    "Swept": {"task": int, "amount": int},
    "ForfeitsFlushed": {"amount": int},
}
