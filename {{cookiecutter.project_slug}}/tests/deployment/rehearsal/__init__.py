"""Tests of what rehearsals stand on."""
