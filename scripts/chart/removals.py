"""A tier that has volumes stays in the values."""

from cluster import upgrade
from rendering import render

OTHER = ("--set-json", 'tiers=[{"name":"other","loop":{"directory":"/srv/cairn/other"}}]')


def volume(storage_class, driver="csi.cairn.storage"):
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "pvc-1"},
        "spec": {"storageClassName": storage_class, "csi": {"driver": driver, "volumeHandle": "v1"}},
    }


def cluster_with(*volumes):
    """What a cluster has after an install with the default values, and with these volumes."""
    installed = render(None)
    lists = {
        "/api/v1/namespaces/storage/configmaps": [one for one in installed if one["kind"] == "ConfigMap"],
        "/apis/storage.k8s.io/v1/storageclasses": [one for one in installed if one["kind"] == "StorageClass"],
        "/api/v1/persistentvolumes": list(volumes),
    }
    return {path: {"kind": "List", "apiVersion": "v1", "items": items} for path, items in lists.items()}


def problems():
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
