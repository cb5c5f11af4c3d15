"""What terms must satisfy before money is put on them: each rule refuses with its own sentence."""

from fedmarket.domain import chain_terms as limits
from fedmarket.domain.accounts import checksum
from fedmarket.domain.canonical import id_hash
from fedmarket.domain.errors import TermsError
from fedmarket.domain.rates import exact
from fedmarket.domain.recipe_choice import CLASSES_ONLY, NUMBERS_ONLY
from fedmarket.domain.strategies import aggregation_parameters, strategy_parameters
from fedmarket.domain.terms import DataSchema, Terms, Validation

PRIVACY = ("plain",)
MIN_STEPS = 5
MIN_BATCH = 16
MAX_STEPS = 10**6
MAX_BATCH = 2**16
# Models of the built-in recipes stay well below what an agent's memory holds.
MAX_CELLS = 2**24
# One file is encrypted to every provider, every seat and the requester: store.age takes 1,024 keys.
MAX_READERS = 1024
CLIP_LIMIT = 128
NORM_BUDGET = 2**29


def check(terms: Terms) -> None:
    """Raise TermsError for the first rule that the terms break."""
    _check_names(terms)
    _check_training(terms)
    _check_data(terms)
    _check_seats(terms)
    _check_admission(terms)
    _check_money(terms)
    _check_goal(terms)
    _check_windows(terms)


def _require(condition: bool, rule: str, **params: object) -> None:
    if not condition:
        raise TermsError(f"terms.{rule}", **params)


def _check_names(terms: Terms) -> None:
    terms.recipe.checked()
    strategy_parameters(terms.strategy)
    aggregation_parameters(terms.aggregation)
    _require(terms.privacy in PRIVACY, "unknown_privacy", name=terms.privacy)
    _require(len(terms.initial_model) == 32, "bad_hash", name="initial_model")
    _require(len(terms.validation.commitment) == 32, "bad_hash", name="validation commitment")
    id_hash(terms.validation.blob)


def _check_training(terms: Terms) -> None:
    training = terms.training
    _require(1 <= terms.rounds <= limits.MAX_ROUNDS, "bad_rounds", limit=limits.MAX_ROUNDS)
    _require(training.steps >= MIN_STEPS, "too_few_steps", limit=MIN_STEPS)
    _require(training.batch >= MIN_BATCH, "batch_too_small", limit=MIN_BATCH)
    _require(training.steps <= MAX_STEPS, "too_many_steps", limit=MAX_STEPS)
    _require(training.batch <= MAX_BATCH, "batch_too_large", limit=MAX_BATCH)
    _require(exact("learning_rate", training.learning_rate) > 0, "bad_learning_rate", text=training.learning_rate)
    _require(0 <= exact("momentum", training.momentum) < 1, "bad_momentum", name="momentum", text=training.momentum)
    pull = exact("learning_rate", training.learning_rate) * strategy_parameters(terms.strategy).get("proximal_mu", 0)
    _require(pull <= 1, "proximal_too_strong")
    clip, weight = exact("clip", terms.clip), terms.admission.max_weight
    _require(clip < CLIP_LIMIT and terms.clip_quanta >= 1, "bad_clip", limit=CLIP_LIMIT)
    _require(clip * weight < NORM_BUDGET, "overflow", clip=terms.clip, weight=weight, limit=NORM_BUDGET)


def _check_data(terms: Terms) -> None:
    data, validation = terms.data, terms.validation
    columns = (*data.features, data.target)
    _require(len(set(columns)) == len(columns) > 1, "bad_columns")
    cells = terms.recipe.model_cells(len(data.features), len(data.classes) or 1)
    _require(cells <= MAX_CELLS, "model_too_large", limit=MAX_CELLS)
    _require(len(data.means) == len(data.scales) == len(data.features), "bad_scaling")
    for name, mean, scale in zip(data.features, data.means, data.scales, strict=True):
        exact(name, mean)
        _require(exact(name, scale) > 0, "bad_scale", name=name)
    _require(len(data.bounds) in (0, len(data.features)), "bad_bounds", name=data.features[-1])
    for name, (low, high) in zip(data.features, data.bounds, strict=False):
        _require(exact(name, low) < exact(name, high), "bad_bounds", name=name)
    if data.regression:
        _require(terms.recipe.name not in CLASSES_ONLY, "needs_classes", name=terms.recipe.name)
        _check_number(data, validation)
    else:
        _require(terms.recipe.name not in NUMBERS_ONLY, "needs_number", name=terms.recipe.name)
        _check_classes(data, validation)


def _check_number(data: DataSchema, validation: Validation) -> None:
    exact("target_mean", data.target_mean)
    _require(exact("target_scale", data.target_scale) > 0, "bad_target_scale", name=data.target)
    _require(not validation.class_counts, "counts_without_classes")
    _require(validation.rows >= 2, "validation_too_small")


def _check_classes(data: DataSchema, validation: Validation) -> None:
    _require((data.target_mean, data.target_scale) == ("0", "1"), "scaled_classes")
    _require(len(set(data.classes)) == len(data.classes) >= 2, "bad_classes")
    _require(len(validation.class_counts) == len(data.classes), "bad_class_counts")
    _require(sum(validation.class_counts) == validation.rows, "bad_class_counts")
    _require(sum(count > 0 for count in validation.class_counts) >= 2, "validation_one_class")


