"""How records look to a reader. Knows the records and nothing of Dagster, databases or files."""
