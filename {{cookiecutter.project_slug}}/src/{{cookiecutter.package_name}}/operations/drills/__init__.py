"""Level 4, drills: a fault is put into a running copy of the system, and what must happen then is asserted."""
