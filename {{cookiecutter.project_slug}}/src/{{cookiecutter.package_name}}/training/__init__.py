"""Level 2, automated training: the pipeline, tracking and the registry. Holds its place; not built yet."""
