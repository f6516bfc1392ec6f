#!/usr/bin/env bash
# Installs what is missing, builds, and runs every check and every test of Cairn.
#
# usage: scripts/test.sh [--ring NAME]...
#
#   --ring NAME   only this ring; may be given several times. The rings, in their order:
#                 soundness     rules of the house, without a build
#                 unit          tests that need neither root nor devices
#                 host          system calls, mounts and loop devices of the real kernel
#                 backend       volumes on real ext4, xfs and btrfs pools
#                 conformance   our CSI client against the real binary, over its socket
#                 cli           each command of the real binary, as people and scripts run it
#                 faults        broken disks, damaged files, strangers and bad input
#                 crash         the same binary killed, or failing, at every step, and a short soak
#                 lvm           device mapper and LVM, in the guest of scripts/vm, and csi-sanity
#                               there where it is installed
#                 powercut      a node with tiers of all kinds reset under load, in the guest again
#                 fuzz          a minute of fuzzing of what reads bytes from outside, after a build
#                 sanity        csi-sanity against the real binary, where csi-sanity is installed
#
# The rings from host on need root, but for fuzz. Each runs in its own mount and process namespace,
# so whatever a broken test leaves there dies with it; what it left is a failure all the same, and
# so are a skipped test, a ring without tests, and a loop device that stays behind. The rings lvm
# and powercut boot a guest, and look there for what was left; elsewhere their tests fail.
#
# The last line is "N passed, N failed", summed over the rings. Logs: .build/test-logs/RING.log
set -euo pipefail
source "$(dirname "$0")/common.sh"

all_rings=(soundness unit host backend conformance cli faults crash lvm powercut fuzz sanity)
logs=.build/test-logs
# Far above what a ring needs, so that a hang ends as a failure.
ring_limit_seconds=900
# The targets whose tests run in the guest of scripts/vm; those of BackendLVM run nowhere else.
guest_targets='BackendLVM|BackendContract'
namespace=(unshare --mount --propagation private --pid --fork --kill-child --mount-proc)

total_passed=0
total_failed=0
child=""
beside=""
trap 'kill $child $beside 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# swift_tests RING: runs the tests of a ring from the products that stand built.
swift_tests() {
    local arguments=(--skip-build --disable-xctest)
    case $1 in
        unit) arguments+=(--skip "^(HostPrivileged|CSIServicesPrivileged|BackendLoop|Conformance|CommandLine|Fault|Crash|PowerCut|$guest_targets)Tests\.") ;;
        host) arguments+=(--filter '^(HostPrivileged|CSIServicesPrivileged)Tests\.' --no-parallel) ;;
        backend) arguments+=(--filter '^(BackendLoop|BackendContract)Tests\.' --no-parallel) ;;
        conformance) arguments+=(--filter '^ConformanceTests\.') ;;
        crash) arguments+=(--filter '^CrashTests\.') ;;
        cli) arguments+=(--filter '^CommandLineTests\.') ;;
        # Drivers in namespaces of their own would hold the mounts of suites beside them.
        faults) arguments+=(--filter '^FaultTests\.' --no-parallel) ;;
    esac
    swift test "${arguments[@]}"
}

