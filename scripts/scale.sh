#!/usr/bin/env bash
# Measures the controller of a large cluster: the real `cairn controller` with real certificates, and
# nodes that some processes play, each with a server and a registration of its own. Prints a
# markdown table.
#
# usage: scripts/scale.sh [--nodes N] [--volumes N] [--lease SECONDS] [--check] [--output FILE]
#
#   --nodes     how many nodes                                        (default: 5000)
#   --volumes   of all nodes together                                 (default: 100000)
#   --lease     of the controller                                     (default: 30)
#   --check     tell what must be true on any machine, and no figures: a line for each check; the last
#               line is "N passed, N failed"
#   --output    file for the table                                    (default: stdout)
#
# Takes about six minutes. The binaries are $CAIRN_BINARY and $CAIRN_PLAYER (the target ClusterPlayer), or built for release.
# Needs root, openssl, curl, python3, iproute2, and a limit of 2 descriptors a node. Figures of a busy
# machine are worth little: run it on an idle one.
set -euo pipefail
source "$(dirname "$0")/common.sh"

nodes=5000
volumes=100000
lease=30
is_check=""
output=/dev/stdout
given=("$@")
while (($#)); do
    case $1 in
        --nodes) nodes=${2:?--nodes needs a number} && shift 2 ;;
        --volumes) volumes=${2:?--volumes needs a number} && shift 2 ;;
        --lease) lease=${2:?--lease needs seconds} && shift 2 ;;
        --check) is_check=yes && shift ;;
        --output) output=$(realpath -m "${2:?--output needs a file}") && shift 2 ;;
        *) usage && exit 2 ;;
    esac
done
if [[ -z ${CAIRN_BINARY:-} || -z ${CAIRN_PLAYER:-} ]]; then
    require_swift
    for product in cairn ClusterPlayer; do swift build -c release --product $product >&2; done
    binaries=$(swift build -c release --show-bin-path)
    CAIRN_BINARY=$binaries/cairn CAIRN_PLAYER=$binaries/ClusterPlayer
fi
# The ports are those of a network of its own.
if [[ -z ${CAIRN_SCALE_NAMESPACE:-} ]]; then
    require_root "a network namespace"
    export CAIRN_BINARY CAIRN_PLAYER CAIRN_SCALE_NAMESPACE=private
    exec unshare --net "$0" "${given[@]}"
fi
ip link set lo up
# Each node holds a connection at either end.
ulimit -n "$(ulimit -Hn)"

per_process=500
# The seconds in which the nodes come.
arrival=$((nodes / 100))
each=$((volumes / nodes))
folder=$(mktemp -d "${TMPDIR:-/tmp}/cairn-scale.XXXXXX")
export CSI_ENDPOINT=unix://$folder/controller.sock
controller=""
players=()

