"""What was declared equal stays on record, also when it was taken back: SQLite and PostgreSQL."""

from chrysopedia_assets.freshness.verdicts import Accepted
from resources.store.acceptances import accept, accepted, list_acceptances, revoke
from resources.store.database import Database

PAIR = Accepted("prompts/synthesis", "old", "new")
OTHER = Accepted("prompts/extraction", "a", "b")


def test_what_is_accepted_holds_until_it_is_taken_back_and_is_never_forgotten(
    database: Database,
) -> None:
    with database.writing(lock="test") as connection:
        accept(connection, [PAIR, OTHER], reason="a typo", accepted_by="ann")
        assert accepted(connection) == [PAIR, OTHER]
        assert revoke(connection, PAIR.subject, revoked_by="bob") == 1
        assert revoke(connection, PAIR.subject, revoked_by="bob") == 0
        assert accepted(connection) == [OTHER]
        rows = {row["subject"]: row for row in list_acceptances(connection)}
    taken_back, standing = rows[PAIR.subject], rows[OTHER.subject]
    assert (taken_back["revoked_by"], standing["revoked_by"]) == ("bob", None)
    assert taken_back["revoked_at"] >= taken_back["accepted_at"]
    assert {row["reason"] for row in rows.values()} == {"a typo"}
