# Where the tools of the chart's checks are. Sourced after common.sh, never run.
# shellcheck shell=bash
set -euo pipefail

chart_tools=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/cairn-tools

# Sets HELM and KUBECTL: a helm 4 of the machine, else what scripts/fetch-chart-tools.sh has brought.
find_chart_tools() {
    HELM=$(command -v helm || true)
    [[ -n $HELM && $("$HELM" version --short 2>/dev/null) == v4.* ]] || HELM=$chart_tools/helm
    KUBECTL=$chart_tools/kubectl
    export HELM KUBECTL
    [[ -x $HELM && -x $KUBECTL ]] ||
        die "there is no helm 4: scripts/install-dependencies.sh --chart fetches one"
}
