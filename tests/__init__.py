"""The product's own tests: what every level must hold, and each emitted level in an environment of its own."""
