#!/usr/bin/env bash
# Installs what is missing, builds, and runs every check and every test of Cairn.
#
# usage: scripts/test.sh [--ring NAME]...
#        scripts/test.sh --list
#
#   --list        print the rings that run test targets, each with its targets
#   --ring NAME   only this ring; may be given several times. The rings, in their order:
#                 soundness     rules of the house, without a build
#                 unit          tests that need neither root nor devices
#                 host          system calls, mounts and loop devices of the real kernel
#                 backend       volumes on real ext4, xfs and btrfs pools
#                 conformance   our CSI client against the real binary, over its socket
#                 cli           each command of the real binary, as people and scripts run it
#                 faults        broken disks, damaged files, strangers and bad input
#                 crash         the same binary killed, or failing, at every step, and a short soak
#                 cluster       controllers and nodes as processes with certificates, and failures
#                               of each and of the network between them, also in a short soak; then
#                               scripts/cluster.sh, and a controller of 200 played nodes:
#                               scripts/scale.sh
#                 lvm           device mapper and LVM, in the guest of scripts/vm, and csi-sanity
#                               there where it is installed
#                 powercut      a node with tiers of all kinds reset under load, in the guest again
#                 image         the file system of the image's run stage, with every role started in it:
#                               scripts/image-check.sh
#                 monitoring    alert rules and dashboard: scripts/monitoring-check.sh
#                 fuzz          a minute of fuzzing of what reads bytes from outside, after a build
#                 fresh         soundness, unit and the quick start where nothing is installed but
#                               what the scripts install: scripts/fresh-root.sh
#                 chart         the Helm chart, the manifests and the examples: scripts/chart-check.sh
#                 sanity        csi-sanity against the real binary and through a controller, where
#                               csi-sanity is installed
#
# The rings from host on need root, except fuzz and monitoring. Every ring runs in
# scripts/contained.sh, with a time limit: as root in its own mount and process namespaces, so
# whatever a broken test leaves there dies with it; what it left is a failure all the same, and so
# are a skipped test, a ring without tests, and a loop device that stays behind. The rings lvm and
# powercut boot a guest, and check there what was left; elsewhere their tests fail.
#
# At the end come the ten slowest tests. Those of unit and conformance share the processors with
# others, so their times are no measurement. The last line is "N passed, N failed", summed over the
# rings. Logs: .build/test-logs/RING.log
set -euo pipefail
source "$(dirname "$0")/common.sh"

all_rings=(soundness unit host backend conformance cli faults crash cluster chart lvm powercut image monitoring fuzz fresh
    sanity)
# The test targets of each ring, without "Tests". Soundness refuses a target that is in no ring.
declare -A ring_targets=(
    [unit]='BackendLVMCommand|BackendLVMMetadata|BackendLVMUnit|Bench|CSIClient|CSIMessages|CSIServices|CSIServing'
    [host]='HostPrivileged|CSIServicesPrivileged'
    [backend]='BackendLoop|BackendContract'
    [conformance]='Conformance'
    [cli]='CommandLine'
    [faults]='Fault'
    [crash]='Crash'
    [cluster]='Cluster|ClusterSoak'
    [lvm]='BackendLVM|BackendContract'
    [powercut]='PowerCut'
)
ring_targets[unit]+='|ClusterController|Configuration|DeviceMapper|DiskFormat|DriverCore|GRPCRuntime|HTTPServer|Metrics|Naming|NodeStorage|Telemetry'
logs=.build/test-logs
# Far above what a ring needs, so that a hang ends as a failure.
ring_limit_seconds=900

total_passed=0
total_failed=0
child=""
beside=""
# Where the row of the running ring begins.
began=0
processor_before=0
# What runs is ended, and waited for.
trap 'kill $child $beside 2>/dev/null && wait || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

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
# CAIRN_GUEST_TESTS holds the options that choose tests.
guest_tests() {
    local chosen
    read -r -a chosen <<<"$CAIRN_GUEST_TESTS"
    "$CAIRN_TEST_BUNDLE" --testing-library swift-testing --no-parallel "${chosen[@]}"
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

loop_devices() {
    losetup --list --noheadings --raw --output NAME,BACK-INO,BACK-FILE | sort
}

# new_loop_devices BEFORE: says which there are that were not before; nothing where there are none.
new_loop_devices() {
    local left
    left=$(comm -13 <(echo "$1") <(loop_devices))
    [[ -z $left ]] || echo "LEFT BEHIND: loop devices ${left//$'\n'/, }"
}

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
    begin
    if ! swift build --build-tests --explicit-target-dependency-import-check error >"$log" 2>&1; then
        cat "$log"
        report build 0 1 "nothing else can run"
        finish
    fi
    report build 0 0 ""
    CAIRN_BINARY=${CAIRN_BINARY:-$(swift build --show-bin-path)/cairn}
    CAIRN_PLAYER=$(swift build --show-bin-path)/ClusterPlayer
    export CAIRN_BINARY CAIRN_PLAYER
}

