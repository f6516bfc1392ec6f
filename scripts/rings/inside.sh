# The part of a ring that runs within its namespaces or its guest. Sourced, never run.
# shellcheck shell=bash
set -euo pipefail

# swift_tests RING: runs the tests of a ring from the products that stand built.
swift_tests() {
    local arguments=(--skip-build --disable-xctest --filter "^(${ring_targets[$1]})Tests\.")
    # Drivers in namespaces of their own would hold the mounts of suites that run at the same time,
    # and tests of the whole kernel's state would see each other.
    case $1 in host | backend | faults | cli) arguments+=(--no-parallel) ;; esac
    # Without a limit all tests begin at once, and the time limit of each runs while it waits for a
    # processor. Most of the other rings wait for programs, so they gain by beginning early.
    [[ $1 != unit ]] || export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8
    swift test "${arguments[@]}"
}

# The same in the guest, where starting programs is slow: the bundle of tests is a program itself.
# CAIRN_GUEST_TESTS holds the options that choose tests, CAIRN_GUEST_SECONDS a limit for them.
guest_tests() {
    local chosen tests code=0
    read -r -a chosen <<<"$CAIRN_GUEST_TESTS"
    "$CAIRN_TEST_BUNDLE" --testing-library swift-testing --no-parallel "${chosen[@]}" &
    tests=$!
    if ! timeout "$CAIRN_GUEST_SECONDS" tail --pid="$tests" --follow /dev/null; then
        tell_hang
        kill -KILL "$tests"
        return 124
    fi
    wait "$tests" || code=$?
    return "$code"
}

# What waits in the kernel, and its last words: no test can say why it does not go on.
tell_hang() {
    local task state
    echo "HANG: the tests have not ended after $CAIRN_GUEST_SECONDS s; what waits in the kernel:"
    for task in /proc/[0-9]*/task/[0-9]*; do
        state=$(awk '/^State:/ { print $2 }' "$task/status" 2>/dev/null) || continue
        [[ $state == D ]] || continue
        echo "$task $(tr '\0' ' ' <"$task/cmdline") $(<"$task/comm")"
        cat "$task/stack"
    done
    dmesg | tail -n 80
}

mount_points() {
    awk '{ print $5 }' /proc/self/mountinfo | sort
}

# Processes of this process namespace beside this script and its pipes.
other_processes() {
    local directory words
    for directory in /proc/[0-9]*; do
        [[ ${directory##*/} != 1 && ${directory##*/} != "$$" ]] || continue
        [[ ${directory##*/} != "$BASHPID" ]] || continue
        { mapfile -d '' words <"$directory/cmdline"; } 2>/dev/null || continue
        # Threads of the kernel have no words.
        ((${#words[@]} == 0)) || echo -n "${words[*]} "
    done
}

# The part of a ring that runs inside its namespaces, or its guest.
run_inside() {
    local before after left code=0
    before=$(mount_points)
    if [[ $1 == lvm ]]; then guest_tests || code=$?; else swift_tests "$1" || code=$?; fi
    after=$(mount_points)
    left=$(comm -13 <(echo "$before") <(echo "$after"))
    [[ -z $left ]] || echo "LEFT BEHIND: mounts at ${left//$'\n'/ }"
    left=$(other_processes)
    [[ -z $left ]] || echo "LEFT BEHIND: processes $left"
    if [[ $1 == lvm ]]; then
        left=$(dmsetup ls && loop_devices)
        [[ $left == "No devices found" ]] || echo "LEFT BEHIND: devices ${left//$'\n'/, }"
    fi
    return "$code"
}
