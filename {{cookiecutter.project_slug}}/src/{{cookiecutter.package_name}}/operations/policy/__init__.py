"""Level 4, policy: when the loop may let a version take over by itself, and the record of every such decision."""
