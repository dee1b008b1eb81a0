"""Level 1, the data pipeline: rows gathered from their source, checked, and landed as partitioned Parquet."""
