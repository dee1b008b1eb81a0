"""One folder a layer: a layer imports its own level or a lower one, never a higher one (see levels.toml)."""
