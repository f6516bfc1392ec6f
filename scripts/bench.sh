#!/usr/bin/env bash
# Measures Cairn: its calls, its memory, its start-up time, what a controller in front of a node
# costs, and the data path, on pools that the script makes; and another CSI driver beside it where
# one is given. Writes markdown tables.
#
# usage: scripts/bench.sh [--filesystem xfs|ext4|btrfs] [--volumes N] [--scale LIST]
#                         [--only PARTS] [--fio-seconds N] [--output FILE]
#
#   --filesystem    of the pool                                           (default: xfs, reflink)
#   --volumes       volumes that are made for the calls                   (default: 100)
#   --scale         counts of volumes at which create and list are told   (default: "1000")
#   --only          some of: calls hop scale data                         (default: all)
#   --fio-seconds   for each figure of the data path                      (default: 10)
#   --output        file for the tables                                   (default: stdout)
#
# A peer is compared with where it is given, in the same run and in turns with Cairn:
#
#   PEER_ENDPOINT   unix:///path of a driver that runs already
#   PEER_COMMAND    or a command that starts one: {folder} in it is replaced by an empty folder, and
#                   it must listen at {folder}/peer.sock; its memory and start-up are measured, too
#   PEER_NAME       what the tables call it                               (default: peer)
#
# The binary is $CAIRN_BINARY, or built for release. Needs root, loop devices and 30 GB that may be
# written below $TMPDIR. Figures of a busy machine are worth little: run it on an idle one.
set -euo pipefail
source "$(dirname "$0")/common.sh"

pool_size=100G
volume_size=1Gi
parts="calls hop scale data"
filesystem=xfs
volumes=100
scale=1000
fio_seconds=10
output=/dev/stdout
peer_name=${PEER_NAME:-peer}
given=("$@")

while (($#)); do
    case $1 in
        --filesystem) filesystem=${2:?--filesystem needs a name} && shift 2 ;;
        --volumes) volumes=${2:?--volumes needs a number} && shift 2 ;;
        --scale) scale=${2:?--scale needs a list} && shift 2 ;;
        --only) parts=${2:?--only needs a list} && shift 2 ;;
        --fio-seconds) fio_seconds=${2:?--fio-seconds needs a number} && shift 2 ;;
        --output) output=$(realpath -m "${2:?--output needs a file}") && shift 2 ;;
        *) usage && exit 2 ;;
    esac
done

require_root "loop devices and mounts"

# The rest runs in mount and process namespaces of its own, so nothing of a broken run stays.
if [[ -z ${CAIRN_BENCH_NAMESPACE:-} ]]; then
    scripts/install-dependencies.sh --bench
    if [[ -z ${CAIRN_BINARY:-} ]]; then
        require_swift
        swift build -c release --product cairn >&2
        CAIRN_BINARY=$(swift build -c release --show-bin-path)/cairn
    fi
    export CAIRN_BINARY CAIRN_BENCH_NAMESPACE=private
    exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
        "$0" "${given[@]}"
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/cairn-bench.XXXXXX")
pool=$folder/pool
socket=unix://$folder/run/csi.sock
driver=""
peer=""
controller=""
node=""
held=""
peer_endpoint=${PEER_ENDPOINT:-}
mkdir "$folder/run" "$folder/usage" "$folder/peer" "$folder/mounts" "$pool" "$folder/hand"

