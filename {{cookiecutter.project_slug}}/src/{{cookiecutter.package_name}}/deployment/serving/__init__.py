"""The endpoint: a gateway before one scorer process for each deployment, whose traffic is a committed state."""
