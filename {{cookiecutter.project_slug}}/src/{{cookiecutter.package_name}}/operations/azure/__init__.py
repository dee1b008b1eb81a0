"""Level 4 on Azure: its model monitor with our measures and thresholds, and what it tells as one of our signals."""
