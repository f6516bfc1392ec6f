"""The certificates that the chart makes, and that an upgrade keeps them."""

import base64
import subprocess
import tempfile

from cluster import upgrade
from rendering import objects

OWNED = {"meta.helm.sh/release-name": "cairn", "meta.helm.sh/release-namespace": "storage"}
ROLES = {"controller": "controller.cairn.storage", "node": "node.cairn.storage"}


def made(secrets, *arguments):
    """The Secrets that Helm makes on a cluster that has these, by their names."""
    folder = "/api/v1/namespaces/storage/secrets"
    rendered = upgrade({f"{folder}/{name}": secret for name, secret in secrets.items()}, *arguments)
    if rendered.returncode:
        raise RuntimeError(rendered.stderr)
    found = [one for one in objects(rendered.stdout) if one["kind"] == "Secret"]
    for secret in found:
        # As Helm does it when it makes them.
        secret["metadata"].setdefault("annotations", {}).update(OWNED)
    return {secret["metadata"]["name"]: secret for secret in found}


def file(secret, key):
    return base64.b64decode(secret["data"][key]).decode()


def certificate_problems(secret, authority, name):
    """What openssl says of one."""
    with tempfile.TemporaryDirectory() as folder:
        for key, text in (("tls.crt", file(secret, "tls.crt")), ("ca.crt", file(secret, "ca.crt"))):
            with open(f"{folder}/{key}", "w") as out:
                out.write(text)
        for purpose in ("sslclient", "sslserver"):
            checked = openssl("verify", "-CAfile", f"{folder}/ca.crt", "-purpose", purpose, f"{folder}/tls.crt")
            if checked.returncode:
                yield f"{name}: {checked.stderr}"
        shown = openssl("x509", "-in", f"{folder}/tls.crt", "-noout", "-text").stdout
    names = [word.strip().removeprefix("DNS:") for line in shown.splitlines() if "DNS:" in line for word in line.split(",")]
    if names != [ROLES[name]]:
        yield f"{name}: the names are {names}"
    if file(secret, "ca.crt") != file(authority, "tls.crt"):
        yield f"{name}: ca.crt is not the authority's"


def ends_within(secret, days):
    with tempfile.NamedTemporaryFile("w") as out:
        out.write(file(secret, "tls.crt"))
        out.flush()
        checked = openssl("x509", "-in", out.name, "-noout", "-checkend", str(days * 86400))
    return checked.returncode != 0


def openssl(*words):
    return subprocess.run(["openssl", *words], capture_output=True, text=True)


def problems():
    first = made({})
    authority = "cairn-authority"
    pairs = {role: f"cairn-{role}-tls" for role in ROLES}
    if set(first) != {authority, *pairs.values()}:
        yield f"the Secrets are {sorted(first)}"
        return
    for role, secret in pairs.items():
        yield from certificate_problems(first[secret], first[authority], role)
    kept = made(first)
    if {name: secret["data"] for name, secret in kept.items()} != {
        name: secret["data"] for name, secret in first.items()
    }:
        yield "an upgrade makes new certificates"
    renewed = made(first, "--set", "certificates.chart.generation=2")
    if file(renewed[authority], "tls.crt") != file(first[authority], "tls.crt"):
        yield "a new generation has another authority"
    for role, secret in pairs.items():
        if file(renewed[secret], "tls.key") == file(first[secret], "tls.key"):
            yield f"a new generation keeps the key of {role}"
        yield from certificate_problems(renewed[secret], first[authority], role)
    again = made(renewed, "--set", "certificates.chart.generation=2")
    if again[pairs["node"]]["data"] != renewed[pairs["node"]]["data"]:
        yield "the second upgrade to a generation makes new certificates"
    for name, secret in first.items():
        if secret["metadata"]["annotations"].get("helm.sh/resource-policy") != "keep":
            yield f"{name} goes with a change of certificates.source"
    short = made({}, "--set", "certificates.chart.authorityDays=10", "--set", "certificates.chart.days=100")
    if ends_within(short[pairs["node"]], days=9) or not ends_within(short[pairs["node"]], days=11):
        yield "a certificate does not end with its authority"
    if made(first, "--set", "certificates.source=certManager"):
        yield "cert-manager's certificates are the chart's"
