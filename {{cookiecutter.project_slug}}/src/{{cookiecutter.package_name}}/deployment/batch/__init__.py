"""Level 3, batch scoring: files of any size through a registered version, gone on with after a crash."""
