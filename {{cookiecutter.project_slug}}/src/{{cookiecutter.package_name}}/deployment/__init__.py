"""Level 3, automated deployment: endpoint, A/B test, promotion, lineage. Holds its place; not built yet."""
