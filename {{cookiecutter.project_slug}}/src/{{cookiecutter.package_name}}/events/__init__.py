"""Level 2, the event bus: life-cycle facts, each told through an outbox, taken once through an inbox."""
