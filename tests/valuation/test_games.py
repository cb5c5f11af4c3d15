"""How coalitions are written, and that a memo asks for each only once."""

from dataclasses import dataclass, field

import numpy as np

from fedmarket.valuation.games import Coalitions, FloatVector, Memo, Tabulated, all_coalitions


@dataclass(frozen=True)
class Asked:
    """Three players; the utility of a coalition is its row number, and every row asked for is kept."""

    rows: list[int] = field(default_factory=list)
    players: int = 3

    def values(self, coalitions: Coalitions) -> FloatVector:
        numbers = coalitions @ np.array([1, 2, 4])
        self.rows.extend(numbers.tolist())
        return np.asarray(numbers, dtype=np.float64)


def test_player_i_is_in_the_rows_where_bit_i_is_set() -> None:
    assert all_coalitions(2).tolist() == [[False, False], [True, False], [False, True], [True, True]]


def test_a_table_is_read_by_the_same_rows() -> None:
    game = Tabulated((0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0))
    assert game.players == 3
    assert game.values(all_coalitions(3)).tolist() == list(game.table)


def test_a_memo_asks_for_each_coalition_once_and_answers_in_the_order_asked() -> None:
    asked = Asked()
    known = Memo(asked)
    for order in ([5, 1, 5], [1, 0, 5, 7]):
        assert known.values(all_coalitions(3)[order]).tolist() == order
    assert sorted(asked.rows) == [0, 1, 5, 7]
    assert known.evaluations == 4
