"""The `chrysopedia` command: one file per group of commands, thin. Dagster is imported only by the commands that need it."""