def _check_seats(terms: Terms) -> None:
    seats = (terms.requester, *terms.aggregators, *terms.evaluators)
    accounts = [seat.account for seat in seats]
    _check_accounts(accounts)
    _require(len(set(accounts)) == len(accounts), "seat_twice")
    _require(1 <= len(terms.aggregators) <= limits.MAX_AGGREGATORS, "bad_aggregators", limit=limits.MAX_AGGREGATORS - 1)
    count = len(terms.evaluators)
    _require(count % 2 == 1, "even_evaluators", count=count)
    _require(count <= limits.MAX_EVALUATORS, "too_many_evaluators", limit=limits.MAX_EVALUATORS)
    _require(all(len(seat.age_key) == 32 for seat in seats), "bad_age_key")


def _check_accounts(accounts: list[str]) -> None:
    for account in accounts:
        _require(checksum(account) == account, "bad_account", account=account)


def _check_admission(terms: Terms) -> None:
    admission = terms.admission
    low, high = admission.min_providers, admission.max_providers
    _require(1 <= low <= high <= limits.MAX_PROVIDERS, "bad_provider_limits", low=low, high=high)
    others = 1 + len(terms.aggregators) + len(terms.evaluators)
    _require(high + others <= MAX_READERS, "too_many_readers", limit=MAX_READERS - others)
    _require(1 <= admission.min_weight <= admission.max_weight < limits.WEIGHT_LIMIT, "bad_weight_limits")
    if admission.open:
        return
    accounts = [line.account for line in admission.listed]
    _check_accounts(accounts)
    _require(len(set(accounts)) == len(accounts), "listed_twice")
    _require(len(accounts) <= high, "bad_provider_limits", low=low, high=high)
    _require(all(line.weight >= 1 for line in admission.listed), "bad_weight_limits")
    weight = sum(line.weight for line in admission.listed)
    _require(weight <= admission.max_weight, "listed_weight", weight=weight, limit=admission.max_weight)
    enough, least = len(accounts) >= low and weight >= admission.min_weight, admission.min_weight
    _require(enough, "listed_too_few", count=len(accounts), weight=weight, low=low, least=least)
    seated = {seat.account for seat in (terms.requester, *terms.aggregators, *terms.evaluators)}
    _require(not seated & set(accounts), "seat_twice")


def _check_money(terms: Terms) -> None:
    money, admission = terms.money, terms.admission
    amounts = (money.performance, money.participation, money.aggregator_fee, money.evaluator_fee)
    bonds = (money.aggregator_bond, money.evaluator_bond, money.provider_bond, money.trigger_reward)
    _require(all(0 <= amount < limits.AMOUNT_LIMIT for amount in amounts + bonds), "amount_too_large")
    _require(money.performance + money.participation > 0, "no_budget")
    least_bond = min(money.aggregator_bond, money.evaluator_bond)
    _require(2 * money.trigger_reward <= least_bond, "reward_too_large")
    for name in ("floor_bps", "toll_bps", "royalty_bps"):
        _require(0 <= getattr(money, name) <= 10_000, "bad_rate", name=name)
    if admission.open:
        _require(terms.goal.target_ppb is not None, "open_without_target")
        _require(money.participation == 0, "open_with_participation")
        _require(money.floor_bps == 0, "open_with_floor")
        least = 2 * money.performance
        _require(money.provider_bond * admission.min_weight >= least, "open_bond_too_small")
        _require(money.provider_bond * admission.max_weight < limits.BOND_LIMIT, "amount_too_large")
        return
    _require(money.toll_bps == 0, "toll_on_list")
    prices = sum(line.price for line in admission.listed)
    _require(not admission.priced or prices == money.participation, "prices_mismatch", prices=prices)


def _check_goal(terms: Terms) -> None:
    goal = terms.goal
    start = max(goal.start_ppb, 0)
    if goal.target_ppb is not None:
        _require(goal.target_ppb <= 1_000_000_000, "target_above_one")
        _require(goal.target_ppb > start, "target_below_start", target=goal.target_ppb, start=start)
        needed = start + 2 * goal.start_error_ppb
        _require(goal.target_ppb >= needed, "target_too_close", target=goal.target_ppb, needed=needed)
    _require(goal.start_error_ppb >= 0 and goal.tolerance_ppb >= 0, "bad_tolerance")
    _require(goal.patience_rounds >= 1 and goal.patience_gain_ppb >= 0, "bad_patience")


def _check_windows(terms: Terms) -> None:
    windows = terms.windows
    for name, length in vars(windows).items():
        _require(0 <= length < limits.WINDOW_LIMIT, "bad_window", name=name, limit=limits.WINDOW_LIMIT)
        _require(length > 0 or name == "submit", "window_unreachable", name=name)
    _require(windows.submit < windows.round, "submit_not_before_round", submit=windows.submit, round=windows.round)
    _require(terms.retention >= windows.claim, "retention_too_short", claim=windows.claim)
