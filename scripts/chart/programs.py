"""The arguments that the chart passes, against the programs that get them, and the tiers files."""

import json
import os
import tempfile

from rendering import containers, flags, pod_templates, run, title

CAIRN = os.environ["CAIRN_BINARY"]

# From the sources of each version, to be looked at again with the next one.
COMMON = """csi-address http-endpoint kube-api-burst kube-api-qps leader-election leader-election-namespace
    timeout v worker-threads extra-create-metadata retry-interval-max""".split()
SIDECARS = {
    "csi-provisioner:v6.3.0": COMMON
    + """strict-topology immediate-topology enable-capacity capacity-ownerref-level capacity-threads
        capacity-poll-interval kube-api-capacity-qps kube-api-capacity-burst node-deployment""".split(),
    "csi-resizer:v2.2.1": sorted(set(COMMON) - {"worker-threads", "extra-create-metadata"})
    + ["workers", "handle-volume-inuse-error"],
    "csi-snapshotter:v8.6.0": COMMON,
    "csi-node-driver-registrar:v2.17.0": [
        "csi-address",
        "kubelet-registration-path",
        "http-endpoint",
        "timeout",
        "v",
    ],
}


def commands():
    """The flags of each command of cairn, by the words of the command."""
    found = {}

    def walk(command, words):
        found[" ".join(words)] = {
            name["name"]
            for argument in command.get("arguments", [])
            for name in argument.get("names", [])
            if name["kind"] == "long"
        }
        for inner in command.get("subcommands", []):
            walk(inner, [*words, inner["commandName"]])

    walk(json.loads(run(CAIRN, "--experimental-dump-help").stdout)["command"], [])
    return found


def argument_problems(found_objects):
    known = commands()
    for found, spec in pod_templates(found_objects):
        for container in containers(spec):
            name = f"{title(found)}, container {container['name']}"
            if container["name"] == "cairn":
                accepted = known[container["args"][0]]
            else:
                image = container["image"].rpartition("/")[2]
                if image not in SIDECARS:
                    yield f"{name}: nobody has looked which flags {image} has"
                    continue
                accepted = SIDECARS[image]
            for flag in flags(container):
                if flag not in accepted:
                    yield f"{name}: there is no flag --{flag}"


def startup_problems(found_objects):
    """What the driver itself says of its arguments: it gets as far as what the container would hold."""
    for found, spec in pod_templates(found_objects):
        driver = containers(spec)[0]
        with tempfile.TemporaryDirectory() as empty:
            moved = [word.replace("=/etc/cairn", f"={empty}") for word in driver["args"]]
            started = run(CAIRN, *moved, "--endpoint", f"unix://{empty}/csi.sock", timeout=60)
        # 1: a file is missing. 2 would be the command line.
        if started.returncode != 1 or "cannot read" not in started.stderr:
            yield f"{title(found)}: the driver ends with {started.returncode}: {started.stderr[-300:]}"


def tiers_problems(found_objects):
    """The driver reads the file and then misses its socket (6); a wrong file would be 2."""
    for found in found_objects:
        if found["kind"] != "ConfigMap" or "tiers.yaml" not in found["data"]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/tiers.yaml"
            with open(path, "w") as file:
                file.write(found["data"]["tiers.yaml"])
            asked = run(
                CAIRN, "tier", "list", "--config", path, "--endpoint", f"unix://{folder}/none.sock"
            )
        if asked.returncode != 6:
            yield f"{title(found)}: {asked.stderr.strip()}"
