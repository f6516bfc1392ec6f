"""Runs every check of the chart; called by scripts/chart-check.sh. The last line sums up."""

import json
import re
import sys
from pathlib import Path

import yaml

import certificates
import documentation
import programs
import refusals
import removals
import rules
import schemas
from rendering import CHART, HELM, containers, flags, objects, pod_templates, render, run, title, value_files

passed = failed = 0


def check(name, problems):
    """Prints a line for a check, and one for each problem."""
    global passed, failed
    found = list(problems)
    print(f"{'FAIL' if found else 'ok  '}  {name}")
    for problem in found:
        print(f"      {problem}")
    failed += bool(found)
    passed += not found


def lint():
    for name, values in value_files().items():
        options = ["--values", str(values)] if values else []
        linted = run(HELM, "lint", "--strict", str(CHART), *options)
        if linted.returncode:
            yield f"{name}: {linted.stdout}{linted.stderr}"


def versions():
    """One version for chart, image and binary."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    source = Path("Sources/cairn/Release/Release.swift").read_text()
    binary = re.search(r'static let version = "(.*)"', source)[1]
    if not chart["version"] == chart["appVersion"] == binary:
        yield f"chart {chart['version']}, appVersion {chart['appVersion']}, cairn {binary}"


def manifests():
    rendered = run("scripts/render-manifests.sh", "--check")
    if rendered.returncode:
        yield rendered.stdout[-2000:] + rendered.stderr
    for folder in Path("deploy/manifests").iterdir():
        plain = objects((folder / "cairn.yaml").read_text())
        built = run(documentation.KUBECTL, "kustomize", str(folder))
        if built.returncode:
            yield f"{folder}: {built.stderr}"
        elif len(objects(built.stdout)) != len(plain):
            yield f"{folder}: kustomize builds other objects"
        yield from (f"{folder}: {text}" for text in schemas.problems(plain))


def examples():
    classes = {
        found["metadata"]["name"]
        for found in render(None, "--set", "snapshots.enabled=true")
        if found["kind"] in ("StorageClass", "VolumeSnapshotClass")
    }
    for path in sorted(Path("deploy/examples").glob("*.yaml")):
        if path.name == "tiers.yaml":
            continue
        text = path.read_text()
        yield from (f"{path}: {problem}" for problem in schemas.problems(objects(text)))
        for name in re.findall(r"(?:storageClassName|volumeSnapshotClassName): (\S+)", text):
            if name not in classes:
                yield f"{path}: the default install has no class {name}"


def notes():
    """What Helm says after an install names what there is."""
    for name, values in value_files().items():
        options = ["--values", str(values)] if values else []
        told = run(HELM, "install", "cairn", str(CHART), "--dry-run=client", *options)
        if told.returncode:
            yield f"{name}: {told.stderr}"
        text = told.stdout.partition("\nNOTES:\n")[2]
        for found in render(values):
            if found["kind"] in ("Deployment", "DaemonSet", "StorageClass", "VolumeSnapshotClass"):
                if found["metadata"]["name"] not in text:
                    yield f"{name}: the notes lack {found['metadata']['name']}"


def images():
    """Each image of the values has a digest, and the digest is what is pulled."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    paths = ["image"] + [f"{key}.image" for key, inner in values.items() if isinstance(inner, dict) and "image" in inner]
    digest = "sha256:" + 64 * "a"
    options = [word for path in paths for word in ("--set", f"{path}.digest={digest}")]
    for shape in ("cluster", "single"):
        found = render(None, *options, "--set", f"shape={shape}", "--set", "snapshots.enabled=true")
        for owner, spec in pod_templates(found):
            for container in containers(spec):
                if not container["image"].endswith(f"@{digest}"):
                    yield f"{owner['kind']}, container {container['name']}: {container['image']}"


def class_parameters():
    """The schema knows the keys that the driver takes from a class."""
    schema = yaml.safe_load((CHART / "values.schema.json").read_text())
    given = set(schema["$defs"]["parameters"]["properties"]) | {"tier"}
    page = Path("Sources/cairn/Documentation.docc/Tiers.md")
    table = page.read_text().partition("## StorageClass parameters")[2].partition("\n## ")[0]
    taken = set(re.findall(r"^\| `([\w./]+)` \|", table, re.MULTILINE))
    if given != taken:
        yield f"the schema has {sorted(given)}, {page.name} {sorted(taken)}"


def closed_metrics():
    """Without a reader of metrics nobody is let in, rather than everybody."""
    for shape in ("cluster", "single"):
        found = render(None, "--set", f"shape={shape}", "--set-json", "networkPolicy.metricsFrom=[]")
        for policy in found:
            for rule in policy["spec"].get("ingress") or [] if policy["kind"] == "NetworkPolicy" else []:
                if not rule.get("from") or any(port["port"] != 9810 for port in rule["ports"]):
                    yield f"{shape}: {policy['metadata']['name']} lets in {rule}"


