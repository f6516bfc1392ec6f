#!/usr/bin/env bash
# Checks the Helm chart, the manifests and the examples of deploy/, without a cluster.
#
# usage: scripts/chart-check.sh
#
# It renders the chart with each table of values in deploy/chart/ci, and checks every object against the
# schemas of Kubernetes and against rules of the house (scripts/chart/rules.py). The flags that the
# chart passes, the tiers files that it makes and the commands in the documentation are tried with the
# real binary: $CAIRN_BINARY, else the debug build. The last line is "N passed, N failed".
set -euo pipefail
source "$(dirname "$0")/common.sh"
source scripts/chart/tools.sh

scripts/install-dependencies.sh --chart
find_chart_tools
CAIRN_BINARY=${CAIRN_BINARY:-$PWD/.build/debug/cairn}
[[ -x $CAIRN_BINARY ]] || die "there is no $CAIRN_BINARY: build it, or name one with CAIRN_BINARY"
export CAIRN_BINARY

# Helm must not find a cluster, or a plug-in, of the person who runs this.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HELM_CONFIG_HOME=$work HELM_CACHE_HOME=$work HELM_DATA_HOME=$work KUBECONFIG=$work/none
export PYTHONDONTWRITEBYTECODE=1
"$chart_tools/python/bin/python" scripts/chart/check.py
