"""Where a writer puts what others look for: one prefix in the store for each task, round, attempt and account."""

from fedmarket.record.live import Record


def update_slot(record: Record, task: int, round_number: int, attempt: int, account: str) -> str:
    """Return the prefix of a provider's encrypted updates for one attempt at one round."""
    return f"{_home(record, task)}/{round_number}/{attempt}/{account}"


def note_slot(record: Record, task: int, round_number: int, account: str) -> str:
    """Return the prefix of an evaluator's notes on updates that were announced in a round."""
    return f"{_home(record, task)}/{round_number}/notes/{account}"


def score_slot(record: Record, task: int, account: str) -> str:
    """Return the prefix of an evaluator's score table, encrypted to itself before it commits."""
    return f"{_home(record, task)}/scores/{account}"


def _home(record: Record, task: int) -> str:
    return f"{record.chain.chain_id}/{record.chain.market}/{task}"
