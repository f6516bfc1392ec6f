#!/usr/bin/env bash
# Runs random calls of eight callers against the real binary, on an XFS and an ext4 pool side by
# side, while it is killed with SIGKILL again and again; compares every answer and every byte with
# what must be true. Ends with a non-zero code where anything was not.
#
# usage: scripts/soak.sh [--cluster] [--seconds N] [--seed N]
#
#   --cluster   calls to a cluster of two controllers and three nodes, each in a network namespace,
#               while they are killed and stopped, cables pulled and packets dropped
#   --seconds   how long the callers call        (default: 600)
#   --seed      which decisions they take        (default: 1)
#
# The same seed repeats the decisions of every caller and the pauses between the kills; how the
# calls of different callers interleave is up to the machine. Needs root.
set -euo pipefail
source "$(dirname "$0")/common.sh"

seconds=600
seed=1
tests='^CrashTests\..?A soak on'
first='^soak on '
while (($#)); do
    case $1 in
        --cluster) tests='^ClusterSoakTests\.' first='^soak of a cluster' && shift ;;
        --seconds) seconds=${2:?} && shift 2 ;;
        --seed) seed=${2:?} && shift 2 ;;
        *) usage && exit 2 ;;
    esac
done

require_root "the soak"
require_swift
swift build --build-tests
CAIRN_BINARY=${CAIRN_BINARY:-$(swift build --show-bin-path)/cairn}
export CAIRN_BINARY CAIRN_SOAK_SECONDS=$seconds CAIRN_SOAK_SEED=$seed
log=.build/soak.log
code=0
unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
    swift test --skip-build --disable-xctest --filter "$tests" 2>&1 |
    tee "$log" || code=$?
grep -q "$first" "$log" || die "no soak ran"
exit "$code"
