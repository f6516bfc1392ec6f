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
#                 page          the controller's page for people in a browser: scripts/page-check.sh
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

all_rings=(soundness unit host backend conformance cli faults crash cluster chart lvm powercut image monitoring page
    fuzz fresh sanity)
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

source scripts/rings/report.sh
source scripts/rings/inside.sh
source scripts/rings/guest.sh

child=""
beside=""
# What runs is ended, and waited for.
trap 'kill $child $beside 2>/dev/null && wait || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

loop_devices() {
    losetup --list --noheadings --raw --output NAME,BACK-INO,BACK-FILE | sort
}

# new_loop_devices BEFORE: says which there are that were not before; nothing where there are none.
new_loop_devices() {
    local left
    left=$(comm -13 <(echo "$1") <(loop_devices))
    [[ -z $left ]] || echo "LEFT BEHIND: loop devices ${left//$'\n'/, }"
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

# In a cluster of its own, whose loop devices are the host's.
run_page() {
    local log=$logs/page.log before left
    require_root "the ring page"
    if ! scripts/install-dependencies.sh --page >"$log" 2>&1; then
        cat "$log"
        report page 0 1 "there is no browser"
        return
    fi
    before=$(loop_devices)
    limited scripts/cluster.sh --nodes 3 --controllers 1 -- scripts/page-check.sh >"$log" \
        2>"$logs/page.errors" || true
    grep -E '^(FAIL| )' "$log" || true
    left=$(new_loop_devices "$before")
    [[ -z $left ]] || report page 0 1 "$left"
    report_sum page "$log"
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
        page) run_page ;;
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
if [[ " ${rings[*]} " =~ " "(unit|host|backend|conformance|cli|faults|crash|cluster|chart|lvm|powercut|page|sanity)" " ]]; then
    build
fi
for ring in "${rings[@]}"; do
    # The tests of unit share the processors with each other already.
    if [[ $ring == host && " ${rings[*]} " == *" lvm "* ]]; then start_guest || true; fi
    run_ring "$ring"
done
finish
