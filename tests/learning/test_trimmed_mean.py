"""The weighted trimmed mean: exact, the same in any order, indifferent to splitting, deaf to the extremes."""

import hashlib
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedmarket.domain.terms import Aggregation
from fedmarket.learning.fixed_point import QUANTA
from fedmarket.learning.momenta import mean_of
from fedmarket.learning.rules import WeightedMean, build_rule
from fedmarket.learning.server_step import ServerStep
from fedmarket.learning.tensors import Tensors, TensorSpec, encode, flatten
from fedmarket.learning.trimmed_mean import TrimmedMean

from .refusals import refused

SPEC = TensorSpec({"bias": (7,), "weight": (30, 5)}, "I32")
ONE = TensorSpec({"w": (1,)}, "I32")
TRIM = Fraction(1, 5)
CLIP = 8 * QUANTA


def one(value: int) -> Tensors:
    return {"w": np.array([value], np.int32)}


def updates_of(seed: int, accounts: int, spec: TensorSpec = SPEC) -> tuple[dict[str, Tensors], dict[str, int]]:
    rng = np.random.default_rng(seed)
    updates = {
        f"account {number}": {
            name: rng.integers(-(2**20), 2**20, shape, np.int32) for name, shape in spec.shapes.items()
        }
        for number in range(accounts)
    }
    return updates, {account: int(rng.integers(1, 60)) for account in updates}


def slow(values: dict[str, int], weights: dict[str, int], trim: Fraction) -> tuple[int, dict[str, int]]:
    """One coordinate in plain Python: a line of every single unit of weight, cut at both ends."""
    line = [account for account in sorted(values, key=lambda a: (values[a], a)) for _ in range(weights[account])]
    cut = int(trim * len(line))
    kept = line[cut : len(line) - cut]
    return sum(values[account] for account in kept), {account: kept.count(account) for account in values}


def digest(total: Tensors) -> str:
    return hashlib.sha256(encode(total)).hexdigest()


@pytest.mark.parametrize("weights", [{"a": 0}, {"a": -1}])
def test_a_weight_that_is_not_above_zero_is_a_fault(weights: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="weight"):
        TrimmedMean(TRIM).total({"a": one(1)}, weights, ONE, QUANTA)


def test_more_updates_than_places_are_a_fault_and_never_a_wrong_order() -> None:
    updates = {f"account {number}": one(number) for number in range(1025)}
    with pytest.raises(ValueError, match="1024"):
        TrimmedMean(TRIM).total(updates, dict.fromkeys(updates, 1), ONE, QUANTA)


def test_the_overflow_rule_is_that_of_the_mean() -> None:
    clip = 2**31 - 1
    last = (2**53 - 1) // clip
    for rule in (TrimmedMean(TRIM), WeightedMean()):
        assert rule.total({"a": one(clip)}, {"a": last}, ONE, clip)["w"][0] == clip * rule.total_weight(last)
        with refused("recipe.overflow", str(last + 1)):
            rule.total({"a": one(clip)}, {"a": last + 1}, ONE, clip)
        with refused("recipe.overflow"):
            rule.total({"a": one(-(2**31))}, {"a": 2**52}, ONE, 1)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-4, 4) | st.integers(-(2**31), 2**31 - 1), st.integers(1, 9)), min_size=1, max_size=7
    ),
    st.fractions(Fraction(1, 100), Fraction(49, 100), max_denominator=100),
)
def test_it_is_the_mean_of_the_units_of_weight_between_the_cuts(lines: list[tuple[int, int]], trim: Fraction) -> None:
    values = {f"account {place}": value for place, (value, _) in enumerate(lines)}
    weights = {f"account {place}": weight for place, (_, weight) in enumerate(lines)}
    rule, updates = TrimmedMean(trim), {account: one(value) for account, value in values.items()}
    total, kept = slow(values, weights, trim)
    assert int(rule.total(updates, weights, ONE, 2**31)["w"][0]) == total
    assert {account: int(found[0]) for account, found in rule.kept(updates, weights).items()} == kept
    assert rule.total_weight(sum(weights.values())) == sum(kept.values()) > 0


@pytest.mark.parametrize("accounts", [1, 2, 9, 1024])
def test_what_is_kept_of_each_update_adds_up_to_the_total_at_every_coordinate(accounts: int) -> None:
    updates, weights = updates_of(1, accounts)
    rule = TrimmedMean(TRIM)
    kept = rule.kept(updates, weights)
    assert np.array_equal(sum(kept.values()), np.full(157, rule.total_weight(sum(weights.values()))))
    parts = sum(kept[account] * flatten(update).astype(np.int64) for account, update in updates.items())
    assert np.array_equal(parts, flatten(rule.total(updates, weights, SPEC, CLIP)))


def test_fifty_orders_give_one_hash_and_the_same_kept_weights() -> None:
    updates, weights = updates_of(2, 8)
    accounts, rng, rule = list(updates), np.random.default_rng(0), TrimmedMean(TRIM)
    found = set()
    for _ in range(50):
        turned = {accounts[place]: updates[accounts[place]] for place in rng.permutation(8)}
        kept = rule.kept(turned, weights)
        found.add((digest(rule.total(turned, weights, SPEC, CLIP)), b"".join(kept[a].tobytes() for a in accounts)))
    assert len(found) == 1


