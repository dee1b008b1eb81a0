"""From drift or regression to a retraining: told once, asked for once, and what came of it."""
