"""One agent a role: each steps from the record alone, so it can be stopped and started anywhere."""
