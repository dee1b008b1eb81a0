"""Tests of the season."""
