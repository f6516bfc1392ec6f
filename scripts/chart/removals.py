"""A tier that has volumes stays in the values, and a node sees once more the folder of one that goes."""

import json

from cluster import upgrade
from rendering import containers, objects, pod_templates, render

OTHER = ("--set-json", 'tiers=[{"name":"other","loop":{"directory":"/srv/cairn/other"}}]')


def volume(storage_class, driver="csi.cairn.storage"):
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "pvc-1"},
        "spec": {"storageClassName": storage_class, "csi": {"driver": driver, "volumeHandle": "v1"}},
    }


def cluster_with(*volumes, values=()):
    """What a cluster has after an install with the default values or these, and with these volumes."""
    installed = render(None, *values)
    lists = {
        "/api/v1/namespaces/storage/configmaps": [one for one in installed if one["kind"] == "ConfigMap"],
        "/apis/storage.k8s.io/v1/storageclasses": [one for one in installed if one["kind"] == "StorageClass"],
        "/api/v1/persistentvolumes": list(volumes),
    }
    return {path: {"kind": "List", "apiVersion": "v1", "items": items} for path, items in lists.items()}


def tiers(*directories):
    """Values with a tier in each of these directories, which the node's driver makes."""
    listed = ",".join(
        f'{{"name":"tier{number}","loop":{{"directory":"{directory}","create":true,"mountPoint":false}}}}'
        for number, directory in enumerate(directories)
    )
    return ("--set-json", f"tiers=[{listed}]")


def mounted(rendered, group=""):
    """The folders of the host that the node's driver of a group sees, in the order of their mounts."""
    if rendered.returncode:
        return [rendered.stderr]
    for found, spec in pod_templates(objects(rendered.stdout)):
        if found["kind"] == "DaemonSet" and found["metadata"]["name"].endswith(group):
            sources = {one["name"]: one.get("hostPath", {}).get("path") for one in spec["volumes"]}
            driver = next(one for one in containers(spec) if one["name"] == "cairn")
            paths = [(one["mountPath"], sources[one["name"]]) for one in driver["volumeMounts"]]
            return [path for path, source in paths if path == source]
    return []


def folder_problems():
    """Which folders are mounted by upgrades from one list of directories to another."""
    cases = {
        "a tier that goes": (["/srv/a/one"], ["/mnt/two"], ["/mnt", "/srv/a"], []),
        "the upgrade after that": (["/mnt/two"], ["/mnt/two"], ["/mnt"], ["/srv/a"]),
        "a tier in the folder of one that goes": (["/srv/a/b/one"], ["/srv/a/b"], ["/srv/a", "/srv/a/b"], []),
    }
    for name, (before, after, wanted, unwanted) in cases.items():
        paths = mounted(upgrade(cluster_with(values=tiers(*before)), *tiers(*after)))
        for path in wanted:
            if paths.count(path) != 1:
                yield f"{name}: {path} is to be mounted once: {paths}"
        for path in unwanted:
            if path in paths:
                yield f"{name}: {path} is mounted: {paths}"


def new_group_problems():
    """The nodes of a new group see the folders of the group that they leave."""
    group = {
        "name": "fast",
        "label": "disks",
        "values": ["fast"],
        "tiers": [{"name": "fast", "loop": {"directory": "/mnt/fast"}}],
    }
    values = (*tiers("/srv/a/one"), "--set-json", f"nodeGroups={json.dumps([group])}")
    paths = mounted(upgrade(cluster_with(values=tiers("/srv/a/one")), *values), "-fast")
    for path in ("/mnt", "/srv/a"):
        if paths.count(path) != 1:
            yield f"a new group: {path} is to be mounted once: {paths}"
    paths = mounted(upgrade(cluster_with(values=values), *values), "-fast")
    if "/srv/a" in paths:
        yield f"the upgrade after a new group: the folder of another group is mounted: {paths}"


def problems():
    yield from folder_problems()
    yield from new_group_problems()
    refused = upgrade(cluster_with(volume("cairn-scratch")), *OTHER)
    for word in ("tiers: scratch", "pvc-1", "cairn-scratch"):
        if refused.returncode == 0 or word not in refused.stderr:
            yield f"a tier with a volume goes, or the message lacks {word}: {refused.stderr}"
    taken = {
        "a tier without volumes": (cluster_with(), OTHER),
        "a volume of another class": (cluster_with(volume("fast")), OTHER),
        "a volume of another driver": (cluster_with(volume("cairn-scratch", "other.example.com")), OTHER),
        "an upgrade that keeps the tier": (cluster_with(volume("cairn-scratch")), ()),
    }
    for name, (served, arguments) in taken.items():
        rendered = upgrade(served, *arguments)
        if rendered.returncode:
            yield f"{name} is refused: {rendered.stderr}"
