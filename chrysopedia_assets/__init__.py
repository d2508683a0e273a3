"""Chrysopedia: tutorial videos in, short cited technique pages out, as a Dagster asset graph."""
