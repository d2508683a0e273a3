"""The engine that asks a language model: what to send, what a reply is worth, what to do about one that is no use.

What belongs here: prompt variables, judging replies, dividing and repeating questions. What does not: HTTP, the
ledger, files, clocks: those arrive as arguments.
"""
