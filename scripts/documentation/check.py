"""What soundness asks of README and documentation: links, sizes, sentences, and time limits.

usage: check.py links | readme | limits

Prints a finding a line, and nothing when all is well.
"""

import re
import subprocess
import sys
from pathlib import Path

CATALOG = Path("Sources/cairn/Documentation.docc")
ROOT = CATALOG / "Documentation.md"
README = Path("README.md")
HANGS = CATALOG / "Hangs.md"
LARGEST_README = 12 * 1024
LONGEST_SENTENCE = 30


def pages():
    return [README, *sorted(CATALOG.glob("*.md")), *sorted(Path(".github").rglob("*.md"))]


def without_code(text):
    """The text, with lines of code blocks emptied."""
    inside, kept = False, []
    for line in text.splitlines():
        fence = line.lstrip().startswith("```")
        kept.append("" if inside or fence else line)
        inside ^= fence
    return "\n".join(kept)


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", without_code(page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def link_problems():
    for page in pages():
        for number, line in enumerate(without_code(page.read_text()).splitlines(), 1):
            for link in re.findall(r"\]\(([^)\s]+)\)", line):
                if re.match(r"[a-z]+:", link):
                    continue
                path, _, anchor = link.partition("#")
                target = page.parent / path if path else page
                if not target.exists():
                    yield f"{page}:{number}: there is no {target}"
                elif anchor and anchor not in anchors(target):
                    yield f"{page}:{number}: {target} has no heading #{anchor}"


def path_problems():
    """Files of the repository that a page names in its text must be there."""
    for page in pages():
        for number, line in enumerate(without_code(page.read_text()).splitlines(), 1):
            for path in re.findall(r"`((?:Sources|Tests|scripts|deploy|proto|\.github|\.ci)/[\w+./-]+)`", line):
                if not Path(path).exists():
                    yield f"{page}:{number}: there is no {path}"


def catalog_problems():
    """Each page has one title, a line that says what it is about, and a place in the contents."""
    contents = ROOT.read_text().partition("\n## Topics\n")[2]
    for page in sorted(CATALOG.glob("*.md")):
        lines = without_code(page.read_text()).splitlines()
        if [line for line in lines if line.startswith("# ")] != lines[:1]:
            yield f"{page}: the first line must be its only '# Title'"
        if lines[1:2] != [""] or not lines[2].endswith(".") or lines[3] != "":
            yield f"{page}: below the title stands one line that says what the page is about"
        if page != ROOT and f"({page.name})" not in contents:
            yield f"{ROOT}: its Topics do not name {page.name}"


def sentences(text):
    """Sentences, with their first words: paragraphs, items and cells apart, each cut at full stops."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", without_code(text))
    parts = re.split(r"\n\s*\n|\n\s*(?:[-*#]|\d+\.) |\n\||\|", text)
    for part in parts:
        yield from re.split(r"(?:(?<=[.!?])|(?<=[.!?][`*]))\s+(?=[A-Z`*\[])", " ".join(part.split()))


def readme_problems():
    size = len(README.read_bytes())
    if size > LARGEST_README:
        yield f"{README} has {size} bytes, the limit is {LARGEST_README}"
    for sentence in sentences(README.read_text()):
        count = len([word for word in sentence.split() if re.search(r"\w", word)])
        if count > LONGEST_SENTENCE:
            yield f"{README}: {count} words, the limit is {LONGEST_SENTENCE}: {sentence}"


LIMIT_ROW = re.compile(r"^\| .+ \| (\d+) (ms|s) \| `(\w+)`, `([\w+./-]+)` \|$", re.MULTILINE)
LIMIT_NAME = re.compile(r"let (\w+)(?:: Duration)? = (?:Duration)?\.(?:milli)?seconds\([\d_ *]+\)")


def limit_problems():
    """The tables of Hangs.md say what the code says, and name each constant that is a time."""
    named = set()
    for count, unit, name, path in LIMIT_ROW.findall(HANGS.read_text()):
        named.add((path, name))
        file = Path("Sources") / path
        if not file.exists():
            yield f"{HANGS}: there is no {file}"
        elif not any(has_limit(line, name, int(count), unit) for line in file.read_text().splitlines()):
            yield f"{HANGS}: {file} has no line that gives {name} the value {count} {unit}"
    if len(named) < 50:
        yield f"{HANGS}: only {len(named)} limits were understood"
    for file in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "Sources/*.swift"],
        check=True, capture_output=True, text=True,
    ).stdout.splitlines():
        path = file.removeprefix("Sources/")
        text = Path(file).read_text() if Path(file).exists() else ""
        for name in LIMIT_NAME.findall(text):
            if (path, name) not in named:
                yield f"{HANGS}: add a row for {name} of {file}"


def has_limit(line, name, count, unit):
    if not re.search(rf"\b{name}\b", line):
        return False
    call = "milliseconds" if unit == "ms" else "seconds"
    for factors in re.findall(rf"{name}\b.*?\.{call}\(([\d_ *]+)\)", line):
        value = 1
        for factor in factors.replace("_", "").split("*"):
            value *= int(factor)
        if value == count:
            return True
    # Flags and C have plain numbers of seconds.
    return unit == "s" and re.search(rf"\b{name}(?:: Int)? = {count};?$", line) is not None


CHECKS = {
    "links": lambda: [*link_problems(), *path_problems(), *catalog_problems()],
    "readme": lambda: list(readme_problems()),
    "limits": lambda: list(limit_problems()),
}

if __name__ == "__main__":
    for finding in CHECKS[sys.argv[1]]():
        print(finding)
