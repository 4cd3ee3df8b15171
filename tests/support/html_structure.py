"""Reading a page as a strict reader would: open elements, text and links."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})
DRAWN = frozenset({"path", "rect", "use"})
RAW = frozenset({"style", "title", "script"})


class Structure(HTMLParser):
    """The elements of a document in order, its text, its titles and its attributes. Fails on tags that do not close."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.titles: list[str] = []
        self._open: list[str] = []
        self.feed(document)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        self.elements.append((tag, {name: value or "" for name, value in attributes}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in DRAWN, f"<{tag}/> closes itself"
        self.handle_starttag(tag, attributes)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> out of order"

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] not in RAW:
            self.texts.append(data)
        elif self._open[-1] == "title":
            self.titles.append(data)

    @property
    def text(self) -> str:
        """All that is said, with single spaces."""
        return " ".join("".join(self.texts).split())

    @property
    def tags(self) -> list[str]:
        """The names of all elements in order."""
        return [tag for tag, _ in self.elements]

    def all(self, attribute: str) -> list[str]:
        """Every value of an attribute, in order."""
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]

    def heading_levels(self) -> list[int]:
        """The levels of the headings in order."""
        return [int(tag[1]) for tag in self.tags if tag in {"h1", "h2", "h3", "h4"}]
