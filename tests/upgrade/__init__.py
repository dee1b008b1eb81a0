"""Moving an edited repo between levels."""
