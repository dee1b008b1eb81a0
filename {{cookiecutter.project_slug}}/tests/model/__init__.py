"""Tests of Level 0's layer: each was seen to fail once."""
