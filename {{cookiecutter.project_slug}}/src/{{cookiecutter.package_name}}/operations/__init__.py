"""Level 4, automated operations: metrics, drift, policy, retraining. Holds its place; not built yet."""
