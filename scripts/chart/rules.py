"""Rules of the house for what the chart renders. Each yields what breaks it, a line each."""

import re

import yaml

from rendering import containers, pod_templates, title

DRIVER = "cairn"
TOKEN_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"


def component(found):
    return found["metadata"]["labels"].get("app.kubernetes.io/component")


def each_container(found_objects):
    for found, spec in pod_templates(found_objects):
        for container in containers(spec):
            yield found, spec, container, f"{title(found)}, container {container['name']}"


def restricted(found_objects):
    """Nothing but the node's driver is privileged, escalates or writes into its image."""
    for found, spec, container, name in each_container(found_objects):
        context = {**spec.get("securityContext", {}), **container.get("securityContext", {})}
        is_node_driver = component(found) == "node" and container["name"] == DRIVER
        if not context.get("readOnlyRootFilesystem"):
            yield f"{name}: can write into its image"
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{name}: has no seccomp profile"
        if is_node_driver:
            continue
        if context.get("privileged") or context.get("allowPrivilegeEscalation") is not False:
            yield f"{name}: may get more rights"
        if context.get("capabilities") != {"drop": ["ALL"]}:
            yield f"{name}: has capabilities"
        # kubelet's folder of plug-ins is root's, and the registrar makes a socket there.
        if container["name"] == "registrar":
            continue
        if not context.get("runAsNonRoot") or not context.get("runAsUser"):
            yield f"{name}: runs as root"


def host_access(found_objects):
    """The controller's pod has nothing of the host; the node's has, and surges never."""
    for found, spec in pod_templates(found_objects):
        if component(found) == "controller":
            for key in ("hostNetwork", "hostPID", "hostIPC"):
                if spec.get(key):
                    yield f"{title(found)}: {key}"
            for volume in spec["volumes"]:
                if "hostPath" in volume:
                    yield f"{title(found)}: mounts {volume['hostPath']['path']} of the host"
            continue
        rolling = found["spec"]["updateStrategy"]["rollingUpdate"]
        if rolling["maxSurge"] != 0:
            yield f"{title(found)}: two drivers may run on a node"
        if spec.get("hostNetwork"):
            yield f"{title(found)}: no NetworkPolicy holds in the host's network"
        driver = containers(spec)[0]
        both_ways = {
            mount["name"]
            for mount in driver["volumeMounts"]
            if mount.get("mountPropagation") == "Bidirectional"
        }
        if both_ways != {"pods", "staging"}:
            yield f"{title(found)}: what reaches the host is {sorted(both_ways)}"


def tokens(found_objects):
    """Sidecars alone hold a token of the API, and only where their account has rights."""
    bound = bound_accounts(found_objects)
    for found, spec in pod_templates(found_objects):
        name = title(found)
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{name}: mounts a token into every container"
        holders = [
            container["name"]
            for container in containers(spec)
            if any(mount["mountPath"] == TOKEN_FOLDER for mount in container["volumeMounts"])
        ]
        if not set(holders) <= {"provisioner", "resizer", "snapshotter"}:
            yield f"{name}: {holders} hold a token"
        for container in containers(spec):
            for mount in container["volumeMounts"]:
                if mount["name"] == "api-token" and container["name"] not in holders:
                    yield f"{name}: {container['name']} mounts the token elsewhere"
        if bool(holders) != (spec["serviceAccountName"] in bound):
            yield f"{name}: holders of tokens {holders}, but rights of {sorted(bound)}"
    for found in found_objects:
        if found["kind"] == "ServiceAccount" and found.get("automountServiceAccountToken") is not False:
            yield f"{title(found)}: gives a token to whoever runs as it"


def bound_accounts(found_objects):
    accounts = set()
    for found in found_objects:
        if found["kind"] in ("RoleBinding", "ClusterRoleBinding"):
            accounts |= {subject["name"] for subject in found["subjects"]}
    return accounts


