"""Where in a session each moment is applied: one category, any number of its tags."""

from chrysopedia_assets.models.records import Record, StageRecord, Text


class Classification(Record):
    """`category` and `tags` are keys of the taxonomy; `evidence` says what decided, `doubt` why it may be another; empty
    where it is sure."""

    moment_id: Text
    category: Text
    tags: tuple[Text, ...] = ()
    evidence: Text = ""
    doubt: Text = ""


class Classifications(StageRecord):
    classifications: tuple[Classification, ...]
