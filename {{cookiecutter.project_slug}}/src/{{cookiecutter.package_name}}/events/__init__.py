"""Level 2, the event bus: life-cycle facts, each told once. Holds its place; not built yet."""
