"""The rules of the market: pure, deterministic, and without any input or output."""
