"""What a result was made from, kept where it can be read for thousands of results at once.

Dagster writes versions of code and inputs as tags into the event, and of all tags only the data version into the table
of tags. The rest of them there too makes verdicts on a whole library a matter of a second: nothing else is known than
what the event says.
"""

PROVENANCE = ("dagster/", "chrysopedia/")


class IndexesProvenance:
    """Mixed into an event log storage of Dagster, whose hook this is."""

    def get_asset_tags_to_index(self, tag_keys: set[str]) -> set[str]:
        return {key for key in tag_keys if key.startswith(PROVENANCE)}
