"""The audit: an exported record replayed from nothing, check by check, in a process of its own."""
