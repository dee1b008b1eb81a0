"""Tests of deployment/infra."""
