"""What soundness asks of README and documentation: links, sizes, sentences, limits and defaults.

usage: check.py links | readme | limits | figures

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


DOCC = "Sources/cairn/Documentation.docc/"
OPTIONS = "Sources/cairn/Roles/Options.swift"
FILESYSTEMS = "Sources/Host/Filesystems/Filesystems.swift"
SMALLEST = r"ext4: \.mebibytes\((\d+)\)\s+case \.xfs: \.mebibytes\((\d+)\)\s+case \.btrfs: \.mebibytes\((\d+)\)"
KERNEL = ("Sources/cairn/Doctor/KernelChecks.swift", r"oldest = \(major: (\d+), minor: (\d+)\)")
THICK_KERNEL = ("Sources/Host/Features/HostFeatures.swift", r"isKernel\(atLeast: (\d+), (\d+)\)")
MOST_VOLUMES = (OPTIONS, r"maxVolumes: Int64 = (\d+)")
LEASE = ("Sources/cairn/Roles/ControllerCommand.swift", r"nodeLease: Int = (\d+)")
POOL_PLAN = "Sources/BackendLVM/Pools/PoolPlan.swift"
LVM_ROOM = "Sources/BackendLVM/LVMBackend+Room.swift"
SNAPSHOT_RESERVE = ("Sources/BackendLVM/Kind/LVMReader.swift", r"defaultSnapshotReserve = (\d+)")

# Where a text names a limit or a default, and where the code has it: the groups must be equal.
FIGURES = [
    ("README.md", r"at least (\d+) MiB \(ext4\), (\d+) MiB \(xfs\), (\d+) MiB \(btrfs\)", FILESYSTEMS, SMALLEST),
    (DOCC + "Limits.md", r"at least (\d+) MiB, an xfs volume (\d+) MiB, a btrfs volume (\d+) MiB", FILESYSTEMS, SMALLEST),
    ("README.md", r"Linux (\d+)\.(\d+) or newer;", *KERNEL),
    (DOCC + "Limits.md", r"Linux (\d+)\.(\d+) or newer is needed for mount_setattr", *KERNEL),
    (DOCC + "Kubernetes.md", r"Linux (\d+)\.(\d+) or newer on the nodes", *KERNEL),
    ("README.md", r"(\d+)\.(\d+) or newer for thick loop tiers", *THICK_KERNEL),
    (DOCC + "Limits.md", r"Linux (\d+)\.(\d+) or newer is needed for thick", *THICK_KERNEL),
    ("README.md", r"\| Kubernetes \| (\d+\.\d+) or newer", "deploy/chart/Chart.yaml", r'kubeVersion: ">=(\d+\.\d+)\.0-0"'),
    (DOCC + "Kubernetes.md", r"You need Kubernetes (\d+\.\d+) or newer", "deploy/chart/Chart.yaml", r'kubeVersion: ">=(\d+\.\d+)\.0-0"'),
    ("README.md", r"\| (\d+) volumes per node by default", *MOST_VOLUMES),
    (DOCC + "CommandLine.md", r"`--max-volumes` \| (\d+) \|", *MOST_VOLUMES),
    ("deploy/chart/values.yaml", r"maxVolumes: (\d+)", *MOST_VOLUMES),
    (DOCC + "CommandLine.md", r"`--unstage-wait` \| (\d+) \|", OPTIONS, r"unstageWait: Int = (\d+)"),
    (DOCC + "CommandLine.md", r"`--shutdown-grace` \| (\d+) \|", OPTIONS, r"shutdownGrace: Int = (\d+)"),
    (DOCC + "Operating.md", r"`--shutdown-grace`, (\d+) s", OPTIONS, r"shutdownGrace: Int = (\d+)"),
    (DOCC + "CommandLine.md", r"after SIGTERM; (\d+) more to undo", "Sources/CSIServices/NodeStack+Run.swift", r"undoLimit = Duration\.seconds\((\d+)\)"),
    (DOCC + "CommandLine.md", r"`--socket-group` \| `(\d+)`", OPTIONS, r'socketMode: String = "(\d+)"'),
    (DOCC + "CommandLine.md", r"`--endpoint` \| `\$CSI_ENDPOINT`, else `([^`]+)`", OPTIONS, r'defaultEndpoint = "([^"]+)"'),
    (DOCC + "CommandLine.md", r"`--config` \| `([^`]+)`", OPTIONS, r'defaultConfig = "([^"]+)"'),
    (DOCC + "CommandLine.md", r"`--kubelet-dir` \| `([^`]+)`", OPTIONS, r'kubeletDir: String = "([^"]+)"'),
    (DOCC + "CommandLine.md", r"`--usage-dir` \| `([^`]+)`", OPTIONS, r'defaultDriverName \? "([^"]+)"'),
    (DOCC + "CommandLine.md", r"`--state-dir` \| `\$CAIRN_STATE_DIR`, else `([^`]+)`", OPTIONS, r'defaultFolder = "([^"]+)"'),
    (DOCC + "CommandLine.md", r"`--driver-name` \| `([^`]+)`", OPTIONS, r'defaultDriverName = "([^"]+)"'),
    ("deploy/chart/values.yaml", r"driverName: (\S+)", OPTIONS, r'defaultDriverName = "([^"]+)"'),
    (DOCC + "CommandLine.md", r"`--listen` \| node, controller \| `([^`]+)`", "Sources/cairn/Roles/ClusterOptions.swift", r'listen: String = "([^"]+)"'),
    (DOCC + "CommandLine.md", r"`--tls-dir` \| node, controller \| `([^`]+)`", "Sources/cairn/Roles/ClusterOptions.swift", r'tlsDir: String = "([^"]+)"'),
    (DOCC + "CommandLine.md", r"`--node-lease` \| controller \| (\d+) \|", *LEASE),
    (DOCC + "Cluster.md", r"`--node-lease`, (\d+) s by default", *LEASE),
    ("deploy/chart/values.yaml", r"nodeLease: (\d+)", *LEASE),
    (DOCC + "CommandLine.md", r"counts as silent; (\d+) to (\d+) \|", "Sources/cairn/Roles/ControllerCommand.swift", r"leases = (\d+)\.\.\.(\d+)"),
    (DOCC + "Tiers.md", r"Below (\d+) % free", "Sources/BackendLoop/Space/SpaceLedger.swift", r"leastFree: Int64 = (\d+)"),
    (DOCC + "Tiers.md", r"default if it is below (\d+)Gi", "Sources/NodeStorage/Making/VolumeMaker.swift", r"preferredSize = ByteCount\.gibibytes\((\d+)\)"),
    (DOCC + "Tiers.md", r"`snapshotReserve`, (\d+) % by default", *SNAPSHOT_RESERVE),
    (DOCC + "LVM.md", r"volume's size; default (\d+)%", *SNAPSHOT_RESERVE),
    (
        DOCC + "Tiers.md",
        r"(\d+) to (\d+), with raid0 (\d+) to (\d+), raid1 only (\d+), raid5 (\d+) to (\d+), raid6 (\d+) to (\d+), raid10 (\d+) to (\d+)",
        "Sources/BackendLVM/Layout/Layout.swift",
        r"nil: (\d+)\.\.\.(\d+)\s+case \.raid0: (\d+)\.\.\.(\d+)\s+case \.raid1: 1\.\.\.(\d+)\s+case \.raid5: (\d+)\.\.\.(\d+)"
        r"\s+case \.raid6: (\d+)\.\.\.(\d+)\s+case \.raid10: (\d+)\.\.\.(\d+)",
    ),
    (DOCC + "LVM.md", r"less than (\d+) % of its data", LVM_ROOM, r"leastFreeData: Int64 = (\d+)"),
    (DOCC + "LVM.md", r"or (\d+) % of its metadata", LVM_ROOM, r"leastFreeMetadata: UInt64 = (\d+)"),
    (DOCC + "LVM.md", r"last (\d+) KiB are kept", LVM_ROOM, r"metadataReserve = ByteCount\.kibibytes\((\d+)\)"),
    (DOCC + "LVM.md", r"`pvcreate --metadatasize (\w+)`", POOL_PLAN, r'metadataArea = "(\w+)"'),
]


def figure_problems():
    for page, told, source, held in FIGURES:
        text, code = " ".join(Path(page).read_text().split()), Path(source).read_text()
        told_match, held_match = re.search(told, text), re.search(held, code)
        if told_match is None:
            yield f"{page}: nothing matches {told}"
        elif held_match is None:
            yield f"{source}: nothing matches {held}, of which {page} tells"
        elif told_match.groups() != held_match.groups():
            yield f"{page} says {told_match.groups()}, and {source} has {held_match.groups()}: {told}"


CHECKS = {
    "links": lambda: [*link_problems(), *path_problems(), *catalog_problems()],
    "readme": lambda: list(readme_problems()),
    "limits": lambda: list(limit_problems()),
    "figures": lambda: list(figure_problems()),
}

if __name__ == "__main__":
    for finding in CHECKS[sys.argv[1]]():
        print(finding)