def test_blocks_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    from fedmarket.learning import trimmed_mean

    updates, weights = updates_of(3, 6)
    rule = TrimmedMean(TRIM)
    whole, kept = rule.total(updates, weights, SPEC, CLIP), rule.kept(updates, weights)
    monkeypatch.setattr(trimmed_mean, "_CELLS", 60)
    assert encode(rule.total(updates, weights, SPEC, CLIP)) == encode(whole)
    assert all(np.array_equal(kept[account], again) for account, again in rule.kept(updates, weights).items())


@pytest.mark.parametrize("parts", [(1, 2), (1, 1, 1), (2, 1)])
def test_splitting_a_fixed_weight_changes_neither_the_total_nor_what_its_owner_keeps(parts: tuple[int, ...]) -> None:
    updates, weights = updates_of(4, 7)
    owner, rule = "account 3", TrimmedMean(TRIM)
    weights[owner] = 30
    split = {account: update for account, update in updates.items() if account != owner}
    split |= {f"account 3.{number}": updates[owner] for number in range(len(parts))}
    shared = {**weights, **{f"account 3.{number}": 10 * part for number, part in enumerate(parts)}}
    assert encode(rule.total(split, shared, SPEC, CLIP)) == encode(rule.total(updates, weights, SPEC, CLIP))
    before, after = rule.kept(updates, weights), rule.kept(split, shared)
    pieces = [kept for account, kept in after.items() if account.startswith("account 3.")]
    assert np.array_equal(sum(pieces), before[owner])
    assert all(np.array_equal(after[account], before[account]) for account in before if account != owner)


def test_scaling_every_update_scales_the_total_and_changes_nothing_that_is_kept() -> None:
    """Positively homogeneous: so the kept weights are each account's share along the way from nothing to the step."""
    updates, weights = updates_of(5, 6)
    tripled = {account: {name: 3 * array for name, array in update.items()} for account, update in updates.items()}
    rule = TrimmedMean(TRIM)
    total, larger = (flatten(rule.total(each, weights, SPEC, CLIP)) for each in (updates, tripled))
    assert np.array_equal(3 * total, larger)
    kept, still = rule.kept(updates, weights), rule.kept(tripled, weights)
    assert all(np.array_equal(kept[account], still[account]) for account in kept)


def test_whoever_weighs_no_more_than_the_trim_cannot_move_a_coordinate_beyond_the_others() -> None:
    updates, _ = updates_of(6, 5)
    weights = dict.fromkeys(updates, 20)
    rule = TrimmedMean(TRIM)
    honest = [flatten(update) for account, update in updates.items() if account != "account 2"]
    for far in (2**31 - 1, -(2**31)):
        attack = {name: np.full(shape, far, np.int32) for name, shape in SPEC.shapes.items()}
        total = rule.total({**updates, "account 2": attack}, weights, SPEC, 2**31)
        mean = flatten(total) / rule.total_weight(100)
        assert (np.min(honest, axis=0) <= mean).all() and (mean <= np.max(honest, axis=0)).all()
        assert not np.any(rule.kept({**updates, "account 2": attack}, weights)["account 2"])


def test_a_trim_of_less_than_one_unit_is_the_weighted_mean() -> None:
    updates, weights = updates_of(7, 5)
    rule, mean = TrimmedMean(Fraction(1, 10**6)), WeightedMean()
    assert encode(rule.total(updates, weights, SPEC, CLIP)) == encode(mean.total(updates, weights, SPEC, CLIP))
    kept = rule.kept(updates, weights)
    assert all(np.array_equal(kept[account], np.full(157, weights[account])) for account in kept)


def test_an_empty_round_sums_to_zeros() -> None:
    for rule in (TrimmedMean(TRIM), WeightedMean()):
        total = rule.total({}, {}, SPEC, CLIP)
        assert {name: array.shape for name, array in total.items()} == SPEC.shapes
        assert all(array.dtype == np.int64 and not array.any() for array in total.values())
        assert rule.kept({}, {}) == {} and rule.total_weight(0) == 0


def test_shares_of_a_trimmed_step_add_up_to_it() -> None:
    updates, weights = updates_of(8, 6)
    rule, step, base = (
        build_rule(Aggregation("trimmed_mean", (("trim", "0.2"),))),
        ServerStep(0.5),
        SPEC.of("F32").zeros(),
    )
    for _ in range(3):
        total, weight = rule.total(updates, weights, SPEC, CLIP), rule.total_weight(sum(weights.values()))
        after = step.advance(base, total, weight)
        shares = step.shares(updates, rule.kept(updates, weights), weight)
        actual = flatten(after).astype(np.float64) - flatten(base)
        assert np.abs(sum(shares.values()) - actual).max() < 1e-7
        base = after
    assert np.allclose(mean_of(flatten(total), weight) * 1.75, actual, rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", ["median", "krum", ""])
def test_an_unknown_rule_is_refused_naming_those_known(name: str) -> None:
    with refused("terms.unknown_aggregation", "mean, trimmed_mean"):
        build_rule(Aggregation(name))