# Unmounts the deepest first, and takes away the loop devices of the folder.
clean_up() {
    local target device file process
    for process in "$held" "$driver" "$peer" "$node" "$controller"; do stop "$process"; done
    awk -v root="$folder/" 'index($5, root) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
        while IFS= read -r target; do
            [[ $target == "$pool" ]] || umount "$target" || umount --lazy "$target" || true
        done
    losetup --list --noheadings --raw --output NAME,BACK-FILE |
        while read -r device file; do
            [[ $file != "$pool"/* ]] || losetup --detach "$device" || true
        done
    ! mountpoint --quiet "$pool" || umount "$pool" || umount --lazy "$pool" || true
    rm -rf --one-file-system -- "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# stop PID: ends a process of ours and waits for it; none is OK.
stop() {
    [[ -n $1 ]] || return 0
    kill -TERM "$1" 2>/dev/null || true
    wait "$1" || true
}

step() { echo "== $*" >&2; }

# make_pool FILE FOLDER
make_pool() {
    local options=(-q)
    [[ $filesystem != ext4 ]] || options+=(-F)
    [[ $filesystem != xfs ]] || options+=(-m reflink=1)
    truncate --size "$pool_size" "$1"
    "mkfs.$filesystem" "${options[@]}" "$1" >/dev/null
    mount -o loop "$1" "$2"
}

# tiers_file FOLDER FILE: of one tier in the folder.
tiers_file() {
    mkdir -p "$1"
    cat >"$2" <<YAML
tiers:
  - name: bench
    default: true
    loop: {directory: $1, create: true, mountPoint: false, provisioning: thin, overcommit: 1000}
YAML
}

# start VARIABLE ENDPOINT COMMAND...: starts a driver; the time to its first Probe is in
# "$folder/start-VARIABLE", in milliseconds.
start() {
    local variable=$1 endpoint=$2 ready began watch code=0
    shift 2
    "$CAIRN_BINARY" bench --endpoint "$endpoint" --until-ready 20 >"$folder/ready" &
    watch=$!
    # The watch itself takes a moment to start, and must not be counted.
    sleep 0.5
    began=$EPOCHREALTIME
    "$@" 2>"$folder/$variable.log" >&2 &
    printf -v "$variable" %s $!
    wait "$watch" || code=$?
    ((code == 0)) || die "the $variable did not start: $(tail -n 3 "$folder/$variable.log")"
    read -r ready <"$folder/ready"
    awk -v b="$began" -v r="$ready" 'BEGIN { printf "%.0f\n", (r - b) * 1000 }' \
        >"$folder/start-$variable"
}

start_cairn() {
    tiers_file "$pool/tier" "$folder/tiers.yaml"
    start driver "$socket" "$CAIRN_BINARY" standalone --endpoint "$socket" --node-id bench --max-volumes 0 \
        --config "$folder/tiers.yaml" --kubelet-dir "$folder/mounts" --usage-dir "$folder/usage" \
        --state-dir "$folder/state"
}

start_peer() {
    local words
    [[ -n ${PEER_COMMAND:-} ]] || return 0
    read -ra words <<<"${PEER_COMMAND//'{folder}'/$folder/peer}"
    peer_endpoint=unix://$folder/peer/peer.sock
    start peer "$peer_endpoint" "${words[@]}"
}

# memory PID FIELD: of /proc/PID/status, in MB.
memory() {
    awk -v field="$2:" '$1 == field { printf "%.1f", $2 / 1024 }' "/proc/$1/status"
}

# memory_row NAME PID WHEN
memory_row() {
    [[ -z $2 ]] || echo "| $1, $3 | $(memory "$2" RssAnon) MB | $(memory "$2" VmRSS) MB |"
}

calls() {
    local comparison=() began_as
    [[ -z $peer_endpoint ]] || comparison=(--against "$peer_endpoint")
    began_as=$(memory_row Cairn "$driver" idle && memory_row "$peer_name" "$peer" idle)
    step "calls at $volumes volumes"
    "$CAIRN_BINARY" bench --endpoint "$socket" "${comparison[@]}" --volumes "$volumes" \
        --mount-dir "$folder/mounts" --output markdown >"$folder/calls"
    cat "$folder/calls"
    printf '\n| memory | private | resident |\n| --- | ---: | ---: |\n'
    echo "$began_as"
    memory_row Cairn "$driver" "after the load"
    memory_row "$peer_name" "$peer" "after the load"
    printf '\n| start to first Probe | |\n| --- | ---: |\n'
    echo "| Cairn | $(cat "$folder/start-driver") ms |"
    [[ -z $peer ]] || echo "| $peer_name | $(cat "$folder/start-peer") ms |"
}

# A controller with one node, on a pool like the driver's.
start_cluster() {
    local hop=$folder/hop i
    mkdir -p "$hop/pool" "$hop/kubelet"
    scripts/make-certificates.sh "$hop/certificates" >"$hop/certificates.log"
    make_pool "$hop/pool.img" "$hop/pool"
    tiers_file "$hop/pool/tier" "$hop/tiers.yaml"
    start controller "unix://$hop/controller.sock" "$CAIRN_BINARY" controller \
        --endpoint "unix://$hop/controller.sock" --listen 127.0.0.1:9810 --node-lease 3 \
        --tls-dir "$hop/certificates/controller"
    start node "unix://$hop/node.sock" "$CAIRN_BINARY" node --endpoint "unix://$hop/node.sock" \
        --listen 127.0.0.1:9820 --controller 127.0.0.1:9810 --tls-dir "$hop/certificates/node" \
        --node-id hop --max-volumes 0 --config "$hop/tiers.yaml" --kubelet-dir "$hop/kubelet" \
        --usage-dir "$hop/usage" --state-dir "$hop/state"
    # Lists need a controller that has heard from its nodes for a lease.
    for ((i = 0; i < 100; i++)); do
        "$CAIRN_BINARY" volume list --endpoint "unix://$hop/controller.sock" >"$hop/list" 2>&1 &&
            return
        sleep 0.2
    done
    die "the cluster does not become ready: $(tail -n 3 "$hop/list")"
}

# What a controller in front of a node adds to a call, against a standalone driver's own socket.
hop() {
    start_cluster
    step "the hop, $volumes volumes"
    "$CAIRN_BINARY" bench --endpoint "unix://$folder/hop/controller.sock" --against "$socket" \
        --volumes "$volumes" --volume-size 64Mi --output json >"$folder/hop/figures"
    printf '\n| p50 of one caller | through the controller | the driver itself | more |\n'
    printf '| --- | ---: | ---: | ---: |\n'
    python3 - "$folder/hop/figures" <<'PYTHON'
import json, sys
told = ("Probe", "ControllerGetVolume", "CreateVolume, replayed", "CreateVolume", "DeleteVolume")
for row in json.load(open(sys.argv[1]))["rows"]:
    if row["operation"] in told and row["callers"] == 1:
        through, own = (row[side]["p50Microseconds"] / 1000 for side in ("endpoint", "against"))
        print(f"| {row['operation']} | {through:.3f} ms | {own:.3f} ms | {through - own:.3f} ms |")
PYTHON
    stop "$node"
    stop "$controller"
    node=""
    controller=""
}

# Creates and lists more volumes; only Cairn.
scale() {
    local count
    for count in $scale; do
        step "$count volumes"
        printf '\n**%s volumes**\n\n' "$count"
        "$CAIRN_BINARY" bench --endpoint "$socket" --volumes "$count" --volume-size 64Mi \
            --calls 200 --output markdown |
            grep -E '^\| (operation|---|CreateVolume|ListVolumes|GetCapacity|DeleteVolume)'
        printf '\nPrivate memory afterwards: %s MB.\n' "$(memory "$driver" RssAnon)"
    done
}

# Mounts a volume of Cairn's; its path is in $volume.
hold_volume() {
    coproc HOLD { exec "$CAIRN_BINARY" bench --hold --endpoint "$socket" --filesystem ext4 \
        --volume-size "$volume_size" --mount-dir "$folder/mounts"; }
    held=$HOLD_PID
    read -r volume <&"${HOLD[0]}" || die "no volume to measure"
}

# attach NAME OPTION...: a loop device of our own over a file of the pool, mounted.
attach() {
    local name=$1 device
    shift
    truncate --size "${volume_size%i}" "$pool/$name.img"
    device=$(losetup --find --show "$@" "$pool/$name.img")
    mkfs.ext4 -q -m 0 "$device"
    mkdir "$folder/hand/$name"
    mount "$device" "$folder/hand/$name"
}

# one_figure FILE READ/WRITE SIZE DEPTH: IOPS for 4 KiB, MiB a second for 1 MiB.
one_figure() {
    fio --output-format=json --name=figure --filename="$1" --size=512M --direct=1 \
        --ioengine=libaio --rw="$2" --bs="$3" --iodepth="$4" --runtime="$fio_seconds" \
        --time_based --fallocate=none |
        python3 -c '
import json, sys
job = json.load(sys.stdin)["jobs"][0]
side = max(job["read"], job["write"], key=lambda part: part["total_ios"])
print(round(side["iops"]))'
}

# Figures of all contenders in turns: three rounds, of which the middle one counts.
data_path() {
    local rounds=3 contender round row kind
    step "data path"
    hold_volume
    attach direct --direct-io=on --sector-size 4096
    attach buffered --direct-io=off --sector-size 4096
    mkdir "$pool/plain"
    declare -A place=([file]=$pool/plain [volume]=$volume
        [direct]=$folder/hand/direct [buffered]=$folder/hand/buffered)
    local contenders=(file volume direct buffered)
    for contender in "${contenders[@]}"; do
        one_layout "${place[$contender]}/data"
    done
    printf '\n| data path, direct I/O | file on the pool | Cairn volume | loop by hand, direct '
    printf '| loop by hand, buffered | volume / hand | volume / file |\n'
    printf '| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n'
    for row in "randread 4k 16" "randwrite 4k 16" "read 1M 4" "write 1M 4"; do
        read -ra kind <<<"$row"
        step "${kind[*]}"
        for ((round = 0; round < rounds; round++)); do
            for contender in "${contenders[@]}"; do
                one_figure "${place[$contender]}/data" "${kind[@]}" >>"$folder/fio-$contender"
            done
        done
        data_row "${kind[@]}"
        rm "$folder"/fio-*
    done
    stop "$held"
    held=""
}

# Writes the whole file, so that every block is there when it is measured.
one_layout() {
    fio --name=layout --filename="$1" --size=512M --direct=1 --ioengine=libaio --rw=write \
        --bs=1M --iodepth=4 --fallocate=none >/dev/null
}

# The middle of the figures in a file.
middle() {
    sort -n "$folder/fio-$1" | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

# data_row RW SIZE DEPTH
data_row() {
    declare -A label=([randread]="random read" [randwrite]="random write"
        [read]="sequential read" [write]="sequential write")
    local unit=IOPS
    [[ $2 == 4k ]] || unit="MiB/s"
    awk -v name="${label[$1]}, ${2}iB, depth $3" -v unit="$unit" -v file="$(middle file)" \
        -v volume="$(middle volume)" -v direct="$(middle direct)" \
        -v buffered="$(middle buffered)" 'BEGIN {
            printf "| %s | %d %s | %d | %d | %d | %.2f | %.2f |\n", name, file, unit, volume,
                direct, buffered, volume / direct, volume / file }'
}

machine() {
    local model
    model=$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)
    echo "Measured on $(date +%F): $(nproc) cores ($model), Linux $(uname -r | cut -d- -f1)," \
        "$filesystem pool on a page-cached image, load $(cut -d' ' -f1 /proc/loadavg) at the start."
}

heading=$(machine)
make_pool "$folder/pool.img" "$pool"
# As in /run, where the driver keeps its notes.
mount -t tmpfs -o size=64m none "$folder/usage"
start_cairn
start_peer
for part in $parts; do
    case $part in
        calls) calls ;;
        hop) hop ;;
        scale) scale ;;
        data) data_path ;;
        *) die "--only knows calls, hop, scale and data, not $part" ;;
    esac
done >"$folder/tables"
{
    printf '%s\n\n' "$heading"
    cat "$folder/tables"
} >"$output"
