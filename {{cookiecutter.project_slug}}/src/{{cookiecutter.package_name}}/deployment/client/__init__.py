"""Level 3, a client for application developers: raw record in, prediction out, generated from the schema."""
