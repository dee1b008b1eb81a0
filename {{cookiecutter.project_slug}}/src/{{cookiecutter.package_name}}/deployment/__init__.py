"""Level 3, automated deployment: the endpoint, the comparison, promotion, releases, lineage, batches, the client."""
