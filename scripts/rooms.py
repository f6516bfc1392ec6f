#!/usr/bin/env python3
"""Prints the circles between the rooms of each target, and ends with 1 where there is one.

usage: scripts/rooms.py [SOURCES]

A room is a first-level folder of a target; files beside the folders are a room as well. A room
needs another one where a file of it names a type that is declared there, and nowhere else in the
target. Comments and texts do not count, but for what is interpolated.
"""
import re
import sys
from collections import defaultdict
from pathlib import Path

DECLARED = re.compile(r"\b(?:struct|class|enum|protocol|actor|typealias)\s+([A-Z]\w*)")
NAME = re.compile(r"(?<![.\w])[A-Z]\w*")
TEXT = re.compile(r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"')
COMMENT = re.compile(r"//[^\n]*|/\*(?:.|\n)*?\*/")
INTERPOLATED = re.compile(r"\\\(([^)]*\)?)")


def code(path):
    """The text of a file without comments and texts."""
    def inside(text):
        return " ".join(INTERPOLATED.findall(text.group()))
    return COMMENT.sub("", TEXT.sub(inside, path.read_text()))


def needs(target):
    """For each room the rooms that it needs, and for each pair one place that says so."""
    sources, homes = {}, defaultdict(set)
    for path in sorted(target.rglob("*.swift")):
        parts = path.relative_to(target).parts
        room = parts[0] if len(parts) > 1 else "(root)"
        sources[path] = (room, code(path))
        for name in declared(sources[path][1]):
            homes[name].add(room)
    edges, places = defaultdict(set), defaultdict(list)
    for path, (room, text) in sources.items():
        own = set(DECLARED.findall(text))
        for name in sorted(set(NAME.findall(text)) - own):
            other = next(iter(homes[name])) if len(homes.get(name, ())) == 1 else room
            if other != room:
                edges[room].add(other)
                places[room, other].append(f"{path.relative_to(target)}: {name}")
    return edges, places


def declared(text):
    """The types that a file declares at its outermost level, where other files see them."""
    return [m.group(1) for m in DECLARED.finditer(text) if is_outermost(text, m.start())]


def is_outermost(text, index):
    start = text.rfind("\n", 0, index) + 1
    return text[start:index][:1] not in (" ", "\t") and "private" not in text[start:index]


def reached(edges, room):
    """Every room that one can come to from a room."""
    found, waiting = set(), [room]
    while waiting:
        for other in edges[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return found


def main():
    sources = Path(sys.argv[1] if len(sys.argv) > 1 else "Sources")
    circles = 0
    for target in sorted(path for path in sources.iterdir() if path.is_dir()):
        edges, places = needs(target)
        back = {room: reached(edges, room) for room in list(edges)}
        for (room, other), names in sorted(places.items()):
            if room in back.get(other, ()):
                circles += 1
                print(f"{target.name}: {room} needs {other}, which leads back: {', '.join(names[:4])}")
    return 1 if circles else 0


sys.exit(main())
