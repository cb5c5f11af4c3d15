"""Terms that contradict the rules or themselves are refused, each by its own sentence."""

from dataclasses import replace
from pathlib import Path
from re import findall

import pytest

from fedmarket.domain import terms_rules
from fedmarket.domain.codec import Amount
from fedmarket.domain.errors import LANGUAGES, MarketError
from fedmarket.domain.recipe_choice import RecipeChoice
from fedmarket.domain.strategies import AGGREGATIONS, STRATEGIES, strategy_parameters
from fedmarket.domain.terms import Aggregation, Strategy, Terms
from fedmarket.domain.terms_rules import check
from tests.domain.honest_terms import HONEST, OPEN, TOKEN, Change, admitted, change, seat

LISTED = HONEST.admission.listed
WIDE = tuple(f"f{number}" for number in range(2**12))
MOMENTUM = Strategy("fedavgm", (("server_momentum", "0.5"),))


def money(**fields: int) -> Change:
    return change("money", **{name: Amount(value) for name, value in fields.items()})


def number(terms: Terms) -> Terms:
    """Make the target a number."""
    data = replace(terms.data, classes=(), target_mean="-3.5", target_scale="0.25")
    validation = replace(terms.validation, class_counts=())
    return replace(terms, recipe=RecipeChoice("linear"), data=data, validation=validation)


