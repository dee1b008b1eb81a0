"""`azure/infra` as commands: check it offline, apply it as often as you like."""
