"""What can be seen of an HTML file without a browser: its elements, its links, and whether it is sound."""

from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "rect", "circle", "path"}
"""Without an end, in HTML or as we write SVG."""


class Html(HTMLParser):
    """`elements` are name and attributes, in order; `amiss` is what a validator would complain of."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.amiss: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        if self._open:
            self.amiss.append(f"not closed: {self._open}")
        ids = self.ids
        self.amiss += [f"twice: #{one}" for one in sorted(set(ids)) if ids.count(one) > 1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self.amiss.append(f"an attribute twice: {tag} {names}")
        if tag == "a" and "a" in self._open:
            self.amiss.append("a link in a link")
        if (
            tag in {"p", "ul", "ol", "h2", "h3", "section", "div", "blockquote"}
            and "p" in self._open
        ):
            self.amiss.append(f"{tag} in p")
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.amiss.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    def values(self, name: str) -> list[str]:
        """Of this attribute, wherever it stands."""
        return [attributes[name] for _, attributes in self.elements if name in attributes]
