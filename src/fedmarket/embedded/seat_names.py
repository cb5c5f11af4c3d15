"""What the seats of a task in one process are called: no provider may bear such a name, or it would take its key."""

import re

SEAT_NAME = re.compile(r"\W*((requester|aggregator|需求方|聚合方)|(standby|evaluator|候补|评估方)\W*[0-9]+)\W*", re.I)


def is_seat_name(name: str) -> bool:
    """Tell whether a name, however it is written, is what one of a task's own seats is called."""
    return SEAT_NAME.fullmatch(name) is not None
