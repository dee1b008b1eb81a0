"""`mlops trace`: from anything to everything that it stands on, and back."""
