"""Level 4, drift: what the served model meets, held against what it learned from, and how well it still predicts."""
