"""A stand-in for the API server, at which Helm looks for what a cluster already has."""

import http.server
import json
import threading

from rendering import CHART, helm_template, render

NOT_FOUND = {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}
def discovery(found_objects):
    """What an API server says of the kinds of these objects, by path."""
    kinds = {("v1", "Secret"), ("v1", "PersistentVolume")} | {(found["apiVersion"], found["kind"]) for found in found_objects}
    groups = sorted({version for version, _ in kinds if "/" in version})
    pages = {
        "/version": {"major": "1", "minor": "36", "gitVersion": "v1.36.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group(one) for one in groups]},
    }
    for version in {version for version, _ in kinds}:
        path = f"/apis/{version}" if "/" in version else f"/api/{version}"
        pages[path] = {
            "kind": "APIResourceList",
            "groupVersion": version,
            "resources": [
                {"name": plural(kind), "namespaced": True, "kind": kind, "verbs": ["get"]}
                for of, kind in kinds
                if of == version
            ],
        }
    return pages


def plural(kind):
    return kind.lower() + ("es" if kind.endswith("s") else "s")


def group(version):
    name, _, number = version.partition("/")
    served = {"groupVersion": version, "version": number}
    return {"name": name, "versions": [served], "preferredVersion": served}


class Cluster:
    """Serves objects, by their paths, as long as it is open."""

    def __init__(self, served):
        pages = discovery(render() + render(CHART / "ci" / "cert-manager-values.yaml"))

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path.partition("?")[0]
                found = pages.get(path) or served.get(path)
                body = json.dumps(found or NOT_FOUND)
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def upgrade(served, *arguments):
    """Renders the chart as an upgrade does on a cluster that has these objects, by their paths."""
    with Cluster(served) as cluster:
        return helm_template(
            "--dry-run=server", "--disable-openapi-validation", "--kube-apiserver", cluster.address, *arguments
        )
