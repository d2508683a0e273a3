"""Plain Python around files and services. Never Dagster, never the graph."""
