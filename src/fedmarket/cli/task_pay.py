"""How a task pays, in sentences with its numbers filled in (the rule itself: domain/settlement.py)."""

from fedmarket.cli.amounts import tokens
from fedmarket.cli.language import Words
from fedmarket.cli.task_words import skill_words
from fedmarket.domain.terms import Terms

PLACES = 4
BPS = 100


def pay_sentences(terms: Terms, words: Words) -> list[str]:
    """Return what the escrow is made of, and who gets which part of it under which condition."""
    money = terms.money
    return [
        words(
            "escrow_parts",
            escrow=tokens(terms.chain_terms().escrow),
            performance=tokens(money.performance),
            participation=tokens(money.participation),
            fees=tokens(terms.rounds * money.aggregator_fee + len(terms.evaluators) * money.evaluator_fee),
        ),
        words("skill_number" if terms.data.regression else "skill"),
        *_effect(terms, words),
        *_participation(terms, words),
        words(
            "fees",
            rounds=terms.rounds,
            aggregator=tokens(money.aggregator_fee),
            evaluator=tokens(money.evaluator_fee),
        ),
        words("rest"),
    ]


def bond_sentences(terms: Terms, words: Words) -> list[str]:
    """Return what everybody locks, and how it is lost."""
    money = terms.money
    provider = "bond_open" if terms.admission.open else "bond_provider"
    return [
        words(provider, bond=tokens(money.provider_bond)),
        words(
            "bond_seats",
            aggregator=tokens(money.aggregator_bond),
            evaluator=tokens(money.evaluator_bond),
            reward=tokens(money.trigger_reward),
        ),
    ]


def _effect(terms: Terms, words: Words) -> list[str]:
    goal, money = terms.goal, terms.money
    performance, floor = tokens(money.performance), money.performance * money.floor_bps // 10_000
    if goal.target_ppb is None:
        return [words("effect_always", performance=performance, floor=tokens(floor)), words("share")]
    start = max(goal.start_ppb, 0)
    half = (money.performance + floor) // 2 if not terms.admission.open else money.performance // 2
    numbers = {
        "performance": performance,
        "start": skill_words(start),
        "target": skill_words(goal.target_ppb),
        "middle": skill_words((start + goal.target_ppb) // 2),
        "half": tokens(half, PLACES),
    }
    lines = [words("effect_target", **numbers)]
    if floor:
        lines.append(words("floor", floor=tokens(floor), share=money.floor_bps / BPS))
    if terms.admission.open:
        return [*lines, words("share_open", toll=money.toll_bps / BPS)]
    return [*lines, words("share")]


def _participation(terms: Terms, words: Words) -> list[str]:
    admission, money = terms.admission, terms.money
    if not money.participation:
        return []
    if admission.priced:
        return [words("participation_prices", rounds=terms.rounds)]
    total = sum(line.weight for line in admission.listed)
    unit = money.participation // (total * terms.rounds)
    return [
        words(
            "participation",
            participation=tokens(money.participation),
            total=f"{total:,}",
            rounds=terms.rounds,
            unit=tokens(unit, 9),
        )
    ]
