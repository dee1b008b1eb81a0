"""Level 4, full MLOps automated operations: what runs by itself, and says what it does and what needs a person."""
