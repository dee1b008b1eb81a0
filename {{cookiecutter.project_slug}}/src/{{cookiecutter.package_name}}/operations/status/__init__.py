"""The status: one page of how the whole system is, and what needs a person."""
