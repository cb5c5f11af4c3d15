"""How many rows a table must have to be divided among sites, a validation set and a test set."""

from fedmarket.embedded.split import part_sizes

LEAST_ROWS = 50
"""With fewer, chance decides what is measured on them."""
LEAST_SITE_ROWS = 16
"""A step of training takes as many."""
MOST_VALIDATION_ROWS = 5_000
MOST_TEST_ROWS = 10_000
"""Held-out rows measure well long before they are as many: the rest goes to the sites."""


def held_out(rows: int, holdout: float, *, own_validation: bool) -> tuple[float, float]:
    """Return the shares of the rows that become validation and test set."""
    first = 0.0 if own_validation else min(holdout, MOST_VALIDATION_ROWS / rows)
    return first, min(holdout, MOST_TEST_ROWS / rows)


def rows_needed(sites: int, holdout: float, *, own_validation: bool) -> int:
    """Return the least number of rows of which each of `sites` equal sites gets enough to train on."""
    rows = max(LEAST_ROWS, sites * LEAST_SITE_ROWS)
    while part_sizes(rows, held_out(rows, holdout, own_validation=own_validation))[-1] < sites * LEAST_SITE_ROWS:
        rows += 1
    return rows
