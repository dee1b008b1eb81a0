"""Workspaces, and how a model goes from one to the next: the same bytes, with everything that leads back."""
