"""Flags and values that README and the documentation name: each must exist."""

import os
import re
import tempfile
from pathlib import Path

import yaml

from programs import commands
from rendering import CHART, HELM, helm_template, run

KUBECTL = os.environ["KUBECTL"]
CATALOG = Path("Sources/cairn/Documentation.docc")
KUBERNETES = CATALOG / "Kubernetes.md"
PAGES = [Path("README.md"), *sorted(CATALOG.glob("*.md"))]
# Programs whose flags the pages name, beside those of this repository.
FOREIGN = {
    # LVM and the device mapper
    "addtag", "deltag", "clear-needs-check", "discards", "force", "metadatasize", "refresh", "removemissing", "repair",
    "restoremissing", "setactivationskip", "test", "zero", "poolmetadatasize",
    # losetup, crictl, docker and podman, mount
    "list", "no-trunc", "file", "tag", "make-rshared",
    # csi-sanity and Swift
    "csi", "generate-completion-script", "build-tests", "product", "configuration", "static-swift-stdlib",
    # systemctl and journalctl, coreutils
    "now", "unit", "mode", "nodename", "parents",
    # of the sidecars and of the snapshot-controller, and rsync
    "timeout", "extra-create-metadata", "strict-topology", "archive", "delete-after", "exclude",
    # mkfs
    "label",
}


def known_flags():
    found = set(FOREIGN)
    for flags in commands().values():
        found |= flags
    for helper in Path("scripts").rglob("*"):
        if helper.is_file() and helper.suffix in (".sh", "") and "test" not in helper.suffix:
            found |= set(re.findall(r"--([a-z][a-z-]+)", helper.read_text(errors="replace")))
    return found


def flag_problems():
    """Lines that call helm or kubectl name their flags; all other ones must be ours."""
    ours = known_flags()
    theirs = {}
    for program, words in ((HELM, helm_commands()), (KUBECTL, kubectl_commands())):
        text = "".join(run(program, *word, "--help").stdout for word in words)
        text += run(KUBECTL, "options").stdout if program == KUBECTL else ""
        theirs[Path(program).name] = set(re.findall(r"--([a-z][a-z-]+)", text))
    for page in PAGES:
        for number, line in whole_commands(page.read_text()):
            accepted = set(ours)
            for program, flags in theirs.items():
                if program in line:
                    accepted |= flags
            for flag in re.findall(r"(?<![\w-])--([a-z][a-z-]+)", line):
                if flag not in accepted:
                    yield f"{page}:{number}: there is no flag --{flag}"


def whole_commands(text):
    """The lines, those that end with a backslash joined with the next, by the number of the first."""
    number, joined = 1, ""
    for here, line in enumerate(text.splitlines(), 1):
        number = number if joined else here
        joined += line.removesuffix("\\")
        if not line.endswith("\\"):
            yield number, joined
            joined = ""


def helm_commands():
    return [["install"], ["upgrade"], ["uninstall"], ["template"], ["show", "values"]]


def kubectl_commands():
    return [["apply"], ["create", "secret", "generic"], ["delete"], ["drain"], ["exec"], ["get"], ["logs"], ["port-forward"], ["rollout", "restart"]]


def value_paths():
    """Every path of the values, by what the schema knows."""
    schema = yaml.safe_load((CHART / "values.schema.json").read_text())
    found = set()

    def walk(part, path):
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rpartition("/")[2]]
        for key, inner in part.get("properties", {}).items():
            if isinstance(inner, dict):
                here = f"{path}.{key}".lstrip(".")
                found.add(here)
                walk(inner, here)
        if isinstance(part.get("items"), dict):
            walk(part["items"], path)
        if isinstance(part.get("additionalProperties"), dict):
            walk(part["additionalProperties"], f"{path}.*")

    walk(schema, "")
    return found


def value_problems():
    known = value_paths()
    tops = {path.partition(".")[0] for path in known}
    named = set()
    for page in PAGES:
        for number, line in whole_commands(page.read_text()):
            # --set a.b=c, and `a.b` in the text where a is a key of the values.
            words = re.findall(r"--set(?:-string|-json|-file)? '?([\w.\[\]]+)=", line)
            if page.name != "README.md":
                # Names in certificates look like paths of values.
                quoted = re.findall(r"`([a-z]\w*(?:\.\w+)+)`", line)
                words += [word for word in quoted if word.partition(".")[0] in tops and not word.endswith(".storage")]
            for word in words:
                path = re.sub(r"\[\d+\]", "", word)
                named.add(path)
                if path not in known and not any(starred(path, one) for one in known):
                    yield f"{page}:{number}: there is no value {word}"
    if not {"shape", "image.repository", "lostNodes.bootID"} <= named:
        yield f"the pages name {sorted(named)} alone"


def example_problems():
    """The file of values that Kubernetes.md shows must render."""
    shown = re.findall(r"```yaml\n(# cairn-values.yaml\n.*?)```", KUBERNETES.read_text(), re.DOTALL)
    if len(shown) != 1:
        yield f"{KUBERNETES} shows {len(shown)} files of values"
    for text in shown:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            rendered = helm_template("--values", file.name)
        if rendered.returncode:
            yield rendered.stderr


def starred(path, pattern):
    return "*" in pattern and re.fullmatch(re.escape(pattern).replace(r"\*", r"[^.]+"), path)
