"""Who brought how much of a gain: mathematics over games of players, coalitions and utilities."""