BROKEN: list[tuple[str, Change]] = [
    ("unknown_recipe", change(recipe=RecipeChoice("resnet"))),
    ("bad_recipe_parameters", change(recipe=RecipeChoice("mlp"))),
    ("bad_recipe_parameters", change(recipe=RecipeChoice("softmax", (("hidden", "8"),)))),
    ("bad_recipe_parameters", change(recipe=RecipeChoice("mlp", (("hidden", "8"),) * 2))),
    ("bad_recipe_parameter", change(recipe=RecipeChoice("mlp", (("hidden", "0"),)))),
    ("bad_recipe_parameter", change(recipe=RecipeChoice("mlp", (("hidden", "65537"),)))),
    ("needs_number", change(recipe=RecipeChoice("linear"))),
    ("needs_classes", lambda terms: change(recipe=RecipeChoice("softmax"))(number(terms))),
    ("bad_target_scale", lambda terms: change("data", target_scale="0")(number(terms))),
    ("bad_target_scale", lambda terms: change("data", target_scale="-1")(number(terms))),
    ("bad_decimal", lambda terms: change("data", target_mean="1e3")(number(terms))),
    ("counts_without_classes", lambda terms: change("validation", class_counts=(60, 40))(number(terms))),
    ("validation_too_small", lambda terms: change("validation", rows=1)(number(terms))),
    ("scaled_classes", change("data", target_mean="1")),
    ("scaled_classes", change("data", target_scale="2")),
    ("unknown_strategy", change(strategy=Strategy("fedsgd"))),
    ("bad_parameters", change(strategy=Strategy("fedavgm"))),
    ("bad_parameters", change(strategy=replace(MOMENTUM, name="fedavg"))),
    ("bad_parameters", change(strategy=Strategy("fedavgm", (("momentum", "0.5"),)))),
    ("bad_parameters", change(strategy=Strategy("fedavgm", MOMENTUM.parameters * 2))),
    ("bad_momentum", change(strategy=Strategy("fedavgm", (("server_momentum", "1"),)))),
    ("bad_decimal", change(strategy=Strategy("fedavgm", (("server_momentum", "half"),)))),
    ("unknown_aggregation", change(aggregation=Aggregation("sum"))),
    ("unknown_aggregation", change(aggregation=Aggregation("median"))),
    ("bad_parameters", change(aggregation=Aggregation("trimmed_mean"))),
    ("bad_parameters", change(aggregation=Aggregation("mean", (("trim", "0.1"),)))),
    ("bad_parameters", change(strategy=Strategy("fedprox"))),
    ("bad_parameters", change(strategy=Strategy("fedadam", (("beta_1", "0.9"),)))),
    ("bad_parameters", change(strategy=Strategy("fedadagrad", (("eta", "0.1"), ("beta_1", "0.9"))))),
    ("proximal_too_strong", change(strategy=Strategy("fedprox", (("proximal_mu", "20.01"),)))),
    ("unknown_privacy", change(privacy="secret")),
    ("bad_hash", change(initial_model=bytes(31))),
    ("bad_hash", change("validation", commitment=b"")),
    ("bad_rounds", change(rounds=0)),
    ("bad_rounds", change(rounds=1001)),
    ("too_few_steps", change("training", steps=4)),
    ("too_many_steps", change("training", steps=10**6 + 1)),
    ("batch_too_large", change("training", batch=2**16 + 1)),
    ("model_too_large", change("data", features=WIDE, classes=WIDE)),
    (
        "model_too_large",
        lambda terms: change("data", features=WIDE)(change(recipe=RecipeChoice.read("mlp:65536"))(terms)),
    ),
    ("too_many_readers", change("admission", max_providers=1024)),
    ("batch_too_small", change("training", batch=15)),
    ("bad_learning_rate", change("training", learning_rate="0")),
    ("bad_learning_rate", change("training", learning_rate="-0.1")),
    ("bad_decimal", change("training", learning_rate="1e-3")),
    ("bad_decimal", change("training", learning_rate="NaN")),
    ("bad_momentum", change("training", momentum="1")),
    ("bad_momentum", change("training", momentum="-0.1")),
    ("bad_clip", change(clip="0")),
    ("bad_clip", change(clip="-1")),
    ("bad_clip", change(clip="128")),
    ("bad_clip", change(clip="0.00000001")),
    ("bad_decimal", change(clip="one")),
    ("overflow", lambda terms: replace(change("admission", max_weight=2**29)(terms), clip="1")),
    ("bad_columns", change("data", features=(), means=(), scales=())),
    ("bad_columns", change("data", features=("a", "a"))),
    ("bad_columns", change("data", target="a")),
    ("bad_scaling", change("data", means=("0",))),
    ("bad_scale", change("data", scales=("1", "0"))),
    ("bad_bounds", change("data", bounds=(("0", "1"),))),
    ("bad_bounds", change("data", bounds=(("0", "1"), ("2", "2")))),
    ("bad_decimal", change("data", means=("0", "inf"))),
    ("bad_classes", change("data", classes=("yes",))),
    ("bad_classes", change("data", classes=("yes", "yes"))),
    ("bad_class_counts", change("validation", class_counts=(100,))),
    ("bad_class_counts", change("validation", class_counts=(60, 39))),
    ("validation_one_class", change("validation", class_counts=(100, 0))),
    ("seat_twice", change(requester=seat(2))),
    ("seat_twice", change(evaluators=(seat(4), seat(5), seat(3)))),
    ("seat_twice", change(evaluators=(seat(4), seat(5), seat(105)), requester=seat(105))),
    ("seat_twice", change(requester=replace(seat(1), account=LISTED[0].account))),
    ("bad_account", change(requester=replace(seat(1), account=seat(1).account.lower()))),
    ("bad_account", change("admission", listed=(replace(LISTED[0], account=LISTED[0].account.lower()), *LISTED[1:]))),
    ("bad_aggregators", change(aggregators=())),
    ("bad_aggregators", change(aggregators=tuple(seat(20 + i) for i in range(5)))),
    ("even_evaluators", change(evaluators=())),
    ("even_evaluators", change(evaluators=(seat(4), seat(5)))),
    ("too_many_evaluators", change(evaluators=tuple(seat(20 + i) for i in range(9)))),
    ("bad_age_key", change(requester=replace(seat(1), age_key=bytes(31)))),
    ("bad_provider_limits", change("admission", min_providers=0)),
    ("bad_provider_limits", change("admission", min_providers=4)),
    ("bad_provider_limits", change("admission", max_providers=1025)),
    ("bad_provider_limits", change("admission", max_providers=2)),
    ("bad_weight_limits", change("admission", min_weight=0)),
    ("bad_weight_limits", change("admission", min_weight=31)),
    ("bad_weight_limits", lambda terms: replace(change("admission", max_weight=2**40)(terms), clip="0.0001")),
    ("bad_weight_limits", change("admission", listed=(admitted(0, weight=0), *LISTED[1:]))),
    ("listed_twice", change("admission", listed=(LISTED[0], LISTED[0]))),
    ("listed_weight", change("admission", listed=(admitted(0, weight=11), *LISTED[1:]))),
    ("listed_too_few", change("admission", listed=LISTED[:1])),
    ("listed_too_few", change("admission", listed=LISTED[:2], min_weight=25)),
    ("amount_too_large", money(performance=2**112)),
    ("amount_too_large", money(provider_bond=-1)),
    ("no_budget", money(performance=0, participation=0)),
    ("reward_too_large", money(trigger_reward=26 * TOKEN)),
    ("bad_rate", money(floor_bps=10_001)),
    ("bad_rate", money(royalty_bps=-1)),
    ("bad_rate", money(toll_bps=10_001)),
    ("toll_on_list", money(toll_bps=1)),
    ("prices_mismatch", change("admission", listed=(admitted(0, price=1), *LISTED[1:]))),
    ("target_above_one", change("goal", target_ppb=10**9 + 1)),
    ("target_below_start", change("goal", start_ppb=5 * 10**8)),
    ("target_below_start", change("goal", target_ppb=0)),
    ("target_too_close", change("goal", start_ppb=48 * 10**7 + 1)),
    ("bad_tolerance", change("goal", tolerance_ppb=-1)),
    ("bad_tolerance", change("goal", start_error_ppb=-1)),
    ("bad_patience", change("goal", patience_rounds=0)),
    ("bad_patience", change("goal", patience_gain_ppb=-1)),
    ("bad_window", change("windows", claim=2**24)),
    ("bad_window", change("windows", submit=-1)),
    ("window_unreachable", change("windows", reveal=0)),
    ("submit_not_before_round", change("windows", submit=60)),
    ("retention_too_short", change(retention=3599)),
]
BROKEN_OPEN: list[tuple[str, Change]] = [
    ("open_without_target", change("goal", target_ppb=None)),
    ("open_with_participation", money(participation=1)),
    ("open_with_floor", money(floor_bps=1)),
    ("open_bond_too_small", money(provider_bond=200 * TOKEN - 1)),
    ("amount_too_large", lambda terms: money(provider_bond=2**113 - 1)(change("admission", max_weight=2**8)(terms))),
    ("amount_too_large", lambda terms: money(provider_bond=2**111)(change("admission", max_weight=2**9)(terms))),
]


