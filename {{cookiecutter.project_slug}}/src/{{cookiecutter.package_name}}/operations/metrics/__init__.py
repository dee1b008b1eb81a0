"""What the system tells of itself in numbers: one table of metrics, counted once, read by anybody."""
