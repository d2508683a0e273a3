"""Readers of transcript files: bytes from anybody in, a `SourceTranscript` or a refusal out.

What belongs here: decoding, recognising and parsing the formats, and mending what can be mended.
What does not: Dagster, the database, engines, and finding the files (that is the library's work).
The one entrance is `read.read_transcript`.
"""
