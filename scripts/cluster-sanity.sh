#!/usr/bin/env bash
# Runs an installed csi-sanity against a cluster of scripts/cluster.sh: Controller calls go through a
# controller, Node calls to n1, with three nodes behind the controller. Prints one row a run.
#
# usage: scripts/cluster-sanity.sh [--access LIST] [--seeds LIST] [--logs DIR]
#
#   --access   mount, block or both                                    (default: both)
#   --seeds    orders in which the specs run, as numbers; several in quotes
#                                                                      (default: five random ones)
#   --logs     a new directory for the logs of failures                (default: one in /tmp)
#
# n1 is by far the roomiest node, so every volume goes there: csi-sanity knows no topology and stages
# each volume at its one node endpoint.
#
# csi-sanity is looked for in $CSI_SANITY, then on PATH; without it the script ends with 3. The
# binary under test is $CAIRN_BINARY, or built where that is not set. Needs root. The last line is
# "N passed, N failed"; a run fails, too, when it leaves a volume, a snapshot or a mount behind.
set -euo pipefail
given=("$@")
source "$(dirname "$0")/common.sh"
source scripts/specs.sh

sanity=${CSI_SANITY:-$(command -v csi-sanity || true)}
accesses=both
seeds=""
kept_logs=""
while (($#)); do
    case $1 in
        --access) accesses=${2:?--access needs a list} && shift 2 ;;
        --seeds) seeds=${2:?--seeds needs a list} && shift 2 ;;
        --logs) kept_logs=$(realpath -m "${2:?--logs needs a folder}") && shift 2 ;;
        *) usage && exit 2 ;;
    esac
done
[[ $accesses != both ]] || accesses="mount block"
[[ -n $seeds ]] || seeds="$RANDOM $RANDOM $RANDOM $RANDOM $RANDOM"

if [[ ! -x $sanity ]]; then
    echo "csi-sanity was not found: see scripts/csi-sanity.sh"
    exit 3
fi
require_root "loop devices and mounts"

# The rest is the command of a cluster, in namespaces of its own.
if [[ -z ${CAIRN_CLUSTER:-} ]]; then
    exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
        scripts/cluster.sh --size "2T 4G" -- "$PWD/scripts/cluster-sanity.sh" "${given[@]}"
fi

folder=$CAIRN_CLUSTER
kept_logs=${kept_logs:-$folder.logs}
bytes=$((1024 * 1024 * 1024))
total_passed=0
total_failed=0
keep() {
    ((total_failed > 0)) || return 0
    mkdir -p "$kept_logs"
    cp "$folder"/*.log "$kept_logs/"
    echo "logs: $kept_logs" >&2
}
trap keep EXIT

# What must not be there when a run is over, and is taken away for the next one.
leftovers() {
    local target
    cairn volume list | grep -o 'v1-[0-9a-f-]*' | sed 's/^/volume: /' || true
    cairn snapshot list | grep -o 's1-[0-9a-f-]*' | sed 's/^/snapshot: /' || true
    while IFS= read -r target; do
        echo "mounted: $target"
        umount "$target"
    done < <(awk -v root="$folder/n1/kubelet/" 'index($5, root) == 1 { print $5 }' \
        /proc/self/mountinfo | sort -r)
}

# run ACCESS SEED
run() {
    local access=$1 seed=$2 log=$folder/sanity-$1-$2.log code=0 notes=() left
    local passed=0 failed=0 skipped=0 began=$SECONDS
    "$sanity" --csi.endpoint "unix://$folder/n1.sock" \
        --csi.controllerendpoint "unix://$folder/controller-1.sock" \
        --csi.mountdir "$folder/n1/kubelet/target" --csi.stagingdir "$folder/n1/kubelet/staging" \
        --csi.testvolumeaccesstype "$access" \
        --csi.testvolumesize "$bytes" --csi.testvolumeexpandsize $((2 * bytes)) \
        --ginkgo.randomize-all --ginkgo.seed "$seed" --ginkgo.no-color --ginkgo.timeout 10m \
        >"$log" 2>&1 || code=$?
    left=$(leftovers 2>&1) || notes+=("the cluster does not list what it has")
    count_specs "$log" "$code"
    [[ -z $left ]] || notes+=("left behind: ${left//$'\n'/, }")
    failed=$((failed + ${#notes[@]}))
    printf '%-8s %-6s %5s %7d %7d %8d %5d s  %s\n' cluster "$access" "$seed" "$passed" \
        "$failed" "$skipped" $((SECONDS - began)) "$(IFS=';' && echo "${notes[*]-}")"
    grep -E '^ +\[(FAIL|PANICKED|TIMEDOUT|INTERRUPTED)\]' "$log" || true
    total_passed=$((total_passed + passed))
    total_failed=$((total_failed + failed))
}

printf '%-8s %-6s %5s %7s %7s %8s %7s\n' nodes access seed passed failed skipped time
for access in $accesses; do
    for seed in $seeds; do run "$access" "$seed"; done
done
echo "$total_passed passed, $total_failed failed"
((total_failed == 0))
