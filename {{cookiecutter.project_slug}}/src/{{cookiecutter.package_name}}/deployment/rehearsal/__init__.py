"""A rehearsal of releases: a copy of the repo, candidates, and callers, so that a story or a bench has real parts."""
