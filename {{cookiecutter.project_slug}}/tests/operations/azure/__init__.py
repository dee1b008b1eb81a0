"""Tests of the layer on Azure."""
