# The rows of the table of rings: what a log says, and the sum of all. Sourced, never run.
# shellcheck shell=bash
set -euo pipefail

: "${logs:?the folder of logs}"
total_passed=0
total_failed=0
# Where the row of the running ring begins.
began=0
processor_before=0

begin() {
    began=$SECONDS
    processor_before=$(processor_seconds)
}

# Seconds that processors have worked for what this script ran and waited for.
processor_seconds() {
    awk -v ticks="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); printf "%d", ($14 + $15) / ticks }' \
        /proc/$$/stat
}

# report RING PASSED FAILED NOTE: one row, and its share of the sum.
report() {
    local processor
    processor=$(($(processor_seconds) - processor_before))
    printf '%-12s %5d passed %4d failed  %5d s  %5d s CPU  %s\n' \
        "$1" "$2" "$3" $((SECONDS - began)) "$processor" "$4"
    total_passed=$((total_passed + $2))
    total_failed=$((total_failed + $3))
}

# Shows what failed, and keeps quiet about what did not.
show_failures() {
    sed -n '/^HANG: /,$p' "$1" | head -n 200
    grep -A 6 -E '^(✘|➜) |^LEFT BEHIND|^error:|Fatal error:' "$1" | grep -vE '^(✔|◇)' || tail -n 40 "$1"
}

# count PATTERN FILE
count() {
    grep -cE -- "$1" "$2" || true
}

# judge RING LOG CODE: reads the log of Swift Testing, which alone knows what ran.
judge() {
    local ring=$1 log=$2 code=$3 passed failed skipped notes=()
    passed=$(count '^\S+ Test .* passed after [0-9.]+ seconds' <(grep -v ' Test run with ' "$log"))
    failed=$(count '^\S+ Test .* failed after [0-9.]+ seconds' <(grep -v ' Test run with ' "$log"))
    skipped=$(count '^\S+ Test .* (skipped[:.]|was cancelled after)' "$log")

    ((skipped == 0)) || notes+=("$skipped skipped")
    ((passed + failed > 0)) || notes+=("no test ran")
    grep -q ' Test run with ' "$log" || notes+=("the run ended early")
    ! grep -q '^LEFT BEHIND' "$log" || notes+=("something was left behind")
    [[ $code -ne 124 && $code -ne 137 ]] || notes+=("stopped after $ring_limit_seconds s")
    ((code == 0 || failed > 0 || ${#notes[@]})) || notes+=("ended with code $code")

    failed=$((failed + ${#notes[@]}))
    ((failed == 0)) || show_failures "$log"
    report "$ring" "$passed" "$failed" "$(IFS=';' && echo "${notes[*]-}")"
}

# report_sum RING LOG: the row of a script whose last line is "N passed, N failed".
report_sum() {
    local counts
    counts=$(tail -n 1 "$2")
    if [[ $counts =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        report "$1" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" ""
    else
        report "$1" 0 1 "it did not come to its end; the log is $2"
    fi
}

# The tests that took longest, from the logs of the rings that ran.
# shellcheck disable=SC2154 # rings is the list of test.sh
slowest() {
    local ring log
    for ring in "${rings[@]}"; do
        for log in "$logs/$ring.log" "$logs/guest-"*.log; do
            [[ -f $log && ($log == */"$ring".log || $ring == lvm) ]] || continue
            sed -nE "s/^\S+ Test (.*) (passed|failed) after ([0-9.]+) seconds.*/\3 $ring \1/p" "$log"
        done
    done | grep -v ' Test run with \| run with ' | sort --numeric-sort --reverse | head -n 10 |
        awk '{ time = $1; ring = $2; $1 = $2 = ""; printf "%8.1f s  %-12s%s\n", time, ring, $0 }'
}

# Prints the slowest tests and the sum, and ends the script.
finish() {
    local slow
    slow=$(slowest || true)
    [[ -z $slow ]] || printf 'the slowest tests:\n%s\n' "$slow"
    echo "$total_passed passed, $total_failed failed"
    exit $((total_failed > 0))
}
