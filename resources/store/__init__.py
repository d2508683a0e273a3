"""Records on disk: SQLAlchemy tables, transactions and migrations. Never Dagster."""
