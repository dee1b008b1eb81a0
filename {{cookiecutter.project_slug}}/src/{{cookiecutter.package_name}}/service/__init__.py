"""Level 1, the application: accepts a handed-off model and serves it over HTTP."""
