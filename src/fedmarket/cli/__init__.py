"""The command line: words in, words out; the only place that reads the environment and the clock."""
