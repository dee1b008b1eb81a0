"""Level 2, the feature store: what is defined once is joined point in time, and looked up online."""
