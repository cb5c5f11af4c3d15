"""The market's chain: the contract, who calls it, and what it logged."""
