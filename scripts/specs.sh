# What a run of csi-sanity has told. Sourced, never run.
# shellcheck shell=bash
set -euo pipefail

# count_specs LOG CODE: sets passed, failed and skipped, and adds to notes what makes the run a failure.
#
# Specs of absent capabilities may panic behind their skip: they are no failure to csi-sanity and are
# counted nowhere in its last line.
# shellcheck disable=SC2034 # skipped and notes are the caller's
count_specs() {
    local counts
    passed=0 failed=0 skipped=0
    counts=$(grep -E '^(SUCCESS|FAIL)! -- ' "$1" || true)
    if [[ $counts =~ \ ([0-9]+)\ Passed.*\ ([0-9]+)\ Failed.*\ ([0-9]+)\ Skipped ]]; then
        passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]} skipped=${BASH_REMATCH[3]}
    else
        notes+=("csi-sanity did not finish")
    fi
    ((passed + failed > 0)) || notes+=("no spec ran")
    (($2 == 0 || failed > 0)) || notes+=("csi-sanity ended with code $2")
}
