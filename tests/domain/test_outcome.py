"""From revealed tables to one vote: who is paid, who is not, who forfeits, and what nobody can move afterwards."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from fedmarket.domain.merkle import verify
from fedmarket.domain.outcome import (
    Joined,
    Outcome,
    TaskFacts,
    conclude,
    delivered_rounds,
    stop_was_founded,
)
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF
from fedmarket.domain.score_table import ScoreTable
from fedmarket.domain.settlement import leaves
from tests.domain.honest_terms import HONEST, OPEN, TOKEN, admitted

A, B, C = (admitted(number).account for number in range(3))
AGGREGATOR, STANDBY = (seat.account for seat in HONEST.aggregators)
EVALUATORS = [seat.account for seat in HONEST.evaluators]
FACTS = TaskFacts(
    terms=HONEST,
    providers=tuple(Joined(account, 10, 10 * TOKEN, 0, announced=False) for account in (A, B, C)),
    committers=(AGGREGATOR, AGGREGATOR, STANDBY, STANDBY),
    delivered=({}, {A: 1, B: 1}, {A: 2, B: 2}, {A: 3, B: 2}, {A: 4, B: 2}),
    stopped=False,
)
TABLE = ScoreTable(4, (0, 10**8, 2 * 10**8, 3 * 10**8, 25 * 10**7), (2 * 10**8, 10**8, 0))
FAR = 2 * HONEST.goal.tolerance_ppb


def moved(table: ScoreTable = TABLE, by: int = FAR) -> ScoreTable:
    return replace(table, scores=(table.scores[0] + by, *table.scores[1:]))


def concluded(*tables: ScoreTable | bytes | None, facts: TaskFacts = FACTS) -> Outcome:
    found = attempted(*tables, facts=facts)
    assert found is not None
    return found


def attempted(*tables: ScoreTable | bytes | None, facts: TaskFacts = FACTS) -> Outcome | None:
    revealed = {seat: table for seat, table in enumerate(tables) if table is not None}
    packed: Mapping[int, bytes] = {
        seat: table if isinstance(table, bytes) else table.pack() for seat, table in revealed.items()
    }
    return conclude(facts, packed)


class TestVote:
    def test_it_adds_up_to_the_escrow(self) -> None:
        vote = concluded(TABLE, TABLE, TABLE).vote
        fees = 4 * 5 * TOKEN + 3 * 20 * TOKEN
        assert vote.owed + vote.refund + fees == HONEST.chain_terms().escrow + vote.debits
        assert (vote.rounds_verified, vote.best_round) == (4, 3)
        assert (vote.unpaid, vote.forfeited, vote.debits) == (0, 0, 0)

    def test_every_leaf_is_in_the_tree_whose_root_is_voted_for(self) -> None:
        found = concluded(TABLE, TABLE, TABLE)
        for leaf in leaves(found.settlement, [A, B, C]):
            assert verify(found.vote.payout_root, SETTLEMENT_LEAF, leaf, found.tree.proof(leaf))

    def test_who_delivered_and_announced_nothing_forfeits_its_bond(self) -> None:
        found = concluded(TABLE, TABLE, TABLE)
        assert found.settlement.forfeited == {C: 10 * TOKEN}
        assert found.vote.forfeits == 10 * TOKEN
        announced = replace(FACTS, providers=tuple(replace(p, announced=True) for p in FACTS.providers))
        assert concluded(TABLE, TABLE, TABLE, facts=announced).vote.forfeits == 0

    def test_fees_go_to_whoever_committed_each_verified_round(self) -> None:
        fees = concluded(TABLE, TABLE, TABLE).settlement.fees
        assert (fees[AGGREGATOR], fees[STANDBY]) == (10 * TOKEN, 10 * TOKEN)

    def test_who_says_it_in_which_order_changes_nothing(self) -> None:
        near = moved(by=HONEST.goal.tolerance_ppb)
        assert concluded(TABLE, near, TABLE).vote == concluded(near, TABLE, TABLE).vote


class TestSeats:
    def test_a_deviating_seat_is_unpaid_and_forfeits(self) -> None:
        found = concluded(TABLE, moved(), TABLE)
        assert (found.vote.unpaid, found.vote.forfeited) == (0, 0b010)
        assert EVALUATORS[1] not in found.settlement.fees

    def test_a_seat_with_other_rounds_is_unpaid_only(self) -> None:
        found = concluded(TABLE, TABLE, ScoreTable(1, TABLE.skills[:2], (10**8, 0, 0)))
        assert (found.vote.unpaid, found.vote.forfeited) == (0b100, 0)
        assert EVALUATORS[2] not in found.settlement.fees

    def test_a_silent_seat_is_not_paid_and_not_named(self) -> None:
        found = concluded(TABLE, None, TABLE)
        assert (found.vote.unpaid, found.vote.forfeited) == (0, 0)
        assert EVALUATORS[1] not in found.settlement.fees

    @pytest.mark.parametrize(
        "rubbish",
        [
            b"",
            b"rubbish",
            TABLE.pack()[:-1],
            replace(TABLE, scores=TABLE.scores[:2]),
            replace(TABLE, scores=(*TABLE.scores, 0)),
            ScoreTable(5, (*TABLE.skills, 4 * 10**8), TABLE.scores),
        ],
        ids=["nothing", "no table", "cut short", "a score too few", "a score too many", "a round too many"],
    )
    def test_a_table_that_fits_no_record_forfeits_and_moves_nothing(self, rubbish: ScoreTable | bytes) -> None:
        found = concluded(rubbish, TABLE, TABLE)
        assert (found.vote.unpaid, found.vote.forfeited) == (0, 0b001)
        assert found.settlement.owed == concluded(TABLE, TABLE, TABLE).settlement.owed

    def test_three_different_stories_are_no_agreement(self) -> None:
        assert attempted(TABLE, moved(by=FAR), moved(by=-FAR)) is None

    def test_two_of_which_one_is_rubbish_are_no_agreement(self) -> None:
        assert attempted(TABLE, b"rubbish", None) is None

    def test_no_table_at_all_is_no_agreement(self) -> None:
        assert attempted() is None


class TestCut:
    """Rounds after the last that verifies count for nobody, whatever they say."""

    SHORT = ScoreTable(2, TABLE.skills[:3], (10**8, 10**8, 0))

    def test_deliveries_of_the_verified_rounds_count(self) -> None:
        found = concluded(self.SHORT, self.SHORT, self.SHORT)
        share = 90 * TOKEN * 10 * 2 // (30 * 4)
        assert found.settlement.participation == {A: share, B: share, C: 0}
        assert found.settlement.fees[AGGREGATOR] == 10 * TOKEN
        assert STANDBY not in found.settlement.fees

    def test_nobody_forfeits_where_silence_and_an_aggregators_lie_look_alike(self) -> None:
        assert concluded(self.SHORT, self.SHORT, self.SHORT).vote.forfeits == 0

    def test_a_manifest_that_is_withheld_first_and_published_later_changes_nothing(self) -> None:
        withheld = replace(FACTS, delivered=(*FACTS.delivered[:3], None, None))
        tables = (self.SHORT, self.SHORT, TABLE)
        assert concluded(*tables, facts=withheld).vote == concluded(*tables).vote

    def test_rounds_whose_manifest_nobody_can_read_cannot_be_agreed_on(self) -> None:
        assert attempted(TABLE, TABLE, TABLE, facts=replace(FACTS, delivered=(*FACTS.delivered[:4], None))) is None

    def test_no_round_at_all_pays_the_evaluators_and_refunds_the_rest(self) -> None:
        none = ScoreTable(0, (0,), (0, 0, 0))
        found = concluded(none, none, none)
        assert sum(found.settlement.owed.values()) == 0
        assert found.vote.refund == HONEST.chain_terms().escrow - 60 * TOKEN
        assert found.vote.forfeits == 0


class TestWhatNoHonestTableSays:
    def test_a_score_for_who_never_delivered_earns_nothing(self) -> None:
        claimed = replace(TABLE, scores=(*TABLE.scores[:2], 10**9))
        found = concluded(claimed, claimed, claimed)
        assert found.settlement.owed[C] == 0
        assert found.settlement.owed == concluded(TABLE, TABLE, TABLE).settlement.owed

    @pytest.mark.parametrize("count", [-1, 5, 2**200])
    def test_counts_that_cannot_be_are_no_agreement(self, count: int) -> None:
        facts = replace(FACTS, delivered=(*FACTS.delivered[:4], {A: count, B: 2}))
        assert attempted(TABLE, TABLE, TABLE, facts=facts) is None


class TestStop:
    """The requester ended training after two of four rounds; the bound is 5e6 ppb over two rounds."""

    FACTS = replace(FACTS, committers=(AGGREGATOR,) * 2, delivered=FACTS.delivered[:3], stopped=True)
    FLAT = ScoreTable(2, (0, 4 * 10**6, 8 * 10**6), (5 * 10**6, 10**6, 0))
    STEEP = ScoreTable(2, (0, 4 * 10**6, 9 * 10**6), (5 * 10**6, 10**6, 0))

    def test_small_gains_found_it(self) -> None:
        assert stop_was_founded(HONEST.goal, self.FLAT)
        assert delivered_rounds(self.FACTS, self.FLAT) == {A: 2, B: 2}

    def test_one_gain_at_the_bound_does_not(self) -> None:
        assert not stop_was_founded(HONEST.goal, self.STEEP)
        assert delivered_rounds(self.FACTS, self.STEEP) == {A: 4, B: 4}

    def test_only_the_last_rounds_count(self) -> None:
        longer = ScoreTable(3, (0, 9 * 10**8, 9 * 10**8, 9 * 10**8), ())
        assert stop_was_founded(HONEST.goal, longer)

    def test_losing_skill_is_gaining_too_little(self) -> None:
        assert stop_was_founded(HONEST.goal, ScoreTable(2, (10**8, 0, -(10**8)), ()))

    def test_fewer_rounds_than_the_patience_found_nothing(self) -> None:
        assert not stop_was_founded(HONEST.goal, ScoreTable(1, (0, 0), ()))
        assert not stop_was_founded(HONEST.goal, ScoreTable(0, (0,), ()))

    def test_unspent_rounds_count_for_who_delivered_in_the_last(self) -> None:
        absent = replace(self.FACTS, delivered=({}, {A: 1, B: 1}, {A: 2, B: 1}))
        assert delivered_rounds(absent, self.STEEP) == {A: 4, B: 1}

    def test_without_a_stop_nothing_is_added(self) -> None:
        assert delivered_rounds(replace(self.FACTS, stopped=False), self.STEEP) == {A: 2, B: 2}

    def test_where_no_round_stands_nothing_is_added(self) -> None:
        assert delivered_rounds(self.FACTS, ScoreTable(0, (0,), (0, 0, 0))) == {}

    def test_an_unfounded_stop_pays_participation_to_the_end(self) -> None:
        founded, unfounded = (
            concluded(table, table, table, facts=self.FACTS).settlement for table in (self.FLAT, self.STEEP)
        )
        assert unfounded.participation[A] == 2 * founded.participation[A] == 30 * TOKEN


class TestOpenAdmission:
    def test_what_a_harmful_account_is_debited_goes_to_who_helped(self) -> None:
        bond = 10 * OPEN.money.provider_bond
        facts = replace(
            FACTS,
            terms=OPEN,
            providers=tuple(Joined(account, 10, bond, 0, announced=False) for account in (A, B, C)),
            delivered=({}, *({A: r, B: r, C: r} for r in range(1, 5))),
        )
        table = replace(TABLE, scores=(3 * 10**8, 10**8, -(10**8)))
        found = concluded(table, table, table, facts=facts)
        assert found.vote.debits == found.settlement.debit[C] > 0
        assert found.vote.owed == found.settlement.released + found.vote.debits
        fees = 4 * 5 * TOKEN + 3 * 20 * TOKEN
        assert found.vote.owed + found.vote.refund + fees == OPEN.chain_terms().escrow + found.vote.debits
