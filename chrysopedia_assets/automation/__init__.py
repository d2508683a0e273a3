"""What happens around the graph: partitions, ingest, processing, jobs, sensors. Never what a stage does."""
