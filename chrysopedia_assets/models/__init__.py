"""Frozen records, one file per asset, and the closed words. No behaviour beyond what keeps a record true."""