# Runs a command that ends with its time limit, and with this script when that is stopped or killed;
# all processes of the command end with it.
limited() {
    local code=0
    setpriv --pdeathsig TERM scripts/contained.sh --seconds "$ring_limit_seconds" -- "$@" &
    child=$!
    wait "$child" || code=$?
    child=""
    return "$code"
}

run_soundness() {
    local log=$logs/soundness.log
    limited scripts/soundness.sh >"$log" 2>&1 || true
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
    local ring=$1 log=$logs/$1.log code=0 before
    require_root "the ring $ring"
    before=$(loop_devices)
    limited "$0" --inside "$ring" >"$log" 2>&1 || code=$?
    new_loop_devices "$before" >>"$log"
    judge "$ring" "$log" "$code"
}

# The suites that are cut at every step take half of the time of all tests of BackendLVM.
longest_suites='^BackendLVMTests\.(Thick|Thin)CrashTests'
# What the guests run: a name, then the options that choose tests, or provisioning and access of
# csi-sanity. The first two cut one target in two, and together run all of it.
guest_jobs=(
    "lvm-crashes --filter $longest_suites"
    "lvm --filter ^BackendLVMTests\. --skip $longest_suites"
    "lvm-contract --filter ^BackendContractTests\."
    "lvm-thin thin mount"
    "lvm-thick thick block"
)

# Two guests run side by side, as each has one processor; whichever is free takes the next job.
run_lvm() {
    local log=$logs/lvm.log job name
    if ! { scripts/install-dependencies.sh --guest && scripts/vm --prepare; } >"$log" 2>&1; then
        cat "$log"
        report lvm 0 1 "there is no guest"
        return
    fi
    rm -rf "$logs"/guest-* && mkdir "$logs/guest-jobs"
    CAIRN_TEST_BUNDLE=$(swift build --show-bin-path)/cairnPackageTests.xctest
    export CAIRN_TEST_BUNDLE
    "$0" --guests &
    beside=$!
    run_guests
    wait "$beside" || true
    beside=""
    for job in "${guest_jobs[@]}"; do
        name=${job%% *}
        if [[ $job == *" --"* ]]; then judge_guest "$name"; else report_guest_sanity "$name"; fi
    done
}

# Takes jobs until there are none. Making the folder is taking the job.
run_guests() {
    local job words
    for job in "${guest_jobs[@]}"; do
        read -r -a words <<<"$job"
        mkdir "$logs/guest-jobs/${words[0]}" 2>/dev/null || continue
        if [[ $job == *" --"* ]]; then
            run_guest_tests "${words[@]}"
        else
            run_guest_sanity "${words[@]}"
        fi
    done
}

guest=(scripts/vm --memory 2G --scratch 64G --env CAIRN_BINARY)
# A guest is slow where it has to be emulated.
guest_limit_seconds=3600

# run_guest_tests NAME OPTION...: leaves a log, and the exit code of the tests.
run_guest_tests() {
    local code=0 name=$1 ring_limit_seconds=$guest_limit_seconds
    shift
    limited "${guest[@]}" --timeout $((guest_limit_seconds - 10)) --env CAIRN_TEST_BUNDLE \
        --env CAIRN_GUEST_TESTS="$*" scripts/test.sh --inside lvm \
        >"$logs/guest-$name.log" 2>&1 || code=$?
    echo "$code" >"$logs/guest-$name.code"
}

# run_guest_sanity NAME PROVISIONING ACCESS: leaves a log, where csi-sanity is installed.
run_guest_sanity() {
    local sanity=${CSI_SANITY:-$(command -v csi-sanity || true)}
    local ring_limit_seconds=$guest_limit_seconds share=$PWD/$logs/guest-$1
    [[ -x $sanity ]] || return 0
    # The guest has a /tmp of its own, and the program may lie in the host's.
    mkdir "$share" && cp -- "$sanity" "$share/csi-sanity"
    limited "${guest[@]}" --timeout $((guest_limit_seconds - 10)) --share "$share" \
        --env CAIRN_LVM_DISK=/dev/vda --env CSI_SANITY="$share/csi-sanity" scripts/csi-sanity.sh \
        --pool lvm --provisioning "$2" --access "$3" --seeds 1 --logs "$share/failed" \
        >"$logs/guest-$1.log" 2>&1 || true
}

judge_guest() {
    local code=1
    [[ ! -f $logs/guest-$1.code ]] || code=$(<"$logs/guest-$1.code")
    touch "$logs/guest-$1.log"
    judge "$1" "$logs/guest-$1.log" "$code"
}