def rights(found_objects):
    """No wildcard, no secret, and every role is bound."""
    bound = {
        (found["roleRef"]["kind"], found["roleRef"]["name"])
        for found in found_objects
        if found["kind"] in ("RoleBinding", "ClusterRoleBinding")
    }
    for found in found_objects:
        if found["kind"] not in ("Role", "ClusterRole"):
            continue
        if (found["kind"], found["metadata"]["name"]) not in bound:
            yield f"{title(found)}: nobody has it"
        for rule in found["rules"]:
            if "*" in rule["apiGroups"] + rule["resources"] + rule["verbs"]:
                yield f"{title(found)}: a wildcard"
            if "secrets" in rule["resources"]:
                yield f"{title(found)}: reads Secrets"


def complete(found_objects):
    """Probes, names of ports, requests and limits, and an image with a tag or a digest, for each container."""
    for _, _, container, name in each_container(found_objects):
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container.get(probe, {}).get("httpGet", {}).get("port")
            if asked not in [port["name"] for port in container.get("ports", [])]:
                yield f"{name}: has no {probe} at a port of its own"
        for port in container.get("ports", []):
            # The API server's limit, of which the schemas say nothing.
            if len(port["name"]) > 15:
                yield f"{name}: the name of port {port['name']} has more than 15 characters"
        resources = container.get("resources", {})
        if not {"cpu", "memory"} <= set(resources.get("requests", {})):
            yield f"{name}: requests no processor or no memory"
        if "memory" not in resources.get("limits", {}):
            yield f"{name}: has no limit of memory"
        if not re.search(r"[^/]+(:[\w.-]+|@sha256:[0-9a-f]{64})$", container["image"]):
            yield f"{name}: image {container['image']} has no tag and no digest"
        used = {volume["name"] for volume in container["volumeMounts"]}
        if len(used) != len(container["volumeMounts"]):
            yield f"{name}: mounts a volume twice"
    for found, spec in pod_templates(found_objects):
        mounted = {mount["name"] for container in containers(spec) for mount in container["volumeMounts"]}
        if mounted != {volume["name"] for volume in spec["volumes"]}:
            yield f"{title(found)}: volumes and mounts differ"


def ports(found_objects):
    """Each port of a pod is in a NetworkPolicy, and each port of a policy is one of a pod."""
    policies = [found for found in found_objects if found["kind"] == "NetworkPolicy"]
    if not policies:
        return
    for found, spec in pod_templates(found_objects):
        labels = found["spec"]["template"]["metadata"]["labels"]
        # Those that only kubelet asks, which is on the node and so let in.
        used = {
            port["containerPort"]
            for container in containers(spec)
            for port in container.get("ports", [])
            if not port["name"].endswith("-health")
        }
        opened, kinds = set(), set()
        for policy in policies:
            if policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items():
                kinds |= set(policy["spec"]["policyTypes"])
                for rule in policy["spec"].get("ingress", []):
                    if not rule.get("from"):
                        yield f"{title(policy)}: lets everybody in"
                    opened |= {port["port"] for port in rule["ports"]}
        if kinds != {"Ingress", "Egress"}:
            yield f"{title(found)}: open but for {sorted(kinds)}"
        if used != opened:
            yield f"{title(found)}: listens at {sorted(used)}, and {sorted(opened)} are let in"


def outgoing(found_objects):
    """Where a pod may call: the port of the cluster, DNS, and the API only for those with a token."""
    accounts = bound_accounts(found_objects)
    policies = [found for found in found_objects if found["kind"] == "NetworkPolicy"]
    for found, spec in pod_templates(found_objects):
        labels = found["spec"]["template"]["metadata"]["labels"]
        called = set()
        for policy in policies:
            if policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items():
                for rule in policy["spec"].get("egress", []):
                    called |= {port["port"] for port in rule["ports"]}
        api = called - {53, 5353, 9810}
        if policies and bool(api) != (spec["serviceAccountName"] in accounts):
            yield f"{title(found)}: may call {sorted(called)}"