# The same in the guest, where starting programs is slow: the bundle of tests is a program itself.
guest_tests() {
    "$CAIRN_TEST_BUNDLE" --testing-library swift-testing --no-parallel \
        --filter "^(${CAIRN_GUEST_TARGETS:-$guest_targets})Tests\."
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

# The part of a privileged ring that runs inside its namespaces, or its guest.
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

loop_devices() {
    losetup --list --noheadings --raw --output NAME,BACK-INO,BACK-FILE | sort
}

# report RING PASSED FAILED NOTE: one row, and its share of the sum.
report() {
    printf '%-12s %5d passed %4d failed  %5d s  %s\n' "$1" "$2" "$3" $((SECONDS - began)) "$4"
    total_passed=$((total_passed + $2))
    total_failed=$((total_failed + $3))
}

# Shows what failed, and keeps quiet about what did not.
show_failures() {
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

# The binary, the tests, and no import that Package.swift does not name.
build() {
    local log=$logs/build.log
    began=$SECONDS
    if ! swift build --build-tests --explicit-target-dependency-import-check error >"$log" 2>&1; then
        cat "$log"
        report build 0 1 "nothing else can run"
        finish
    fi
    report build 0 0 ""
    CAIRN_BINARY=${CAIRN_BINARY:-$(swift build --show-bin-path)/cairn}
    export CAIRN_BINARY
}

# Runs a command that ends with its time limit, and with this script when that is stopped.
limited() {
    timeout --kill-after=30 "$ring_limit_seconds" "$@" &
    child=$!
    wait "$child"
}

run_soundness() {
    local log=$logs/soundness.log
    scripts/soundness.sh >"$log" 2>&1 || true
    cat "$log"
    local passed failed
    passed=$(count '^ok ' "$log")
    failed=$(count '^FAIL ' "$log")
    ((passed + failed > 0)) || failed=1
    report soundness "$passed" "$failed" ""
}

run_unit() {
    local log=$logs/unit.log code=0
    limited "$0" --inside unit >"$log" 2>&1 || code=$?
    judge unit "$log" "$code"
}

run_privileged() {
    local ring=$1 log=$logs/$1.log code=0 before left
    require_root "the ring $ring"
    before=$(loop_devices)
    limited "${namespace[@]}" "$0" --inside "$ring" >"$log" 2>&1 || code=$?
    left=$(comm -13 <(echo "$before") <(loop_devices))
    [[ -z $left ]] || echo "LEFT BEHIND: loop devices ${left//$'\n'/, }" >>"$log"
    judge "$ring" "$log" "$code"
}

# The limit is that of a guest, which is slow where it has to be emulated. Two run side by side, as
# each has one processor.
run_lvm() {
    local log=$logs/lvm.log provisioning ring_limit_seconds=3600
    if ! { scripts/install-dependencies.sh --guest && scripts/vm --prepare; } >"$log" 2>&1; then
        cat "$log"
        report lvm 0 1 "there is no guest"
        return
    fi
    CAIRN_TEST_BUNDLE=$(swift build --show-bin-path)/cairnPackageTests.xctest
    export CAIRN_TEST_BUNDLE
    # All four of thin and thick, mount and block, would take twice the time.
    "$0" --guest BackendContract thin mount &
    beside=$!
    limited "$0" --guest BackendLVM thick block || true
    wait "$beside" || true
    beside=""
    judge_guest lvm BackendLVM
    judge_guest lvm-contract BackendContract
    for provisioning in thin thick; do report_guest_sanity "$provisioning"; done
}

# run_guest TARGET PROVISIONING ACCESS: in one guest the tests of a target, in the next csi-sanity;
# leaves logs, and the exit code of the tests.
run_guest() {
    local ring_limit_seconds=3600 code=0 sanity=${CSI_SANITY:-$(command -v csi-sanity || true)}
    local log=$logs/guest-$1.log share=$PWD/$logs/lvm-sanity-$2
    local guest=(scripts/vm --timeout $((ring_limit_seconds - 10)) --memory 2G --scratch 64G
        --env CAIRN_BINARY)
    rm -rf "$logs/guest-$1.code" "$share" "$share.log" && mkdir "$share"
    limited "${guest[@]}" --env CAIRN_TEST_BUNDLE --env CAIRN_GUEST_TARGETS="$1" \
        scripts/test.sh --inside lvm >"$log" 2>&1 || code=$?
    echo "$code" >"$logs/guest-$1.code"
    [[ -x $sanity ]] || return 0
    limited "${guest[@]}" --share "$share" --env CAIRN_LVM_DISK=/dev/vda \
        --env CSI_SANITY="$sanity" scripts/csi-sanity.sh --pool lvm --provisioning "$2" \
        --access "$3" --seeds 1 --logs "$share/failed" >"$share.log" 2>&1 || true
}

judge_guest() {
    local code=1
    [[ ! -f $logs/guest-$2.code ]] || code=$(<"$logs/guest-$2.code")
    touch "$logs/guest-$2.log"
    judge "$1" "$logs/guest-$2.log" "$code"
}

report_guest_sanity() {
    local log=$logs/lvm-sanity-$1.log
    if [[ ! -f $log ]]; then
        echo "lvm-$1: csi-sanity was not found, and not run"
        return
    fi
    cat "$log"
    report_sum "lvm-$1" "$log"
}

run_powercut() {
    local log=$logs/powercut.log
    if ! { scripts/install-dependencies.sh --guest && scripts/vm --prepare; } >"$log" 2>&1; then
        cat "$log"
        report powercut 0 1 "there is no guest"
        return
    fi
    limited scripts/powercut.sh >"$log" 2>&1 || true
    cat "$log"
    report_sum powercut "$log"
}

run_fuzz() {
    local log=$logs/fuzz.log
    limited scripts/fuzz.sh --seconds 60 >"$log" 2>&1 || true
    cat "$log"
    report_sum fuzz "$log"
}

run_sanity() {
    local log=$logs/sanity.log code=0
    scripts/csi-sanity.sh 2>&1 | tee "$log" || code=$?
    if [[ $code -eq 3 ]]; then
        echo "sanity: not run. The conformance ring covers the same rules and more; only the" \
            "second opinion is missing."
        return
    fi
    report_sum sanity "$log"
}

# report_sum RING LOG: the row of a script whose last line is "N passed, N failed".
report_sum() {
    local counts
    counts=$(tail -n 1 "$2")
    if [[ $counts =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        report "$1" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" ""
    else
        report "$1" 0 1 "it did not come to its end"
    fi
}

# Prints the sum and ends the script.
finish() {
    echo "$total_passed passed, $total_failed failed"
    exit $((total_failed > 0))
}

run_ring() {
    began=$SECONDS
    case $1 in
        soundness) run_soundness ;;
        unit) run_unit ;;
        host | backend | conformance | cli | faults | crash) run_privileged "$1" ;;
        lvm) run_lvm ;;
        powercut) run_powercut ;;
        fuzz) run_fuzz ;;
        sanity) run_sanity ;;
    esac
}

rings=()
while (($#)); do
    case $1 in
        --inside)
            # This script calls itself so, with what a ring needs around it.
            trap - EXIT INT TERM
            if [[ $2 == unit ]]; then swift_tests unit; else run_inside "$2"; fi
            exit
            ;;
        --guest)
            run_guest "$2" "$3" "$4"
            exit
            ;;
        --ring)
            [[ " ${all_rings[*]} " == *" ${2:-} "* ]] || die "--ring takes one of: ${all_rings[*]}"
            rings+=("$2")
            shift 2
            ;;
        *) usage && exit 2 ;;
    esac
done
((${#rings[@]})) || rings=("${all_rings[@]}")

scripts/install-dependencies.sh
require_swift
mkdir -p "$logs"
# Soundness needs no build, and fuzz has one of its own.
if [[ " ${rings[*]} " =~ " "(unit|host|backend|conformance|cli|faults|crash|lvm|powercut|sanity)" " ]]; then
    build
fi
for ring in "${rings[@]}"; do
    run_ring "$ring"
done
finish