report_guest_sanity() {
    local log=$logs/guest-$1.log
    if [[ ! -f $log ]]; then
        echo "$1: csi-sanity was not found, and not run"
        return
    fi
    cat "$log"
    report_sum "$1" "$log"
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

# Its loop devices are the host's.
run_image() {
    local log=$logs/image.log before left
    require_root "the ring image"
    before=$(loop_devices)
    limited scripts/image-check.sh >"$log" 2>"$logs/image.errors" || true
    grep -E '^(FAIL| |image:)' "$log" || true
    left=$(new_loop_devices "$before")
    [[ -z $left ]] || report image 0 1 "$left"
    report_sum image "$log"
}

run_monitoring() {
    local log=$logs/monitoring.log
    limited scripts/monitoring-check.sh >"$log" 2>"$logs/monitoring.errors" || true
    grep -E '^(FAIL| )' "$log" || true
    report_sum monitoring "$log"
}

run_fuzz() {
    local log=$logs/fuzz.log
    limited scripts/fuzz.sh --seconds 60 >"$log" 2>&1 || true
    cat "$log"
    report_sum fuzz "$log"
}

# Everything again on a machine with nothing installed. Its loop devices are the host's.
run_fresh() {
    local log=$logs/fresh.log before left ring_limit_seconds=2700
    require_root "the ring fresh"
    before=$(loop_devices)
    limited scripts/fresh-root.sh --seconds $((ring_limit_seconds - 60)) >"$log" 2>&1 || true
    grep -E '^(ok  |FAIL) ' "$log" || true
    left=$(new_loop_devices "$before")
    [[ -z $left ]] || report fresh 0 1 "$left"
    report_sum fresh "$log"
}

# The tests, and then a cluster that the command line checks from outside.
run_cluster() {
    local log=$logs/cluster-check.log
    run_privileged cluster
    begin
    # Apart: the shell tells there of the processes that the checks kill.
    limited scripts/cluster.sh -- scripts/cluster-check.sh >"$log" 2>"$logs/cluster.errors" || true
    grep -E '^(FAIL| )' "$log" || true
    report_sum cluster.sh "$log"
    begin
    log=$logs/scale.log
    limited scripts/scale.sh --nodes 200 --volumes 2000 --lease 15 --check >"$log" \
        2>"$logs/scale.errors" || true
    grep -E '^(FAIL| )' "$log" || true
    report_sum scale.sh "$log"
}

run_chart() {
    local log=$logs/chart.log
    limited scripts/chart-check.sh >"$log" 2>&1 || true
    grep -E '^(FAIL| )' "$log" || true
    report_sum chart "$log"
}

run_sanity() {
    run_sanity_script sanity scripts/csi-sanity.sh
    begin
    run_sanity_script sanity-cluster scripts/cluster-sanity.sh
}

# run_sanity_script NAME SCRIPT
run_sanity_script() {
    local log=$logs/$1.log code=0 ring_limit_seconds=1800
    limited "$2" >"$log" 2>&1 || code=$?
    cat "$log"
    if [[ $code -eq 3 ]]; then
        echo "$1: not run. The conformance ring covers the same rules and more; only the" \
            "second opinion is missing."
        return
    fi
    report_sum "$1" "$log"
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

run_ring() {
    begin
    case $1 in
        soundness) run_soundness ;;
        unit) run_unit ;;
        host | backend | conformance | cli | faults | crash) run_privileged "$1" ;;
        cluster) run_cluster ;;
        chart) run_chart ;;
        lvm) run_lvm ;;
        powercut) run_powercut ;;
        image) run_image ;;
        monitoring) run_monitoring ;;
        fuzz) run_fuzz ;;
        fresh) run_fresh ;;
        sanity) run_sanity ;;
    esac
}

rings=()
while (($#)); do
    case $1 in
        --inside)
            # This script calls itself so, with what a ring needs around it.
            trap - EXIT INT TERM
            # Without root there is no namespace, in which this script would be the first process.
            if [[ $$ -eq 1 || $2 == lvm ]]; then run_inside "$2"; else swift_tests "$2"; fi
            exit
            ;;
        --list)
            for ring in "${!ring_targets[@]}"; do
                echo "$ring: ${ring_targets[$ring]//|/Tests }Tests"
            done | sort
            exit
            ;;
        --guests)
            run_guests
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
if [[ " ${rings[*]} " =~ " "(unit|host|backend|conformance|cli|faults|crash|cluster|chart|lvm|powercut|sanity)" " ]]; then
    build
fi
for ring in "${rings[@]}"; do
    run_ring "$ring"
done
finish
