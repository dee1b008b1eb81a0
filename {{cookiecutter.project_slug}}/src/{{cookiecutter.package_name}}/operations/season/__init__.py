"""A season of the whole system: weeks replay day by day against a real endpoint, and nobody lends a hand."""
