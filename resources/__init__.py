"""What the assets are given: Dagster shells here, plain clients in `clients/`, records in `store/`."""