def names(found_objects):
    """Labels on everything, one object of each name, and Services that find a port."""
    seen = set()
    for found in found_objects:
        key = (found["apiVersion"], title(found))
        if key in seen:
            yield f"{title(found)}: stands twice"
        seen.add(key)
        labels = found["metadata"].get("labels", {})
        for label in ("name", "instance", "component", "part-of", "version", "managed-by"):
            if f"app.kubernetes.io/{label}" not in labels:
                yield f"{title(found)}: has no label app.kubernetes.io/{label}"
        if found["kind"] == "Service" and not service_targets(found, found_objects):
            yield f"{title(found)}: no pod has its labels and ports"


def service_targets(service, found_objects):
    wanted = {port["targetPort"] for port in service["spec"]["ports"]}
    for found, spec in pod_templates(found_objects):
        labels = found["spec"]["template"]["metadata"]["labels"]
        given = {port["name"] for one in containers(spec) for port in one.get("ports", [])}
        if service["spec"]["selector"].items() <= labels.items() and wanted <= given:
            return True
    return False


def storage(found_objects):
    """The driver's object as the driver needs it, and classes that fit the tiers."""
    driver = next(found for found in found_objects if found["kind"] == "CSIDriver")
    wanted = {
        "attachRequired": False,
        "storageCapacity": True,
        "podInfoOnMount": True,
        "fsGroupPolicy": "File",
        "seLinuxMount": True,
        "requiresRepublish": False,
    }
    for key, value in wanted.items():
        if driver["spec"].get(key) != value:
            yield f"{title(driver)}: {key} is {driver['spec'].get(key)}"
    if driver["spec"]["volumeLifecycleModes"] not in (["Persistent", "Ephemeral"], ["Persistent"]):
        yield f"{title(driver)}: volumeLifecycleModes {driver['spec']['volumeLifecycleModes']}"
    classes = [found for found in found_objects if found["kind"] == "StorageClass"]
    for found in classes:
        if found["provisioner"] != driver["metadata"]["name"]:
            yield f"{title(found)}: is of another driver"
        if found["volumeBindingMode"] != "WaitForFirstConsumer" or not found["allowVolumeExpansion"]:
            yield f"{title(found)}: binds at once, or does not grow"
    tiers = {
        tier["name"]
        for found in found_objects
        if found["kind"] == "ConfigMap" and "tiers.yaml" in found["data"]
        for tier in yaml.safe_load(found["data"]["tiers.yaml"])["tiers"]
    }
    if classes and {found["parameters"]["tier"] for found in classes} != tiers:
        yield f"classes are not those of the tiers {sorted(tiers)}"
    if sum("annotations" in found["metadata"] for found in classes) > 1:
        yield "two classes are the default one"


def monitors(found_objects):
    """A monitor asks ports that its pods have."""
    for found in found_objects:
        if found["kind"] != "PodMonitor":
            continue
        wanted = {endpoint["port"] for endpoint in found["spec"]["podMetricsEndpoints"]}
        for owner, spec in pod_templates(found_objects):
            labels = owner["spec"]["template"]["metadata"]["labels"]
            if found["spec"]["selector"]["matchLabels"].items() <= labels.items():
                given = {port["name"] for one in containers(spec) for port in one["ports"]}
                if not wanted <= given:
                    yield f"{title(found)}: {title(owner)} lacks {sorted(wanted - given)}"


ALL = {
    "only the node's driver is privileged": restricted,
    "the controller has nothing of the host, and a node one driver": host_access,
    "only sidecars hold a token": tokens,
    "no right is a wildcard, and each is given": rights,
    "every container has probes, limits and a fixed image": complete,
    "every port is in a NetworkPolicy, and every policy's port is used": ports,
    "only who has a token may call the API": outgoing,
    "every object has labels and a name of its own": names,
    "the driver's object and the classes fit the driver": storage,
    "every monitor finds its ports": monitors,
}
