"""From arrays and a budget to a task's terms: sensible defaults that a requester may replace one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fedmarket.domain.canonical import digest
from fedmarket.domain.chain_terms import Windows
from fedmarket.domain.codec import Amount
from fedmarket.domain.derive import hkdf
from fedmarket.domain.errors import DataError, UsageError
from fedmarket.domain.rates import DECIMAL
from fedmarket.domain.recipe_choice import CLASSES_ONLY, NUMBERS_ONLY, RecipeChoice
from fedmarket.domain.terms import (
    Admission,
    Admitted,
    Aggregation,
    DataSchema,
    Goal,
    Money,
    Seat,
    Strategy,
    Terms,
    Training,
    Validation,
)
from fedmarket.learning.metrics import measure
from fedmarket.learning.recipe import build_recipe
from fedmarket.learning.table import (
    Table,
    float_array,
    raw_labels,
    refuse_gaps,
    regression_schema,
    schema_from_arrays,
    table_from_arrays,
)
from fedmarket.learning.tensors import model_id
from fedmarket.learning.validation import SALT_BYTES, pack_validation
from fedmarket.record.sealed import put_sealed
from fedmarket.store.blobs import Store

TOKEN = 10**18
PPB = 10**9
HOUR = 3600
MOST_CLASSES = 20
"""More different numbers than this are taken for a number to predict, unless the schema says otherwise."""
WINDOWS = Windows(
    join=HOUR,
    start=HOUR,
    submit=HOUR // 6,
    round=HOUR,
    commit=HOUR,
    reveal=HOUR,
    confirm=HOUR,
    claim=30 * 24 * HOUR,
)


AVERAGING = Strategy("fedavg")
MEAN = Aggregation("mean")
HALF_MOMENTUM = Strategy("fedavgm", (("server_momentum", "0.5"),))


@dataclass(frozen=True)
class Options:
    """What a requester may choose; money in whole tokens, skills as decimal strings, None for no target.

    `recipe` is written as `RecipeChoice.read` takes it: "softmax", "linear", or "mlp:32" with its hidden units.
    """

    recipe: str = "softmax"
    rounds: int = 12
    steps: int = 10
    batch: int = 16
    learning_rate: str = "0.05"
    momentum: str = "0.9"
    strategy: Strategy = AVERAGING
    aggregation: Aggregation = MEAN
    clip: str = "1.0"
    target: str | None = "0.90"
    performance: int = 780
    participation: int = 100
    aggregator_fee: int = 5
    evaluator_fee: int = 20
    aggregator_bond: int = 50
    evaluator_bond: int = 50
    provider_bond: int = 10
    trigger_reward: int = 2
    floor_bps: int = 3000
    toll_bps: int = 0
    royalty_bps: int = 1000
    patience_rounds: int | None = None
    patience_gain: str = "0.005"
    tolerance: str = "0.001"
    min_providers: int | None = None
    windows: Windows = WINDOWS
    contributors_licence: bool = True
    nonce: str = "1"


OPEN_OPTIONS = Options(
    strategy=HALF_MOMENTUM, participation=0, floor_bps=0, toll_bps=4000, patience_gain="0.01", clip="1.0"
)
"""What a requester that admits anybody should start from: hedging, echoes, noise and splitting earn nothing."""


@dataclass(frozen=True)
class Seats:
    """The parties that the terms name."""

    requester: Seat
    aggregators: tuple[Seat, ...]
    evaluators: tuple[Seat, ...]


def ppb(text: str) -> int:
    """Return a decimal string such as "0.90" in billionths; raises UsageError for what is no plain decimal."""
    if not DECIMAL.fullmatch(str(text)):
        raise UsageError("embedded.bad_skill", text=str(text)[:40])
    return int(Decimal(str(text)) * PPB)


ELSEWHERE = ("target", "performance")
"""Options that follow from the target skill and the budget."""


def choose(defaults: Options, chosen: Mapping[str, Any]) -> Options:
    """Return options that differ from `defaults` by what was `chosen`, by name.

    Raises UsageError for a name that there is not, and for what is no whole number where one is needed.
    """
    known = [name for name in vars(defaults) if name not in ELSEWHERE]
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise UsageError("embedded.unknown_option", name=unknown[0][:40], known=", ".join(known))
    for name, value in chosen.items():
        if type(getattr(Options, name)) is int:
            check_whole(name, value)
    return replace(defaults, **chosen)


def check_whole(name: str, value: object) -> None:
    """Raise UsageError where `value` is no whole number above or equal to zero."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError("embedded.not_whole", name=name, value=str(value)[:40])


