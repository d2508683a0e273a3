"""Search as pure functions: which words a text has, which documents a video is searched by, what a query means, what a hit shows."""
