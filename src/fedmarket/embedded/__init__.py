"""A whole market in one process: chain, store and every agent, for demos, trials and tests."""
