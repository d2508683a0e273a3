"""What categories and tags are called on the site, and which colour a category has.

What belongs here: names. What does not: which pages are filed under them (`library.py`).
"""

from chrysopedia_assets.models.taxonomy import Category, Taxonomy

COLOURS = 8
"""Of categories; the style knows as many."""


class Terms:
    """A key that the taxonomy does not hold any more is its own name."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.categories: dict[str, Category] = {c.key: c for c in taxonomy.categories}
        self._tags: dict[str, str] = {}
        for category in taxonomy.categories:
            for tag in category.tags:
                self._tags.setdefault(tag.key, tag.name)

    def category(self, key: str) -> str:
        return self.categories[key].name if key in self.categories else key

    def about(self, key: str) -> str:
        return self.categories[key].description if key in self.categories else ""

    def tag(self, key: str) -> str:
        return self._tags.get(key, key)

    def colour(self, key: str | None) -> str:
        """The name of a class."""
        keys = list(self.categories)
        return f"c{keys.index(key) % COLOURS}" if key in self.categories else "c-none"
