"""`ladder verify`: what it says of emitted repos, of foreign ones, and under sabotage."""
