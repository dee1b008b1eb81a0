"""Level 0, the science: schema, estimator, training and scoring by hand, the hand-off folder."""
