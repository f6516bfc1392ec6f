# The ring lvm: jobs that guests take from a list. Sourced, never run.
# shellcheck shell=bash
set -euo pipefail

: "${logs:?the folder of logs}"
# Whether a guest was started for the jobs of the ring lvm.
has_guests=""
# The suites that are cut at every step take half of the time of all tests of BackendLVM.
longest_suites='^BackendLVMTests\.(Thick|Thin)CrashTests'
# What the guests run: a name, then the options that choose tests, or provisioning and access of
# csi-sanity. Suites are told by their first letter, and the longest ones by name, so that no job is
# much longer than the others. Together they run all suites of both targets.
guest_jobs=(
    "lvm-a-to-k --filter ^BackendLVMTests\.[A-K]"
    "lvm-l-to-z --filter ^BackendLVMTests\.[^A-K] --skip $longest_suites"
    "lvm-crashes --filter $longest_suites"
    "contract-a-to-l --filter ^BackendContractTests\.[A-L]"
    "contract-m-to-z --filter ^BackendContractTests\.[^A-L]"
    "lvm-thin thin mount"
    "lvm-thick thick block"
)

# Starts a guest that takes jobs while the rings before lvm run: these wait more than they work. They
# come first where both want a processor. Called where a failure does not end the script.
start_guest() {
    [[ -z $has_guests ]] || return 0
    { scripts/install-dependencies.sh --guest && scripts/vm --prepare; } >"$logs/lvm.log" 2>&1 || return 1
    rm -rf "$logs"/guest-* && mkdir "$logs/guest-jobs" || return 1
    CAIRN_TEST_BUNDLE=$(swift build --show-bin-path)/cairnPackageTests.xctest || return 1
    export CAIRN_TEST_BUNDLE
    setpriv --pdeathsig TERM nice -n 5 "$0" --guests &
    beside=$!
    has_guests=yes
}

# Two guests run side by side, as each has one processor; whichever is free takes the next job.
run_lvm() {
    local job name
    if ! start_guest; then
        cat "$logs/lvm.log"
        report lvm 0 1 "there is no guest"
        return
    fi
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
# A guest is slow where it has to be emulated, and where other rings run: on two idle cores a job takes
# up to nine minutes.
guest_limit_seconds=2700

# run_guest_tests NAME OPTION...: leaves a log, and the exit code of the tests.
run_guest_tests() {
    local code=0 name=$1 ring_limit_seconds=$guest_limit_seconds
    shift
    limited "${guest[@]}" --timeout $((guest_limit_seconds - 10)) --env CAIRN_TEST_BUNDLE \
        --env CAIRN_GUEST_TESTS="$*" --env CAIRN_GUEST_SECONDS=$((guest_limit_seconds - 60)) \
        scripts/test.sh --inside lvm \
        >"$logs/guest-$name.log" 2>&1 || code=$?
    echo "$code" >"$logs/guest-$name.code"
}

# run_guest_sanity NAME PROVISIONING ACCESS: leaves a log, where csi-sanity is installed.
# shellcheck disable=SC2034 # limited reads ring_limit_seconds
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
    # shellcheck disable=SC2034 # judge reads it
    local code=1 ring_limit_seconds=$guest_limit_seconds
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
