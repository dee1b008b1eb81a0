"""Level 2, automated training: the pipeline, its gate, tracking, registry, schedules, and the release of a version."""
