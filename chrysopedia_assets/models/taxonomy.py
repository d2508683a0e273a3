"""The one list of categories and tags that prompts, validators, CLI and docs are fed from."""

from typing import Self

from pydantic import Field, model_validator

from chrysopedia_assets.models.records import Record, Text, Title


class Tag(Record):
    key: Text
    name: Title
    aliases: tuple[Text, ...] = ()


class Category(Record):
    key: Text
    name: Title
    description: Text
    aliases: tuple[Text, ...] = ()
    signs: tuple[Text, ...] = ()
    """Words that speak for the category without naming it; more than one category may claim one."""
    tags: tuple[Tag, ...] = ()

    def tag(self, word: str) -> Tag | None:
        """The tag of this category that `word` means, by key, name or alias, whatever the casing."""
        return next((tag for tag in self.tags if _means(word, tag)), None)


class Spelling(Record):
    """How a word of the trade is written that recognisers of speech mishear; `before` and `beside` say where it is meant."""

    write: Text
    heard: tuple[Text, ...] = Field(min_length=1)
    before: tuple[Text, ...] = ()
    """One of these words comes next; any may where there is none."""
    beside: tuple[Text, ...] = ()
    """One of these is said in the same passage; likewise."""


class Taxonomy(Record):
    categories: tuple[Category, ...] = Field(min_length=1)
    plugins: tuple[Text, ...] = ()
    """Product names to look for in speech."""
    spellings: tuple[Spelling, ...] = ()

    @model_validator(mode="after")
    def _no_word_means_two_things(self) -> Self:
        lists: list[tuple[Tag | Category, ...]] = [self.categories]
        lists += [category.tags for category in self.categories]
        for terms in lists:
            words = [word for term in terms for word in _words(term)]
            twice = sorted({word for word in words if words.count(word) > 1})
            if twice:
                raise ValueError(f"these words mean two things: {', '.join(twice)}")
        return self

    def category(self, word: str) -> Category | None:
        """The category that `word` means, by key, name or alias, whatever the casing."""
        return next((c for c in self.categories if _means(word, c)), None)


def _fold(word: str) -> str:
    return " ".join(word.replace("_", " ").replace("-", " ").casefold().split())


def _words(term: Tag | Category) -> set[str]:
    return {_fold(word) for word in (term.key, term.name, *term.aliases)}


def _means(word: str, term: Tag | Category) -> bool:
    return _fold(word) in _words(term)
