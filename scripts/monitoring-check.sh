#!/usr/bin/env bash
# Checks deploy/monitoring: the alert rules on series that fire and series that do not, the dashboard,
# the objects of the Prometheus Operator, and that every metric they use is one of the driver's.
#
# usage: scripts/monitoring-check.sh [--write]
#
#   --write   writes the rules into deploy/monitoring/operator.yaml, and checks nothing
#
# promtool is that of PATH; where there is none, it is taken out of Debian's package prometheus, which
# is fetched and not installed, since it would start a server: ~/.cache/cairn-promtool (or
# $CAIRN_PROMTOOL_DIR). The last line is "N passed, N failed".
set -euo pipefail
source "$(dirname "$0")/common.sh"

cache=${CAIRN_PROMTOOL_DIR:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/cairn-promtool}

fetch_promtool() {
    local work
    mkdir -p "$cache"
    work=$(mktemp --directory "$cache/new.XXXXXX")
    (
        cd "$work"
        apt-get --quiet --quiet update
        # The sandbox of apt may not write here.
        apt-get --quiet --quiet -o APT::Sandbox::User=root download prometheus
        dpkg-deb --extract ./*.deb .
    ) >&2
    mv "$work/usr/bin/promtool" "$cache/promtool"
    rm -r -- "$work"
}

case "${1:-}" in
    "") ;;
    --write)
        scripts/install-dependencies.sh --monitoring >&2
        exec python3 scripts/monitoring/check.py --write
        ;;
    *) usage && exit 2 ;;
esac
scripts/install-dependencies.sh --monitoring >&2
promtool=$(command -v promtool || true)
if [[ -z $promtool ]]; then
    promtool=$cache/promtool
    [[ -x $promtool ]] || fetch_promtool
fi
exec python3 scripts/monitoring/check.py --promtool "$promtool"