def refuses(terms: Terms, rule: str) -> None:
    with pytest.raises(MarketError) as refusal:
        check(terms)
    assert refusal.value.error_id == f"terms.{rule}", str(refusal.value)
    assert refusal.value.exit_code == 2
    for language in LANGUAGES:
        assert refusal.value.sentence(language)


@pytest.mark.parametrize(("rule", "broken"), BROKEN)
def test_terms_that_break_a_rule_are_refused_by_its_sentence(rule: str, broken: Change) -> None:
    refuses(broken(HONEST), rule)


@pytest.mark.parametrize(("rule", "broken"), BROKEN_OPEN)
def test_open_admission_is_refused_what_would_feed_riders(rule: str, broken: Change) -> None:
    refuses(broken(OPEN), rule)


PARAMETERS = [
    ("bad_momentum", "fedavgm", "server_momentum", ("0", "0.999"), ("1", "-0.1")),
    ("bad_momentum", "fedadam", "beta_1", ("0", "0.999"), ("1", "-0.1")),
    ("bad_momentum", "fedyogi", "beta_2", ("0", "0.999"), ("1", "-0.1")),
    ("bad_server_rate", "fedavgm", "server_learning_rate", ("0.001", "10"), ("0", "-1", "10.001")),
    ("bad_server_rate", "fedadagrad", "eta", ("0.001", "10"), ("0", "-1", "10.001")),
    ("bad_proximal", "fedprox", "proximal_mu", ("0.001", "20"), ("0", "-1")),
    ("bad_tau", "fedadam", "tau", ("0.000001", "1"), ("0", "0.0000009", "1.1")),
    ("bad_trim", "trimmed_mean", "trim", ("0.001", "0.499999"), ("0", "-0.1", "0.5", "1")),
]
NEEDED = {"server_momentum": "0.5", "eta": "0.1"}


def naming(owner: str, name: str, text: str) -> Terms:
    """Honest terms whose strategy or rule `owner` has this value of a parameter, of the others only what it must."""
    known = {**STRATEGIES, **AGGREGATIONS}[owner]
    others = tuple((other, NEEDED[other]) for other in known if other in NEEDED and other != name)
    field, kind = ("strategy", Strategy) if owner in STRATEGIES else ("aggregation", Aggregation)
    return replace(HONEST, **{field: kind(owner, (*others, (name, text)))})  # type: ignore[arg-type]


