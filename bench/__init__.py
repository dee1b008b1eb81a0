"""Figures: how long people wait for the tool, and how fast an accepted model is served."""
