"""What each stage does: pure functions, one file per asset. Effects arrive as arguments (`ports`); no Dagster."""
