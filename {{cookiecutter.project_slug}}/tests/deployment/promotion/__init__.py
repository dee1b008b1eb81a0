"""Tests of deployment/promotion."""
