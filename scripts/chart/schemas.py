"""Every object against the schemas of Kubernetes, and the few of others against rules of our own."""

import kubernetes_validate

from rendering import title

VERSIONS = ("1.34", "1.36", "1.37")


def problems(found_objects):
    """What is wrong, a line each."""
    for found in found_objects:
        group = found["apiVersion"].partition("/")[0]
        if group in OTHERS:
            yield from (f"{title(found)}: {text}" for text in OTHERS[group](found))
            continue
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(found, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                path = ".".join(str(part) for part in error.path)
                yield f"{title(found)}: Kubernetes {version}: {path}: {error.message}"
            except kubernetes_validate.SchemaNotFoundError:
                yield f"{title(found)}: Kubernetes {version} has no {found['apiVersion']}"
        # The schemas take any kind of a quantity; the API server does not.
        yield from (f"{title(found)}: {text}" for text in null_values(found))


def null_values(found, path=""):
    """An empty value is most often a template that found nothing."""
    items = found.items() if isinstance(found, dict) else enumerate(found)
    for key, value in items:
        here = f"{path}.{key}".lstrip(".")
        if value is None:
            yield f"{here} is empty"
        elif isinstance(value, (dict, list)):
            yield from null_values(value, here)


def exactly(found, path, required, optional=()):
    """Keys that are missing or unknown at a place."""
    for key in set(required) - set(found):
        yield f"{path}.{key} is missing"
    for key in set(found) - set(required) - set(optional):
        yield f"{path}.{key} is unknown"


def snapshot_object(found):
    """kubernetes-csi/external-snapshotter, snapshot.storage.k8s.io/v1."""
    if found["apiVersion"] != "snapshot.storage.k8s.io/v1":
        yield f"apiVersion {found['apiVersion']}"
    body = {key: value for key, value in found.items() if key not in ("apiVersion", "kind", "metadata")}
    if found["kind"] == "VolumeSnapshotClass":
        yield from exactly(body, "", ["driver", "deletionPolicy"], ["parameters"])
        if body.get("deletionPolicy") not in ("Delete", "Retain"):
            yield "deletionPolicy is neither Delete nor Retain"
    elif found["kind"] == "VolumeSnapshot":
        yield from exactly(body, "", ["spec"])
        yield from exactly(body["spec"], "spec", ["source"], ["volumeSnapshotClassName"])
        if len(body["spec"]["source"]) != 1:
            yield "spec.source has not exactly one key"
    else:
        yield "a kind that nobody knows"


def cert_manager_object(found):
    """cert-manager.io/v1."""
    spec = found["spec"]
    if found["apiVersion"] != "cert-manager.io/v1":
        yield f"apiVersion {found['apiVersion']}"
    if found["kind"] == "Issuer":
        if set(spec) not in ({"selfSigned"}, {"ca"}):
            yield "spec has not exactly one of selfSigned, ca"
        return
    yield from exactly(
        spec,
        "spec",
        ["secretName", "issuerRef", "duration", "renewBefore", "privateKey"],
        ["isCA", "commonName", "dnsNames", "usages"],
    )
    yield from exactly(spec["issuerRef"], "spec.issuerRef", ["name", "kind", "group"])
    yield from exactly(spec["privateKey"], "spec.privateKey", ["algorithm", "size", "rotationPolicy"])
    if not spec.get("isCA"):
        if not {"server auth", "client auth"} <= set(spec.get("usages", [])):
            yield "spec.usages lack server auth or client auth"
        if len(spec.get("dnsNames", [])) != 1:
            yield "spec.dnsNames is not one role"


def prometheus_object(found):
    """monitoring.coreos.com/v1: PodMonitor, PrometheusRule."""
    if found["apiVersion"] != "monitoring.coreos.com/v1":
        yield f"apiVersion {found['apiVersion']}"
    if found["kind"] == "PrometheusRule":
        yield from exactly(found["spec"], "spec", ["groups"])
        for group in found["spec"]["groups"]:
            yield from exactly(group, "spec.groups", ["name", "rules"], ["interval"])
        return
    if found["kind"] != "PodMonitor":
        yield "a kind that nobody knows"
        return
    yield from exactly(found["spec"], "spec", ["selector", "podMetricsEndpoints"])
    for endpoint in found["spec"]["podMetricsEndpoints"]:
        yield from exactly(endpoint, "spec.podMetricsEndpoints", ["port", "interval", "relabelings"])
        for rule in endpoint["relabelings"]:
            yield from exactly(rule, "spec.podMetricsEndpoints.relabelings", ["sourceLabels", "targetLabel"])


OTHERS = {
    "snapshot.storage.k8s.io": snapshot_object,
    "cert-manager.io": cert_manager_object,
    "monitoring.coreos.com": prometheus_object,
}
