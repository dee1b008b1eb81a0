"""The tables of `endpoint.db`. The history only grows; what is in force is one row."""

from __future__ import annotations

TABLES = """
CREATE TABLE IF NOT EXISTS history (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    by TEXT NOT NULL,
    reason TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS history_stays BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'the history of the endpoint is not rewritten'); END;
CREATE TRIGGER IF NOT EXISTS history_is_whole BEFORE DELETE ON history
BEGIN SELECT RAISE(ABORT, 'the history of the endpoint is not rewritten'); END;
-- what the gateway acts on: the newest state whose scorers were ready
CREATE TABLE IF NOT EXISTS in_force (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    number INTEGER NOT NULL,
    at TEXT NOT NULL
);
"""
