"""What a page consists of, for tests that look for what must not be in it."""

from html.parser import HTMLParser


class Outline(HTMLParser):
    """The tags of an HTML text and their attributes, in their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
