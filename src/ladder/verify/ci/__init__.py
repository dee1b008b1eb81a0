"""What a CI provider is told to run: when, in which order, and whether its failure counts."""
