"""How a time in a video is written, wherever one is shown."""


def clock(seconds: float) -> str:
    """Seconds as `4:05` or `1:02:03`, rounded down: where a player should start."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def heard_in_words(done_s: float, of_s: float | None) -> str:
    """How far a transcription is, of how much as far as the file says."""
    return f"{clock(min(done_s, of_s))} of {clock(of_s)}" if of_s else clock(done_s)