stop_all() {
    local process
    for process in "${players[@]}"; do kill -KILL "$process" 2>/dev/null || true; done
    [[ -z $controller ]] || kill -TERM "$controller" 2>/dev/null || true
    wait 2>/dev/null
    rm -rf -- "$folder"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() { echo "== $SECONDS s: $*" >&2; }

start_controller() {
    "$CAIRN_BINARY" controller --endpoint "$CSI_ENDPOINT" --listen 127.0.0.1:9810 \
        --metrics-address 127.0.0.1:9811 --tls-dir "$folder/certificates/controller" \
        --node-lease "$lease" --log-level warning 2>>"$folder/controller.log" &
    controller=$!
}

# Each process plays some of the nodes. Nodes of a cluster have processors of their own: here they get
# what the controller leaves.
start_players() {
    local first count
    for ((first = 0; first < nodes; first += per_process)); do
        count=$((nodes - first < per_process ? nodes - first : per_process))
        nice -n 19 "$CAIRN_PLAYER" --controller 127.0.0.1:9810 --first "$first" --nodes "$count" \
            --volumes "$each" --within "$arrival" --tls-dir "$folder/certificates/node" 2>>"$folder/players.log" &
        players+=($!)
    done
}

# metric PATTERN: the value of the first figure of the controller whose line has the pattern; else 0.
metric() {
    curl --silent --max-time 5 http://127.0.0.1:9811/metrics |
        awk -v pattern="$1" '$0 ~ pattern { print $2; found = 1; exit } END { if (!found) print 0 }'
}
ready_nodes() { metric '^cairn_nodes.*state="ready"'; }
registrations() { metric '^cairn_calls_total.*Register.*"OK"|^cairn_calls_total.*"OK".*Register'; }

# until_known SECONDS: waits until every node is ready.
until_known() {
    local end=$((SECONDS + $1))
    until [[ $(ready_nodes) -eq $nodes ]]; do
        kill -0 "$controller" || die "the controller ended: $(tail -n 3 "$folder/controller.log")"
        ((SECONDS < end)) ||
            die "$(ready_nodes) of $nodes nodes are known: $(tail -n 3 "$folder"/*.log)"
        sleep 0.1
    done
}

# A controller lists once every node has had a lease's time to register.
until_settled() {
    local i
    for ((i = 0; i < lease * 2 + 30; i++)); do
        ! grep --quiet '"isLearning" : false' <("$CAIRN_BINARY" status --output json) || return 0
        sleep 1
    done
    die "the controller does not settle"
}

# How many different volumes the whole list has.
listed() {
    "$CAIRN_BINARY" volume list --output json --timeout 300 | grep -o 'v1-[0-9a-f]*-[0-9a-f]*' |
        sort -u | wc -l
}

# memory FIELD: of the controller, in MiB.
memory() { awk -v field="$1:" '$1 == field { printf "%.0f", $2 / 1024 }' "/proc/$controller/status"; }
# The processor time of the controller, in ticks.
ticks() { awk '{ print $14 + $15 }' "/proc/$controller/stat"; }

# bench NAME OPTION...: measures the controller; the figures go to a file of that name.
bench() {
    local name=$1
    shift
    step "bench $name"
    "$CAIRN_BINARY" bench --endpoint "$CSI_ENDPOINT" --output json "$@" >"$folder/$name"
}

# figure NAME OPERATION CALLERS FIELD DIVISOR: of a bench.
figure() {
    python3 - "$folder/$1" "$2" "$3" "$4" "$5" <<'PYTHON'
import json, sys
path, operation, callers, field, divisor = sys.argv[1:]
for row in json.load(open(path))["rows"]:
    if row["operation"] == operation and row["callers"] == int(callers):
        print(f"{row['endpoint'][field] / float(divisor):.2f}")
PYTHON
}

seconds_between() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", b - a }'; }

restart_controller() {
    local began
    kill -TERM "$controller"
    wait "$controller" || true
    began=$EPOCHREALTIME
    start_controller
    until_known 120
    restart=$(seconds_between "$began" "$EPOCHREALTIME")
}

check_output=$folder/check
source scripts/checks.sh
lists_all() { [[ $(listed) -eq $((each * nodes)) ]]; }
all_ready() { [[ $(ready_nodes) -eq $nodes ]]; }
# The room that the nodes play.
has_room() {
    local expected=$((nodes * ((10 << 40) - (each << 30))))
    [[ $(metric '^cairn_cluster_tier_available_bytes.*"fast"') -eq $expected ]]
}

run_checks() {
    check "the controller knows $nodes nodes" all_ready
    check "it lists each of $((each * nodes)) volumes once" lists_all
    check "it sums the room of all nodes" has_room
    check "volumes are made on one node and deleted" bench pinned --volumes 50 --calls 200 \
        --volume-size 1Gi --listings 1 --topology topology.cairn.storage/node=n1
    check "volumes are made anywhere and deleted" bench anywhere --volumes 3 --calls 20 \
        --volume-size 1Gi --listings 1
    check "the list is as before" lists_all
    restart_controller
    check "a controller that starts again knows all nodes within 20 s" \
        awk -v took="$restart" 'BEGIN { exit took > 20 }'
    until_settled
    until_known 60
    check "it lists the same volumes" lists_all
    sum_up
}

# The seconds that a command takes.
seconds_of() {
    local began=$EPOCHREALTIME
    "$@"
    seconds_between "$began" "$EPOCHREALTIME"
}
lists_snapshots() {
    "$CAIRN_BINARY" snapshot list --timeout 300 >/dev/null || die "the snapshots are not listed"
}

run_figures() {
    local before began used count rate share idle after peak snapshots
    idle=$(memory VmRSS)
    step "registrations"
    count=$(registrations) used=$(ticks) began=$EPOCHREALTIME
    sleep $((lease > 20 ? lease : 20))
    before=$(seconds_between "$began" "$EPOCHREALTIME")
    rate=$(awk -v n=$(($(registrations) - count)) -v s="$before" 'BEGIN { printf "%.0f", n / s }')
    share=$(awk -v t=$(($(ticks) - used)) -v s="$before" -v hz="$(getconf CLK_TCK)" \
        'BEGIN { printf "%.0f", 100 * t / hz / s }')
    all_ready || die "a node is late: $(tail -n 3 "$folder"/*.log)"
    bench pinned --volumes 500 --calls 5000 --volume-size 1Gi --listings 1 \
        --topology topology.cairn.storage/node=n1
    bench anywhere --volumes 2 --calls 5000 --volume-size 1Gi --listings 0
    step "lists"
    lists_all || die "the list is not whole"
    snapshots=$(seconds_of lists_snapshots)
    after=$(memory VmRSS)
    peak=$(memory VmHWM)
    step "restart"
    restart_controller
    step "all nodes are known again"
    table >"$output"
}

# row NAME FIGURE AIM
row() { echo "| $1 | $2 | $3 |"; }
table() {
    local model
    model=$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)
    printf 'Measured on %s with everything on one machine: %s cores (%s), Linux %s.\n\n' \
        "$(date +%F)" "$(nproc)" "$model" "$(uname -r | cut -d- -f1)"
    row "$nodes nodes, $((each * nodes)) volumes" "measured" "aim"
    row --- "---:" "---:"
    row "resident memory with all nodes registered" "$idle MiB" "< 256 MiB"
    row "the same after the calls below" "$after MiB" "< 256 MiB"
    row "its peak until then" "$peak MiB" "< 256 MiB"
    row "its peak after the restart" "$(memory VmHWM) MiB" "< 256 MiB"
    row "all nodes known that come within $arrival s" "$start s" ""
    row "registrations held" "$rate a second, $share % of one core" ""
    row "CreateVolume, topology names the node, p50 / p99" \
        "$(figure pinned CreateVolume 1 p50Microseconds 1000) / $(figure pinned CreateVolume 1 p99Microseconds 1000) ms" ""
    row "CreateVolume, any node, p50 / p99" \
        "$(figure anywhere CreateVolume 1 p50Microseconds 1000) / $(figure anywhere CreateVolume 1 p99Microseconds 1000) ms" ""
    row "ControllerGetVolume, p50" "$(figure pinned ControllerGetVolume 1 p50Microseconds 1000) ms" ""
    row "GetCapacity of one node, 16 callers, p50" \
        "$(figure pinned GetCapacity 16 p50Microseconds 1000) ms" "< 1 ms"
    row "GetCapacity of the cluster, 16 callers, p50" \
        "$(figure anywhere GetCapacity 16 p50Microseconds 1000) ms" "< 1 ms"
    row "ListVolumes, all pages of 1000" \
        "$(figure pinned "ListVolumes, all pages" 1 p50Microseconds 1000000) s" "< 30 s"
    row "ListSnapshots of all nodes" "$snapshots s" "< 30 s"
    row "all nodes known after a restart of the controller" "$restart s" "< 20 s"
}

scripts/make-certificates.sh "$folder/certificates" >"$folder/certificates.log"
start_controller
until curl --silent --output /dev/null http://127.0.0.1:9811/metrics; do
    kill -0 "$controller" || die "the controller ended: $(tail -n 3 "$folder/controller.log")"
    sleep 0.1
done
step "$nodes nodes"
began=$EPOCHREALTIME
start_players
until_known 300
start=$(seconds_between "$began" "$EPOCHREALTIME")
step "all nodes are known"
until_settled
until_known 60
if [[ -n $is_check ]]; then run_checks; else run_figures; fi
