"""What is out of date and why: pure verdicts over recorded versions. Never reads a database or an event log."""
