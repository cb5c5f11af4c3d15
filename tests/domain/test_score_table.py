"""Score tables: one spelling in bytes, and an agreement that no minority can move."""

from itertools import permutations
from random import Random
from statistics import median_low

import pytest

from fedmarket.domain.errors import DocumentError
from fedmarket.domain.score_table import Agreement, ScoreTable, agree, lower_median

TOLERANCE = 100
TABLE = ScoreTable(2, (0, 500, 400), (300, -50, 0))


def near(by: int, table: ScoreTable = TABLE) -> ScoreTable:
    return ScoreTable(table.rounds_verified, table.skills, tuple(score + by for score in table.scores))


def agreed(*tables: ScoreTable | None, seats: int | None = None) -> Agreement | None:
    """Agree on the tables of seats 0, 1, ..; None for a silent seat."""
    revealed = {seat: table for seat, table in enumerate(tables) if table is not None}
    return agree(revealed, seats or len(tables), TOLERANCE)


class TestBytes:
    def test_a_table_has_one_spelling(self) -> None:
        data = TABLE.pack()
        assert len(data) == 6 + 8 * (3 + 3)
        assert data[:6] == bytes([0, 2, 0, 1, 0, 3])
        assert ScoreTable.unpack(data) == TABLE

    @pytest.mark.parametrize(
        "table",
        [
            ScoreTable(0, (7,), ()),
            ScoreTable(0, (-5,), (0, 0)),
            ScoreTable(1, (-(2**63), 2**63 - 1), (-1,)),
            ScoreTable(3, (0, 5, 5, 5), (1,)),
        ],
    )
    def test_it_reads_back(self, table: ScoreTable) -> None:
        assert ScoreTable.unpack(table.pack()) == table

    @pytest.mark.parametrize("length", [0, 5, 6, 13, 53, 55])
    def test_another_length_is_refused(self, length: int) -> None:
        data = (TABLE.pack() + bytes(8))[:length]
        with pytest.raises(DocumentError, match="cannot be read"):
            ScoreTable.unpack(data)

    def test_counts_that_do_not_fit_the_length_are_refused(self) -> None:
        data = bytearray(TABLE.pack())
        data[5] = 4
        with pytest.raises(DocumentError, match="does not fit its counts"):
            ScoreTable.unpack(bytes(data))

    @pytest.mark.parametrize("best", [0, 2])
    def test_a_best_round_that_is_not_the_best_is_refused(self, best: int) -> None:
        data = bytearray(TABLE.pack())
        data[3] = best
        with pytest.raises(DocumentError, match="best round"):
            ScoreTable.unpack(bytes(data))


class TestBestRound:
    def test_it_is_the_earliest_of_the_best(self) -> None:
        assert ScoreTable(3, (0, 5, 7, 7), ()).best_round == 2

    def test_the_start_does_not_count_even_where_it_is_better(self) -> None:
        table = ScoreTable(2, (9, 5, 6), ())
        assert (table.best_round, table.final_ppb) == (2, 6)

    def test_without_a_round_it_is_the_start(self) -> None:
        table = ScoreTable(0, (9,), ())
        assert (table.best_round, table.final_ppb) == (0, 9)


class TestLowerMedian:
    @pytest.mark.parametrize(("values", "middle"), [([5], 5), ([9, 1], 1), ([3, 1, 2], 2), ([4, 1, 3, 2], 2)])
    def test_of_an_even_number_it_is_the_lower(self, values: list[int], middle: int) -> None:
        assert lower_median(values) == middle

    def test_it_is_the_standard_librarys(self) -> None:
        random = Random(1)
        for _ in range(200):
            values = [random.randrange(-50, 50) for _ in range(random.randint(1, 8))]
            assert lower_median(values) == median_low(values)


class TestAgreement:
    def test_nobody_agrees_on_nothing(self) -> None:
        assert agreed(None, None, None) is None

    def test_one_evaluator_is_believed(self) -> None:
        assert agreed(TABLE) == Agreement(TABLE, (), ())

    def test_two_of_three_are_enough_and_one_is_not(self) -> None:
        assert agreed(TABLE, near(50), None) is not None
        assert agreed(TABLE, None, None) is None

    def test_two_of_five_are_not_enough(self) -> None:
        assert agreed(TABLE, TABLE, None, None, None) is None
        assert agreed(TABLE, TABLE, TABLE, None, None) is not None

    def test_of_two_tables_the_lower_value_counts(self) -> None:
        found = agreed(near(60), near(0), None)
        assert found is not None
        assert found.table == TABLE

    def test_medians_are_taken_coordinate_by_coordinate(self) -> None:
        found = agreed(
            ScoreTable(1, (0, 10), (1, 90)), ScoreTable(1, (5, 30), (50, 2)), ScoreTable(1, (9, 20), (99, 50))
        )
        assert found is not None
        assert found.table == ScoreTable(1, (5, 20), (50, 50))

    @pytest.mark.parametrize("by", [TOLERANCE + 1, -TOLERANCE - 1, 2**62])
    def test_who_lies_beyond_the_tolerance_deviates_and_moves_nothing(self, by: int) -> None:
        found = agreed(TABLE, near(by), TABLE)
        assert found == Agreement(TABLE, (), (1,))

    @pytest.mark.parametrize("by", [TOLERANCE, -TOLERANCE])
    def test_who_lies_at_the_tolerance_agrees(self, by: int) -> None:
        assert agreed(TABLE, near(by), TABLE) == Agreement(TABLE, (), ())

    def test_one_far_coordinate_is_enough_to_deviate(self) -> None:
        far = ScoreTable(2, (0, 500, 400 - TOLERANCE - 1), TABLE.scores)
        assert agreed(TABLE, TABLE, far) == Agreement(TABLE, (), (2,))

    def test_rounds_come_first_and_another_number_is_different_not_deviating(self) -> None:
        shorter = ScoreTable(1, (0, 500), (2**40, 0, 0))
        assert agreed(shorter, TABLE, TABLE) == Agreement(TABLE, (0,), ())

    def test_the_lower_median_of_rounds_decides(self) -> None:
        shorter = ScoreTable(1, (0, 500), (300, -50, 0))
        assert agreed(shorter, TABLE, None) is None, "the lower one decides, and stands alone"
        assert agreed(shorter, shorter, TABLE) == Agreement(shorter, (2,), ())

    def test_another_best_round_is_different_too(self) -> None:
        other = ScoreTable(2, (0, 400, 400 + 1), TABLE.scores)
        assert agreed(TABLE, other, TABLE) == Agreement(TABLE, (1,), ())

    def test_three_ways_apart_agree_on_nothing(self) -> None:
        assert agreed(TABLE, near(1000), near(-1000)) is None

    def test_two_of_five_cannot_move_the_agreement_out_of_what_the_honest_say(self) -> None:
        random = Random(2)
        for _ in range(200):
            honest = [near(random.randint(0, TOLERANCE)) for _ in range(3)]
            liars = [near(random.randint(-(10**6), 10**6)) for _ in range(2)]
            tables = honest + liars
            random.shuffle(tables)
            found = agreed(*tables)
            assert found is not None
            for place, score in enumerate(found.table.scores):
                said = [table.scores[place] for table in honest]
                assert min(said) <= score <= max(said)

    def test_who_sits_where_changes_nothing_but_the_numbers_of_the_seats(self) -> None:
        tables = (TABLE, near(70), near(10**6))
        for order in permutations(range(3)):
            found = agreed(*(tables[place] for place in order))
            assert found is not None
            assert found.table == near(70)
            assert [order[seat] for seat in found.deviating] == [2]