def validation_arrays(validation: tuple[ArrayLike, ArrayLike]) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return a requester's raw features (n, d) and labels (n,) as arrays.

    Raises UsageError where they are no pair, and DataError: not_numeric, no_rows, bad_shape, missing_value, not_finite.
    """
    if len(validation) != 2:
        raise UsageError("embedded.no_pair", count=len(validation))
    features, labels = float_array(validation[0]), np.asarray(validation[1])
    if not features.size:
        raise DataError("data.no_rows")
    if features.ndim != 2 or labels.shape != features.shape[:1]:
        raise DataError("data.bad_shape", found=f"{features.shape} / {labels.shape}", expected="(n, d) / (n,)")
    refuse_gaps(features, [f"feature_{place}" for place in range(features.shape[1])])
    return features, labels


def allow_list(listed: Sequence[tuple[str, int]], min_providers: int | None = None) -> Admission:
    """Admit those `listed` as (account, weight), all of them unless a task may start with `min_providers`."""
    return Admission(
        listed=tuple(Admitted(account, weight, Amount(0)) for account, weight in listed),
        min_providers=min_providers or len(listed),
        max_providers=len(listed),
        min_weight=1,
        max_weight=sum(weight for _, weight in listed),
    )


def anybody(max_providers: int, min_weight: int, max_weight: int) -> Admission:
    """Admit anybody who locks bonds for units of weight; in all at least `min_weight` and at most `max_weight`."""
    return Admission((), 1, max_providers, min_weight, max_weight)


def guess_schema(features: ArrayLike, labels: ArrayLike, names: Sequence[str], recipe: str) -> DataSchema:
    """Return the schema that raw `features` (n, d) and `labels` (n,) seem to follow, with constants of their own.

    A recipe that takes only classes, or only numbers, decides it. For one that takes either the target is a number
    where labels are numbers of more than MOST_CLASSES different values, or not all whole.
    """
    name = RecipeChoice.read(recipe).name
    number = name in NUMBERS_ONLY or (name not in CLASSES_ONLY and _seem_numbers(np.asarray(labels)))
    return (regression_schema if number else schema_from_arrays)(features, labels, names)


def _seem_numbers(labels: NDArray[Any]) -> bool:
    if labels.dtype.kind not in "iuf":
        return False
    return len(np.unique(labels)) > MOST_CLASSES or bool((labels != np.floor(labels)).any())


def make_terms(
    store: Store,
    secret: bytes,
    schema: DataSchema,
    validation: tuple[ArrayLike, ArrayLike],
    admission: Admission,
    seats: Seats,
    options: Options,
) -> tuple[Terms, Table]:
    """Store the validation set sealed to the evaluators, measure the start, and return terms and standardised table.

    `validation` are raw features (n, d) and labels (n,); `secret` is the requester's key.
    """
    features = np.asarray(validation[0], np.float64)
    table = table_from_arrays(features, np.asarray(validation[1]), schema)
    sealed = _seal_validation(store, secret, schema, features, validation[1], table, seats)
    choice = RecipeChoice.read(options.recipe)
    recipe = build_recipe(choice, schema)
    initial = recipe.init(0)
    start = measure(recipe, initial, table)
    goal = Goal(
        start_ppb=start.skill_ppb,
        start_error_ppb=start.skill_stderr_ppb,
        target_ppb=None if options.target is None else ppb(options.target),
        tolerance_ppb=ppb(options.tolerance),
        patience_rounds=options.patience_rounds or options.rounds,
        patience_gain_ppb=ppb(options.patience_gain),
    )
    terms = Terms(
        recipe=choice,
        seed=0,
        rounds=options.rounds,
        training=Training(options.steps, options.batch, options.learning_rate, options.momentum),
        strategy=options.strategy,
        aggregation=options.aggregation,
        clip=options.clip,
        admission=admission,
        data=schema,
        validation=sealed,
        goal=goal,
        money=_money(options, admission),
        windows=options.windows,
        requester=seats.requester,
        aggregators=seats.aggregators,
        evaluators=seats.evaluators,
        initial_model=model_id(initial),
        contributors_licence=options.contributors_licence,
        privacy="plain",
        retention=2 * options.windows.claim,
        nonce=options.nonce,
    )
    return terms, table


def _seal_validation(
    store: Store,
    secret: bytes,
    schema: DataSchema,
    features: NDArray[np.float64],
    labels: Any,
    table: Table,
    seats: Seats,
) -> Validation:
    numbers = raw_labels(labels, schema)
    content = digest(features.tobytes() + numbers.tobytes())
    packed = pack_validation(features, numbers, hkdf(secret, "validation", content, length=SALT_BYTES))
    counts = tuple(int((table.labels == place).sum()) for place in range(len(schema.classes)))
    blob = put_sealed(store, packed, [seat.age_key for seat in seats.evaluators])
    return Validation(digest(packed), len(table), counts, blob)


def _money(options: Options, admission: Admission) -> Money:
    def tokens(amount: int) -> Amount:
        return Amount(amount * TOKEN)

    # The least total weight must lock twice what it can win.
    unit_bond = Amount(-(-2 * options.performance * TOKEN // admission.min_weight))
    return Money(
        performance=tokens(options.performance),
        participation=tokens(options.participation),
        aggregator_fee=tokens(options.aggregator_fee),
        evaluator_fee=tokens(options.evaluator_fee),
        aggregator_bond=tokens(options.aggregator_bond),
        evaluator_bond=tokens(options.evaluator_bond),
        provider_bond=unit_bond if admission.open else tokens(options.provider_bond),
        trigger_reward=tokens(options.trigger_reward),
        floor_bps=options.floor_bps,
        toll_bps=options.toll_bps,
        royalty_bps=options.royalty_bps,
    )


def within_budget(options: Options, budget: int, evaluators: int) -> Options:
    """Return `options` with the performance money set so that the whole escrow is `budget` tokens.

    Raises ValueError where fees and participation alone exceed the budget.
    """
    fixed = options.participation + options.rounds * options.aggregator_fee + evaluators * options.evaluator_fee
    if budget <= fixed:
        raise ValueError(f"a budget of {budget} tokens must exceed fees and participation of {fixed}")
    return replace(options, performance=budget - fixed)
