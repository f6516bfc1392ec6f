#!/usr/bin/env bash
# Starts a Cairn cluster on this machine: controllers and nodes as processes, with real certificates and
# a small XFS file system for each node. It ends with its command or with Ctrl-C, and leaves nothing.
#
# usage: scripts/cluster.sh [--nodes N] [--controllers N] [--size SIZES] [-- COMMAND...]
#
#   --nodes         how many nodes, n1, n2, ...                            (default: 3)
#   --controllers   how many replicas of the controller                    (default: 2)
#   --size          of each node's disk, a sparse file; the last size of a list is that of all
#                   further nodes                                          (default: 4G)
#   COMMAND         runs in the cluster; without one the script waits for Ctrl-C
#
# The environment of the command has: CSI_ENDPOINT, the first controller's socket; CAIRN_PAGE, the
# address of its status page;
# CAIRN_CLUSTER, the directory with controller-N.sock, n1.sock, .pid and .log of each, and the list
# lost-nodes; and PATH with cairn in it.
# The binary is $CAIRN_BINARY, or built where that is not set. Needs root, openssl and mkfs.xfs.
set -euo pipefail
here=$PWD
source "$(dirname "$0")/common.sh"

nodes=3
controllers=2
sizes=(4G)
while (($#)); do
    case $1 in
        --nodes) nodes=${2:?--nodes needs a number} && shift 2 ;;
        --controllers) controllers=${2:?--controllers needs a number} && shift 2 ;;
        --size) read -ra sizes <<<"${2:?--size needs sizes}" && shift 2 ;;
        --) shift && break ;;
        *) usage && exit 2 ;;
    esac
done
require_root "loop devices and mounts"
if [[ -z ${CAIRN_BINARY:-} ]]; then
    require_swift
    swift build --product cairn
    CAIRN_BINARY=$(swift build --show-bin-path)/cairn
fi

folder=$(mktemp -d /tmp/cairn-cluster.XXXXXX)
mkdir "$folder/bin"
touch "$folder/lost-nodes"
ln -s "$(realpath "$CAIRN_BINARY")" "$folder/bin/cairn"
export PATH=$folder/bin:$PATH CAIRN_CLUSTER=$folder
processes=()

# The controllers have an address of their own, and the kernel gives the nodes their ports: several
# clusters run side by side.
read -r number _ < <(cksum <<<"$folder")
address=127.$((number % 254 + 1)).$((number / 254 % 256)).1

stop() {
    local path
    for process in "${processes[@]}"; do kill -TERM "$process" 2>/dev/null || true; done
    for process in "${processes[@]}"; do kill -CONT "$process" 2>/dev/null || true; done
    for process in "${processes[@]}"; do wait "$process" 2>/dev/null || true; done
    for path in "$folder"/*/disk; do
        if mountpoint --quiet "$path"; then umount "$path" || true; fi
    done
    if grep -q " $folder/" /proc/self/mountinfo; then
        echo "cluster: something is still mounted under $folder; it stays" >&2
    else
        rm -rf -- "$folder"
    fi
}
trap stop EXIT
trap 'exit 130' INT TERM

scripts/make-certificates.sh "$folder/certificates" >"$folder/certificates.log"

start_controller() {
    local number=$1
    cairn controller --endpoint "unix://$folder/controller-$number.sock" \
        --listen "$address:$((9810 + number))" --tls-dir "$folder/certificates/controller" \
        --lost-nodes-file "$folder/lost-nodes" --node-lease 6 \
        --page-address "$address:$((9890 + number))" \
        2>"$folder/controller-$number.log" &
    processes+=($!)
    echo $! >"$folder/controller-$number.pid"
}

start_node() {
    local node=n$1 home=$folder/n$1
    local size=${sizes[$1 - 1]:-${sizes[-1]}}
    mkdir -p "$home/disk" "$home/kubelet"
    truncate -s "$size" "$home/disk.img"
    mkfs.xfs -q "$home/disk.img"
    mount -o loop "$home/disk.img" "$home/disk"
    cat >"$home/tiers.yaml" <<YAML
tiers:
  - name: scratch
    default: true
    loop: {directory: $home/disk, provisioning: thin, create: true, mountPoint: true}
YAML
    cairn node --endpoint "unix://$folder/$node.sock" --listen 127.0.0.1:0 \
        "${addresses[@]}" --tls-dir "$folder/certificates/node" \
        --config "$home/tiers.yaml" --node-id "$node" --usage-dir "$home/usage" \
        --state-dir "$home/state" --kubelet-dir "$home/kubelet" 2>"$folder/$node.log" &
    processes+=($!)
    echo $! >"$folder/$node.pid"
}

addresses=()
for ((i = 1; i <= controllers; i++)); do
    start_controller "$i"
    addresses+=(--controller "$address:$((9810 + i))")
done
for ((i = 1; i <= nodes; i++)); do start_node "$i"; done

# Each controller knows all nodes, and every tier is open.
export CSI_ENDPOINT=unix://$folder/controller-1.sock CAIRN_PAGE=http://$address:9891/
all_ready() {
    local i status
    for ((i = 1; i <= controllers; i++)); do
        status=$(cairn status --endpoint "unix://$folder/controller-$i.sock" --output json \
            2>/dev/null) || return 1
        [[ $(grep -c '"isAvailable" : true' <<<"$status") -eq $nodes ]] || return 1
        grep --quiet '"isLearning" : false' <<<"$status" || return 1
    done
}
for ((i = 0; ; i++)); do
    all_ready && break
    ((i < 150)) || die "the cluster does not become ready; see the logs: $(tail -n 3 "$folder"/*.log)"
    sleep 0.2
done

if (($#)); then
    cd "$here"
    "$@"
    exit
fi
cairn status
cat <<NOTE

The cluster runs; its logs are $folder/*.log. In another shell:

  export CSI_ENDPOINT=$CSI_ENDPOINT PATH=$folder/bin:\$PATH
  cairn status
  cairn volume create data --size 100Mi
  cairn volume list

The first controller's page for people: $CAIRN_PAGE

Ctrl-C stops it and removes everything.
NOTE
# Wakes for signals.
while true; do sleep 1; done
