"""Level 2, the feature store: point-in-time joins and online look-up. Holds its place; not built yet."""
