"""Prints the parts of a controller's page, which comes in as HTML, a line each in the page's order."""

import sys
from html.parser import HTMLParser


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.words = []
        self.cells = []
        self.heading = ""
        self.bar = None

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag in ("title", "h2", "li", "td", "th", "p"):
            self.words = []
        if tag == "tr":
            self.cells = []
        if values.get("role") == "meter":
            self.bar = values["aria-valuenow"]
        elif self.bar is not None and tag == "span":
            print(f"bar: {self.bar}% of {values['style'].removeprefix('width:')}")
            self.bar = None

    def handle_data(self, data):
        self.words += data.split()

    def handle_endtag(self, tag):
        text = " ".join(self.words)
        if tag == "title":
            print(f"title: {text}")
        elif tag == "h2":
            self.heading = self.words[0]
        elif tag == "li":
            print(f"problem: {text}")
        elif tag == "p" and self.heading == "Problems":
            print(f"problems: {text}")
        elif tag == "td":
            self.cells.append(text)
        elif tag == "tr" and self.cells:
            print(f"{self.heading.lower().removesuffix('s')}: {' | '.join(self.cells)}")


Page().feed(sys.stdin.read())
