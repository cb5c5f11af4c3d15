"""Random actors against the market: the reference and the contract must answer alike and keep every invariant."""
