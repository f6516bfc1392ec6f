# Checks of a running thing, a line for each. Sourced, never run, by scripts that have set
# check_output to a file that may be overwritten.
# shellcheck shell=bash
set -euo pipefail

: "${check_output:?a file for the output of a check}"
passed=0
failed=0

# check SENTENCE COMMAND...: the command succeeds. It runs in this shell, which alone can wait for
# the processes that it has started.
check() {
    local sentence=$1
    shift
    if "$@" >"$check_output" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $sentence"
    else
        failed=$((failed + 1))
        echo "FAIL  $sentence"
        sed 's/^/      /' "$check_output"
    fi
}

# eventually COMMAND...: the command succeeds within 60 s.
eventually() {
    local i
    for ((i = 0; i < 300; i++)); do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.2
    done
    "$@"
}

# The last line of such a script; fails where a check has failed.
sum_up() {
    echo "$passed passed, $failed failed"
    [[ $failed -eq 0 ]]
}
