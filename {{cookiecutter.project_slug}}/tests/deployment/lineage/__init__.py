"""Tests of deployment/lineage."""
