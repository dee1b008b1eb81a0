"""Releases: from a registered version to full traffic with no hand, and back."""
