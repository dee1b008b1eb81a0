"""Delivery: what the emitted repos and this one have for CI, releases and dependencies."""
