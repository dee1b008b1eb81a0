"""The loop: everything that a running system does by itself, each in its own rhythm."""
