"""How old the feature values are against their time to live, and who is told when they are too old."""
