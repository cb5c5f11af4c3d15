"""The story of a settled task as plain values: what the demo prints, draws and writes as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class RoundLine:
    """One committed round: validation measures of its model, updates in and refused, gas and seconds.

    `figures` are those of `metrics.Measurement`: accuracy and AUC, or RMSE, MAE and R^2 of a number.
    """

    number: int
    loss: float
    skill_ppb: int
    skill_stderr_ppb: int
    figures: Mapping[str, float]
    updates: int
    refused: tuple[tuple[str, str], ...]
    gas: int
    seconds: float


@dataclass(frozen=True)
class ProviderLine:
    """What one provider brought and got. Scores in ppb of skill, amounts in base units.

    `refused` counts refused updates by the gate's reason; `delivered` counts rounds of `rounds`.
    """

    account: str
    name: str
    weight: int
    score_ppb: int
    stderr_ppb: int
    pay: int
    participation: int
    owed: int
    debit: int
    bond: int
    forfeited: int
    delivered: int
    rounds: int
    refused: Mapping[str, int]


@dataclass(frozen=True)
class Quality:
    """A model on the test set; `figures` as in `RoundLine`."""

    figures: Mapping[str, float]
    loss: float


@dataclass(frozen=True)
class TaskReport:
    """A settled task. `owed` and `fees` are by address; sum(owed) + refund + sum(fees) == escrow + sum(debits).

    `names` gives each account its name for people; `balances` is (before, after the claims) by account;
    `gas` lists what each call of a verb used.
    """

    task: int
    chain_id: int
    market: str
    requester: str
    aggregator: str
    model_id: str
    escrow: int
    budget: int
    owed: Mapping[str, int]
    refund: int
    fees: Mapping[str, int]
    released: int
    forfeited: int
    skill_initial_ppb: int
    skill_final_ppb: int
    skill_target_ppb: int | None
    best_round: int
    initial_loss: float
    rounds: tuple[RoundLine, ...]
    providers: tuple[ProviderLine, ...]
    names: Mapping[str, str]
    balances: Mapping[str, tuple[int, int]]
    gas: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Comparison:
    """The federated model beside all data pooled and each provider alone (by address), on the test set."""

    federated: Quality
    pooled: Quality
    alone: Mapping[str, Quality]
