"""`ladder`: emit a machine learning repo at an MLOps maturity level."""
