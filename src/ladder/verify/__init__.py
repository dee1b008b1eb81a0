"""`ladder verify`: what a repo shows of each statement of the maturity model."""
