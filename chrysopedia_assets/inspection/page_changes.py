"""What changed from one version of a page to the next, in words.

What belongs here: title, sections, moments, how much of the text. What does not: the text's own differences
(`text_changes.py`), pages of two runs beside each other (`regrouping.py`).
"""

from collections.abc import Iterable, Iterator

from chrysopedia_assets.inspection.pairing import not_shared, paired
from chrysopedia_assets.inspection.text_changes import changes, words_changed
from chrysopedia_assets.models.technique_pages import TechniquePage, texts_of


def told_changes(before: TechniquePage, after: TechniquePage) -> list[str]:
    """Empty where nothing differs that readers see."""
    return list(_told(before, after))


def _told(before: TechniquePage, after: TechniquePage) -> Iterator[str]:
    for name in ("title", "category"):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield f"{name} was {was!r}" if name == "title" else f"{name} {was} → {now}"
    yield from _moments(before, after)
    old, new = ([s.title for s in page.sections] for page in (before, after))
    yield from _more_and_fewer("section", old, new)
    chains = ([chain.title for chain in page.signal_chains] for page in (before, after))
    yield from _more_and_fewer("signal chain", *chains)
    more, fewer = words_changed(changes(_text(before), _text(after)))
    if more or fewer:
        yield f"+{more} -{fewer} words"


def _moments(before: TechniquePage, after: TechniquePage) -> Iterator[str]:
    """One that was found anew, at the same time under another title, is still there."""
    gained: list[str] = []
    lost: list[str] = []
    for old, new in paired(before.citations, after.citations, not_shared):
        if old is None and new is not None:
            gained.append(new.title)
        if new is None and old is not None:
            lost.append(old.title)
    yield from _counted("gained", "moment", gained)
    yield from _counted("lost", "moment", lost)


def _more_and_fewer(what: str, old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    before, after = list(old), list(new)
    yield from _counted("new", what, [title for title in after if title not in before])
    yield from _counted("gone:", what, [title for title in before if title not in after])


def _counted(how: str, what: str, titles: list[str]) -> Iterator[str]:
    if titles:
        yield f"{how} {what}{'' if len(titles) == 1 else 's'} {', '.join(map(repr, titles))}"


def _text(page: TechniquePage) -> str:
    return "\n".join((page.summary, *texts_of(page.sections)))
