"""A task's numbers as people say them: durations, points in time, skills, roles."""

from collections.abc import Iterable
from datetime import UTC, datetime

from fedmarket.cli.language import Words
from fedmarket.domain.lifecycle import Role

AREA = "task"
UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))
PPB = 1_000_000_000


def duration(seconds: int, words: Words) -> str:
    """Return a number of seconds as "30 days", "1 hour", or "1 hour 30 minutes": the two largest units."""
    own = words.of(AREA)
    parts = []
    for name, length in UNITS:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(own(name if count > 1 else name.removesuffix("s"), count=count))
    return own("gap").join(parts[:2]) or own("seconds", count=0)


def moment(timestamp: int) -> str:
    """Return a block's time as a date in UTC."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M UTC")


def skill_words(ppb: int) -> str:
    """Return a skill in billionths to three decimals."""
    return f"{ppb / PPB:.3f}"


def role_name(role: Role, seat: int, words: Words) -> str:
    """Return what an account is in a task: "aggregator", "standby 1", "evaluator 2"."""
    own = words.of(AREA)
    if role is Role.AGGREGATOR:
        return own("role_standby", number=seat) if seat else own("role_aggregator")
    return own(f"role_{role.name.lower()}", number=seat + 1)


def listed_words(names: Iterable[str], words: Words) -> str:
    """Return names as a list in the words' language."""
    return ("、" if words.lang == "zh" else ", ").join(names)
