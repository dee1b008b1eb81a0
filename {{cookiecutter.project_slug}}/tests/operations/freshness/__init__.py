"""Tests of the features' freshness."""