def page():
    """The controller's page is off, or the pod's own, or open to those that the values name."""
    off = render(None)
    forwarded = render(None, "--set", "controller.page.enabled=true")
    readers = [{"podSelector": {"matchLabels": {"app": "proxy"}}}]
    opened = render(
        None, "--set", "controller.page.enabled=true", "--set-json", f"controller.page.from={json.dumps(readers)}"
    )
    for name, found, address in (
        ("off", off, None),
        ("on", forwarded, "127.0.0.1:9815"),
        ("open", opened, ":9815"),
    ):
        addresses = [flags(one).get("page-address") for _, spec in pod_templates(found) for one in containers(spec)]
        if sorted(filter(None, addresses)) != [address] * (address is not None):
            yield f"{name}: the page is at {addresses}"
        named = sorted(title(one) for one in found if one["metadata"]["name"] == "cairn-page")
        if named != (["NetworkPolicy cairn-page", "Service cairn-page"] if name == "open" else []):
            yield f"{name}: there are {named}"
    for policy in opened:
        for rule in policy["spec"].get("ingress") or [] if policy["kind"] == "NetworkPolicy" else []:
            if (9815 in [port["port"] for port in rule["ports"]]) != (rule["from"] == readers):
                yield f"open: {title(policy)} lets in {rule}"


def node_names():
    """Where each node brings its certificate, no Secret of nodes is made or mounted."""
    volume = {"hostPath": {"path": "/etc/cairn/tls", "type": "Directory"}}
    given = ("--set-json", f"certificates.nodeVolume={json.dumps(volume)}")
    for source in ("chart", "certManager"):
        found = render(None, "--set", f"certificates.source={source}", *given)
        text = json.dumps(found)
        if "cairn-node-tls" in text or "cairn-controller-tls" not in text:
            yield f"{source}: the Secrets of controller and nodes are not those that are mounted"
        mounted = [one for owner, spec in pod_templates(found) if owner["kind"] == "DaemonSet" for one in spec["volumes"]]
        if {"name": "tls", **volume} not in mounted:
            yield f"{source}: the nodes mount {mounted}"
        if "--require-node-names" in text:
            yield f"{source}: names are required before the nodes have them"
    found = render(None, *given, "--set", "certificates.requireNodeNames=true")
    required = [title(owner) for owner, spec in pod_templates(found) if "--require-node-names" in json.dumps(spec)]
    if required != ["Deployment cairn-controller"]:
        yield f"names are required by {required}"


def closed(schema, path=""):
    """Every object of the schema refuses unknown keys, or says of what type their values are."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") == "object":
            if schema.get("additionalProperties", True) is True:
                yield f"{path or '/'} takes unknown keys"
        for key, inner in schema.items():
            yield from closed(inner, f"{path}/{key}")


def group_rules():
    """A node belongs to exactly one group, whatever labels it has."""
    found = render(CHART / "ci" / "node-groups-values.yaml")
    sets = [one["spec"]["template"]["spec"] for one in found if one["kind"] == "DaemonSet"]
    label, other = "node.kubernetes.io/instance-type", "example.com/disks"
    for labels in ({}, {label: "i4i.large"}, {other: "many"}, {label: "i4i.xlarge", other: "many"}, {label: "t3"}):
        takers = [spec for spec in sets if all(matches(rule, labels) for rule in node_rules(spec))]
        if len(takers) != 1:
            yield f"{len(takers)} drivers on a node with {labels}"


def node_rules(spec):
    terms = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return terms["nodeSelectorTerms"][0]["matchExpressions"]


def matches(rule, labels):
    has = labels.get(rule["key"]) in rule["values"]
    return has if rule["operator"] == "In" else not has


def main():
    check("helm lint takes the chart with every table of values", lint())
    check("chart, image and binary have one version", versions())
    schema = yaml.safe_load((CHART / "values.schema.json").read_text())
    check("the schema of the values knows every key", closed(schema))
    check("the notes of an install name what it has made", notes())
    check("every image can be fixed by its digest", images())
    check("the parameters of classes are the driver's", class_parameters())
    check("metrics can be closed", closed_metrics())
    check("the controller's page is closed unless the values say to whom it is open", page())
    check("each node can bring a certificate of its own", node_names())
    check("wrong values are refused by their names", refusals.problems())
    for name, values in value_files().items():
        found = render(values)
        check(f"{name}: every object is one of Kubernetes", schemas.problems(found))
        for sentence, rule in rules.ALL.items():
            check(f"{name}: {sentence}", rule(found))
        check(f"{name}: every flag exists", programs.argument_problems(found))
        check(f"{name}: the driver takes its command line", programs.startup_problems(found))
        check(f"{name}: the driver takes its tiers", programs.tiers_problems(found))
    check("a node has one driver, whatever its labels", group_rules())
    check("a tier that has volumes cannot be removed", removals.problems())
    check("certificates hold the roles, and an upgrade keeps them", certificates.problems())
    check("the manifests are what the chart renders, and a base for kustomize", manifests())
    check("the examples fit the default install", examples())
    check("every flag that the documentation names exists", documentation.flag_problems())
    check("every value that the documentation names exists", documentation.value_problems())
    check("the values that the documentation shows are taken", documentation.example_problems())
    print(f"{passed} passed, {failed} failed")
    sys.exit(bool(failed))


main()
