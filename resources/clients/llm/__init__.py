"""A language model behind an OpenAI-compatible server, called so that every attempt is accounted for.

What belongs here: sending, waiting, remembering. What does not: what is asked and what a reply is worth.
"""