@pytest.mark.parametrize(("rule", "owner", "name", "within", "beyond"), PARAMETERS)
def test_a_parameter_out_of_its_range_is_refused_by_its_sentence(
    rule: str, owner: str, name: str, within: tuple[str, ...], beyond: tuple[str, ...]
) -> None:
    for text in within:
        check(naming(owner, name, text))
    for text in beyond:
        refuses(naming(owner, name, text), rule)
    refuses(naming(owner, name, "1e-2"), "bad_decimal")


def test_every_kind_of_parameter_has_its_ends_tried() -> None:
    tables = (*STRATEGIES.values(), *AGGREGATIONS.values())
    assert {line[2] for line in PARAMETERS} == {name for table in tables for name in table}


def test_what_a_strategy_is_not_told_has_the_tables_default() -> None:
    found = strategy_parameters(Strategy("fedadam", (("tau", "0.5"), ("eta", "0.03"))))
    assert {name: str(float(value)) for name, value in found.items()} == {
        "eta": "0.03",
        "beta_1": "0.9",
        "beta_2": "0.99",
        "tau": "0.5",
    }


def test_every_rule_has_terms_that_break_it() -> None:
    source = Path(terms_rules.__file__).read_text(encoding="utf-8")
    rules = set(findall(r'_require\(.*?, "([a-z_]+)"', source))
    assert rules <= {rule for rule, _ in (*BROKEN, *BROKEN_OPEN)}


@pytest.mark.parametrize("blob", ["", "validation", "sha256:" + "A" * 64])
def test_a_validation_blob_must_be_an_id(blob: str) -> None:
    with pytest.raises(MarketError, match="not a blob id"):
        check(change("validation", blob=blob)(HONEST))


@pytest.mark.parametrize("account", ["", "0x12", "alice", "0x" + "0" * 40])
def test_what_is_no_address_takes_no_seat(account: str) -> None:
    with pytest.raises(MarketError) as refusal:
        check(change(requester=replace(seat(1), account=account))(HONEST))
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize(
    "terms",
    [
        HONEST,
        OPEN,
        change(strategy=MOMENTUM)(HONEST),
        number(HONEST),
        change(recipe=RecipeChoice.read("mlp:64"))(number(HONEST)),
        change(recipe=RecipeChoice.read("mlp:64"))(HONEST),
        number(OPEN),
        change("goal", target_ppb=None)(HONEST),
        change("goal", start_ppb=-(10**8))(HONEST),
        change("goal", target_ppb=2 * 10**7)(HONEST),
        change("windows", submit=0)(HONEST),
        change(retention=3600)(HONEST),
        change(evaluators=(seat(4),), aggregators=(seat(2),))(HONEST),
        change(clip="127.999")(HONEST),
        money(trigger_reward=25 * TOKEN)(HONEST),
        money(performance=0)(HONEST),
        change("admission", listed=tuple(admitted(i, price=30 * TOKEN) for i in range(3)))(HONEST),
    ],
)
def test_what_the_rules_allow_is_taken(terms: Terms) -> None:
    check(terms)


def test_the_document_says_all_that_the_contract_holds() -> None:
    for terms in (HONEST, OPEN, number(HONEST)):
        read = Terms.read(terms.encoded)
        assert read == terms
        assert read.chain_terms() == terms.chain_terms()
        assert read.hash == terms.hash
    assert OPEN.chain_terms().open_admission
    assert not HONEST.chain_terms().open_admission


def test_the_escrow_covers_budget_and_every_fee() -> None:
    assert HONEST.chain_terms().escrow == (700 + 90 + 4 * 5 + 3 * 20) * TOKEN
    assert HONEST.pay_rule().escrow == HONEST.chain_terms().escrow


def test_the_bond_is_one_for_all_on_a_list_and_by_weight_where_anybody_may_join() -> None:
    assert HONEST.chain_terms().bond_of(30) == 10 * TOKEN
    assert OPEN.chain_terms().bond_of(30) == 6000 * TOKEN


def test_the_clip_in_quanta_is_rounded_down_exactly() -> None:
    assert change(clip="0.1")(HONEST).clip_quanta == 2**24 // 10
    assert change(clip="0.00000006")(HONEST).clip_quanta == 1
