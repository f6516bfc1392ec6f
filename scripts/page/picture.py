"""Checks a picture of a controller's page: FILE WIDTH HEIGHT light|dark. Says what is wrong, and ends with 1."""

import sys

from PIL import Image

# The style sheet's colours of what is well and what is not: Sources/cairn/StatusPage/StatusStyle.swift.
COLOURS = {
    "light": {"good": (46, 125, 91), "bad": (198, 40, 40)},
    "dark": {"good": (76, 175, 132), "bad": (255, 123, 114)},
}


def problems(picture, size, look):
    if picture.size != size:
        yield f"it has {picture.size} pixels"
        return
    pixels = picture.convert("RGB")
    counts = {colour: count for count, colour in pixels.getcolors(size[0] * size[1])}
    ground = max(counts, key=counts.get)
    if (sum(ground) / 3 > 127) != (look == "light"):
        yield f"its ground is {ground}"
    # Letters have smooth edges, so text is many colours, and few of the pixels.
    written = 1 - counts[ground] / (size[0] * size[1])
    if len(counts) < 50 or not 0.01 < written < 0.5:
        yield f"{len(counts)} colours, {written:.1%} of the picture: that is no page of text"
    for name, colour in COLOURS[look].items():
        if counts.get(colour, 0) < 50:
            yield f"{counts.get(colour, 0)} pixels have the colour of what is {name}"


def main(file, width, height, look):
    found = list(problems(Image.open(file), (int(width), int(height)), look))
    for problem in found:
        print(problem)
    sys.exit(bool(found))


main(*sys.argv[1:])
