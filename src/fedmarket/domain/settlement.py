"""Settlement: who is owed what, in whole base units, from scores and delivered rounds (DESIGN, "Pay").

Scores and skills are integers in ppb of skill, rates in basis points, money in base units; `//` floors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fedmarket.domain.accounts import checksum
from fedmarket.domain.apportion import largest_remainder
from fedmarket.domain.debit import Debtor, debits
from fedmarket.domain.errors import UsageError

BPS = 10_000
PPB = 1_000_000_000


class SettlementError(UsageError):
    """The facts to settle on contradict themselves or the rules."""


@dataclass(frozen=True)
class PayRule:
    """The terms that pay depends on.

    `aggregator_fee` is per round, `evaluator_fee` per seat; `seats` counts evaluators. Raises
    SettlementError for a rule that no task may have.
    """

    performance: int
    participation: int
    aggregator_fee: int
    evaluator_fee: int
    rounds: int
    seats: int
    open_admission: bool
    priced: bool
    target_ppb: int | None
    floor_bps: int
    toll_bps: int

    def __post_init__(self) -> None:
        amounts = (self.performance, self.participation, self.aggregator_fee, self.evaluator_fee, self.seats)
        _require(min(amounts) >= 0, "negative_amount")
        _require(self.rounds >= 1, "no_rounds", rounds=self.rounds)
        _require(0 <= self.floor_bps <= BPS and 0 <= self.toll_bps <= BPS, "bad_rate", limit=BPS)
        if self.open_admission:
            _require(self.target_ppb is not None, "open_without_target")
            _require(not (self.participation or self.floor_bps or self.priced), "open_pays_presence")
        else:
            _require(not self.toll_bps, "toll_on_list")

    @property
    def escrow(self) -> int:
        """All that the requester pays in: performance, participation, and every fee."""
        fees = self.rounds * self.aggregator_fee + self.seats * self.evaluator_fee
        return self.performance + self.participation + fees


@dataclass(frozen=True)
class ProviderResult:
    """A provider at the end: what it put in, and what came of it.

    `delivered` counts rounds of 1..R; `score_ppb` is the signed sum over rounds 1..b; `price` counts where
    the rule is priced.
    """

    account: str
    weight: int
    bond: int
    price: int
    delivered: int
    announced: bool
    score_ppb: int


@dataclass(frozen=True)
class Verdict:
    """What evaluators agreed on: skills, the committer of each of rounds 1..R, and the evaluators to pay."""

    initial_ppb: int
    final_ppb: int
    committers: tuple[str, ...]
    evaluators_paid: tuple[str, ...]


@dataclass(frozen=True)
class Settlement:
    """Amounts by account: sum(owed) + refund + sum(fees) == escrow + sum(debit).

    `owed` is `pay` + `participation`. `forfeited` bonds go to the sink and are in none of the sums.
    `share_ppb` is each provider's part of what was earned; it adds up to 10^9, or to 0 where nobody earned.
    `released` is the part of the performance money that the effect sets free.
    """

    owed: dict[str, int]
    pay: dict[str, int]
    participation: dict[str, int]
    debit: dict[str, int]
    forfeited: dict[str, int]
    share_ppb: dict[str, int]
    fees: dict[str, int]
    released: int
    refund: int


@dataclass(frozen=True)
class Fallback:
    """Amounts by account where the evaluators did not agree: sum(owed) + sum(fees) + refund == escrow."""

    owed: dict[str, int]
    fees: dict[str, int]
    refund: int


def settle(rule: PayRule, providers: Sequence[ProviderResult], verdict: Verdict) -> Settlement:
    """Fix what everybody is owed; the order of `providers` changes nothing.

    With e_i what an account earned (`_earned`) and L what the effect releases (`_released`):
    debit_i = min(bond_i, m_i * rate), pay = largest remainder of L + sum(debit) by e_i,
    owed_i = pay_i + part_i, refund = escrow + sum(debit) - sum(owed) - sum(fees).
    Raises SettlementError where the facts cannot be.
    """
    _check_providers(rule, providers)
    _check_verdict(rule, verdict)
    earned = _earned(rule, providers)
    released = _released(rule, verdict) if any(earned.values()) else 0
    debit = debits(released, sum(earned.values()), _debtors(rule, providers))
    pay = largest_remainder(released + sum(debit.values()), earned)
    participation = _participation(rule, providers)
    owed = {account: pay[account] + participation[account] for account in earned}
    fees = _fees(rule, verdict.committers, verdict.evaluators_paid)
    return Settlement(
        owed=owed,
        pay=pay,
        participation=participation,
        debit=debit,
        forfeited=_forfeited(providers, verdict),
        share_ppb=largest_remainder(PPB, earned),
        fees=fees,
        released=released,
        refund=rule.escrow + sum(debit.values()) - sum(owed.values()) - sum(fees.values()),
    )


def leaves(settlement: Settlement, accounts: Sequence[str]) -> list[tuple[str, int, int, int]]:
    """Return the settlement leaves (account, owed, debit + forfeited, share_ppb) in the order given.

    Raises SettlementError unless `accounts` are exactly the settled ones, each once.
    """
    _require(sorted(accounts) == sorted(settlement.owed), "other_accounts")
    lost = {a: debit + settlement.forfeited.get(a, 0) for a, debit in settlement.debit.items()}
    return [(a, settlement.owed[a], lost[a], settlement.share_ppb[a]) for a in accounts]


def fallback(
    rule: PayRule,
    providers: Sequence[ProviderResult],
    committers: Sequence[str],
    revealed_evaluators: Sequence[str],
) -> Fallback:
    """Pay by weight and delivered rounds where evaluators did not agree; scores and bonds do not enter.

    owed_i = P * w_i * d_i // (W * c) + part_i for c committed rounds: at most a weight's share of each round, whatever
    others delivered (docs/decisions/0007). `committers` names who committed each round. Raises SettlementError where
    the facts cannot be.
    """
    _check_providers(rule, providers)
    for p in providers:
        _require(p.delivered <= len(committers), "bad_delivered", account=p.account, rounds=len(committers))
    fees = _fees(rule, committers, revealed_evaluators)
    participation = _participation(rule, providers)
    possible = max(_total_weight(providers) * len(committers), 1)
    owed = {
        provider.account: rule.performance * provider.weight * provider.delivered // possible
        + participation[provider.account]
        for provider in providers
    }
    return Fallback(owed, fees, rule.escrow - sum(owed.values()) - sum(fees.values()))


def _earned(rule: PayRule, providers: Sequence[ProviderResult]) -> dict[str, int]:
    """e_i = max(0, s_i) on an allow-list; under open admission max(0, 10000 * s_i * W - toll * sum(s) * w_i).

    Where the scores of open accounts do not add up to a gain, nobody earned: the toll, a part of the gain,
    would otherwise turn into a gift to whoever did nothing.
    """
    if not rule.open_admission:
        return {p.account: max(0, p.score_ppb) for p in providers}
    gain, weight = sum(p.score_ppb for p in providers), _total_weight(providers)
    if gain <= 0:
        return {p.account: 0 for p in providers}
    toll = rule.toll_bps * gain
    return {p.account: max(0, BPS * p.score_ppb * weight - toll * p.weight) for p in providers}


def _released(rule: PayRule, verdict: Verdict) -> int:
    """L = P * (floor * need + (10000 - floor) * x) // (10000 * need); open admission has no floor.

    need = target - max(initial, 0), x = clamp(final - max(initial, 0), 0, need). Without a target need is 1, and x is 1
    where the final skill lies above max(initial, 0): a model that knows less than nothing is not paid for in full.
    """
    start = max(verdict.initial_ppb, 0)
    need = 1 if rule.target_ppb is None else rule.target_ppb - start
    reached = min(max(verdict.final_ppb - start, 0), need)
    return rule.performance * (rule.floor_bps * need + (BPS - rule.floor_bps) * reached) // (BPS * need)


def _debtors(rule: PayRule, providers: Sequence[ProviderResult]) -> dict[str, Debtor]:
    """m_i = 10000 * W * max(0, -s_i) under open admission, in the units of e_i; 0 on an allow-list."""
    scale = BPS * _total_weight(providers) if rule.open_admission else 0
    return {p.account: Debtor(p.bond, scale * max(0, -p.score_ppb)) for p in providers}


def _participation(rule: PayRule, providers: Sequence[ProviderResult]) -> dict[str, int]:
    """part_i = price_i * d_i // N where prices are listed, else A * w_i * d_i // (W * N)."""
    if rule.priced:
        return {p.account: p.price * p.delivered // rule.rounds for p in providers}
    whole = max(_total_weight(providers) * rule.rounds, 1)
    return {p.account: rule.participation * p.weight * p.delivered // whole for p in providers}


def _fees(rule: PayRule, committers: Sequence[str], evaluators: Sequence[str]) -> dict[str, int]:
    _require(len(committers) <= rule.rounds, "too_many_rounds", rounds=rule.rounds)
    _require(len(set(evaluators)) == len(evaluators) <= rule.seats, "too_many_evaluators", seats=rule.seats)
    fees = dict.fromkeys((*committers, *evaluators), 0)
    for account in committers:
        fees[account] += rule.aggregator_fee
    for account in evaluators:
        fees[account] += rule.evaluator_fee
    return fees


def _forfeited(providers: Sequence[ProviderResult], verdict: Verdict) -> dict[str, int]:
    """Whole bonds of who delivered and announced in no round; where no round stands, nobody is blamed."""
    if not verdict.committers:
        return {}
    return {p.account: p.bond for p in providers if not p.delivered and not p.announced}


def _total_weight(providers: Sequence[ProviderResult]) -> int:
    return sum(provider.weight for provider in providers)


def _check_providers(rule: PayRule, providers: Sequence[ProviderResult]) -> None:
    seen: set[str] = set()
    for p in providers:
        _require(checksum(p.account) == p.account, "not_checksummed", account=p.account)
        _require(p.account not in seen, "duplicate_account", account=p.account)
        seen.add(p.account)
        _require(min(p.weight, p.bond, p.price) >= 0, "negative_provider", account=p.account)
        _require(0 <= p.delivered <= rule.rounds, "bad_delivered", account=p.account, rounds=rule.rounds)
        _require(bool(p.delivered) or not p.score_ppb, "score_without_update", account=p.account)
    prices = sum(p.price for p in providers)
    _require(not rule.priced or prices <= rule.participation, "prices_exceed_budget", prices=prices)


def _check_verdict(rule: PayRule, verdict: Verdict) -> None:
    start = max(verdict.initial_ppb, 0)
    if rule.target_ppb is not None:
        _require(rule.target_ppb > start, "target_below_start", target=rule.target_ppb, start=start)


def _require(condition: bool, rule: str, **params: object) -> None:
    if not condition:
        raise SettlementError(f"settlement.{rule}", **params)
