"""Probes that run: the repo's own commands, in its own environment, in a copy that is thrown away."""
