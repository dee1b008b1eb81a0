"""Alerts: what needs a person, once for as long as it lasts."""
