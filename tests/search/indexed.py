"""A document as the index gives it back, ten seconds long, unless something else is said."""

from typing import Any

from chrysopedia_assets.search.hits import Indexed


def indexed(document_id: int, **changes: Any) -> Indexed:
    start_s = changes.get("start_s", 100.0 * document_id)
    given: dict[str, Any] = {
        "document_id": document_id,
        "content_id": str(document_id),
        "video_id": "v",
        "kind": "moment",
        "page": None,
        "section": None,
        "video_title": "Video",
        "creator": "Ann",
        "url": None,
        "category": None,
        "tags": (),
        "plugins": (),
        "start_s": start_s,
        "end_s": start_s + 10,
        "title": "Title",
        "heading": "",
        "body": "Body",
    }
    return Indexed(**given | changes)
