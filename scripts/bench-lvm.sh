#!/usr/bin/env bash
# Counts the instructions of a create and of a delete of a thin volume: by lvcreate and lvremove
# alone, and through the driver. Writes a markdown table.
#
# usage: scripts/bench-lvm.sh [--volumes LIST] [--calls N] [--timeout S]
#
#   --volumes   counts of volumes that the group holds meanwhile     (default: "10 100 500")
#   --calls     creates and deletes that are counted at each, a way  (default: 5)
#   --timeout   seconds until the guest is stopped                   (default: 1800)
#
# It boots the guest of scripts/vm, whose clock counts instructions, so a busy host makes it longer
# and changes no figure. Counted is all that the guest's one processor does that is not idling: the
# programs, the driver, its client, and the kernel for all of them. Both ways run in the same boot,
# in turns, with the same settings of LVM. The volumes that are there are active and carry the tags
# of Cairn.
#
# The binary is $CAIRN_BINARY, or built for release.
set -euo pipefail
source "$(dirname "$0")/common.sh"

counts="10 100 500"
calls=5
time_limit=1800

while (($#)); do
    case $1 in
        --volumes) counts=${2:?--volumes needs a list} && shift 2 ;;
        --calls) calls=${2:?--calls needs a number} && shift 2 ;;
        --timeout) time_limit=${2:?--timeout needs seconds} && shift 2 ;;
        *) usage && exit 2 ;;
    esac
done

if [[ -z ${CAIRN_BENCH_GUEST:-} ]]; then
    scripts/install-dependencies.sh --guest >&2
    if [[ -z ${CAIRN_BINARY:-} ]]; then
        require_swift
        swift build -c release --product cairn >&2
        CAIRN_BINARY=$(swift build -c release --show-bin-path)/cairn
    fi
    export CAIRN_BINARY
    exec scripts/vm --icount --timeout "$time_limit" --memory 2G --scratch 256G --env CAIRN_BINARY \
        --env CAIRN_BENCH_GUEST=yes "$0" --volumes "$counts" --calls "$calls"
fi

# As the driver runs it: see LVMCommand.swift.
settings="activation { monitoring=0 thin_pool_autoextend_threshold=100
    snapshot_autoextend_threshold=100 } backup { backup=0 archive=0 }"
disk=/dev/vda
folder=$(mktemp -d)
socket=unix://$folder/csi.sock
driver=""
trap '[[ -z $driver ]] || kill "$driver"; kill "$spinner"' EXIT

# Runs where nothing else does. A guest that idles, as while the host reads for it, would leap to its
# next timer, so that the deadlines of the driver would pass in no time.
chrt --idle 0 bash -c 'while :; do :; done' &
spinner=$!

# Nanoseconds, and so instructions, for which the processor has run anything else than that.
busy() {
    local name all idle
    read -r idle _ <"/proc/$spinner/schedstat"
    while read -r name _ _ _ _ _ _ all _; do
        [[ $name != cpu0 ]] || echo $((all - idle))
    done </proc/schedstat
}

lvm_alone() {
    lvm "$1" --config "$settings" --yes --devices "$disk" "${@:2}" &>"$folder/lvm" ||
        die "$1: $(cat "$folder/lvm")"
}

# make_group COUNT: a group with a thin pool and that many volumes, in place of what is there.
#
# They are written into the metadata of LVM and of the pool, as hundreds of runs of lvcreate would.
make_group() {
    {
        [[ ! -e /dev/bench ]] || vgchange --activate n bench
        pvcreate --yes --force --force --metadatasize 32m "$disk"
        vgcreate bench "$disk"
        lvcreate --yes --size 64G --poolmetadatasize 256M --thinpool bench/pool
        lvcreate --yes --size 256M --name new bench
        vgchange --activate n bench
        lvchange --activate y bench/new
        pool_text "$1" >"$folder/pool"
        thin_restore --input "$folder/pool" --output /dev/mapper/bench-new
        lvchange --activate n bench/new
        lvconvert --yes --thinpool bench/pool --poolmetadata bench/new
        vgcfgbackup --file "$folder/group" bench
        group_text "$1" <"$folder/group" >"$folder/filled"
        vgcfgrestore --force --file "$folder/filled" bench
        vgchange --activate y bench
    } &>"$folder/lvm" || die "no group: $(tail -n 5 "$folder/lvm")"
    [[ $(lvs --noheadings --options name --select lv_active=active bench | wc -l) -ge $1 ]] ||
        die "there are no $1 volumes: $(tail -n 5 "$folder/lvm")"
}

# The pool's metadata, for thin_restore.
pool_text() {
    local number
    echo "<superblock uuid='' time='0' transaction='$1' data_block_size='128' nr_data_blocks='0'>"
    for ((number = 1; number <= $1; number++)); do
        echo "<device dev_id='$number' mapped_blocks='0' transaction='0' creation_time='0'" \
            "snap_time='0'></device>"
    done
    echo "</superblock>"
}

# The group's metadata with so many volumes in it.
group_text() {
    awk -v count="$1" '
    /^\tlogical_volumes \{/ {
        print
        for (i = 1; i <= count; i++) {
            printf "v1-00000000000000f1-%032x {\n", i
            printf "id = \"AAAAAA-AAAA-AAAA-AAAA-AAAA-AAAA-%06d\"\n", i
            print "status = [\"READ\", \"WRITE\", \"VISIBLE\"]\nflags = []"
            print "creation_time = 1795381121\ncreation_host = \"cairn-guest\""
            printf "tags = [\"cairn\", \"cairn.tier=bench\", \"cairn.state=ready\", "
            printf "\"cairn.contents=blank\", \"cairn.fs=ext4\", \"cairn.size=67108864\", "
            printf "\"cairn.capability=0:SINGLE_NODE_WRITER:mount:\", "
            printf "\"cairn.created=%d.000000042\", ", 1795381121 + i
            printf "\"cairn.name=pvc-6f1d1a0e-3f0e-4f63-9d0c-%012d\"]\n", i
            print "segment_count = 1\nsegment1 {\nstart_extent = 0\nextent_count = 16"
            print "type = \"thin\"\nthin_pool = \"pool\"\ntransaction_id = 0"
            printf "device_id = %d\n}\n}\n", i
        }
        next
    }
    # The first one is the pool: its volumes stand before it, and all say 0.
    /^\t\t\t\ttransaction_id = 0/ { sub(/0/, count) }
    { print }'
}

start_driver() {
    cat >"$folder/tiers.yaml" <<'YAML'
tiers:
  - name: bench
    lvm: {volumeGroup: bench, thinPool: pool, overcommit: 100}
YAML
    mkdir -p "$folder/kubelet"
    # The group of the row before had the same name, and is gone for good.
    rm -rf "$folder/state"
    "$CAIRN_BINARY" standalone --endpoint "$socket" --node-id bench --config "$folder/tiers.yaml" \
        --kubelet-dir "$folder/kubelet" --usage-dir "$folder/usage" --state-dir "$folder/state" 2>"$folder/log" &
    driver=$!
    "$CAIRN_BINARY" bench --endpoint "$socket" --until-ready 60 >/dev/null ||
        die "the driver did not start: $(tail -n 3 "$folder/log")"
}

stop_driver() {
    kill -TERM "$driver" && wait "$driver" && driver=""
}

# alone CALLS: sets alone_create and alone_delete, the sums over all calls.
alone() {
    local number began calls=$1
    began=$(busy)
    for ((number = 0; number < calls; number++)); do
        lvm_alone lvcreate --name "alone$number" --virtualsize 64m --thinpool bench/pool
    done
    alone_create=$(($(busy) - began))
    began=$(busy)
    for ((number = 0; number < calls; number++)); do lvm_alone lvremove "bench/alone$number"; done
    alone_delete=$(($(busy) - began))
}

# through CALLS: the same for the driver. `cairn bench` says when it begins with an operation.
through() {
    local line now calls=$1 create_began=0 delete_began=0
    through_create=0 through_delete=0
    while IFS= read -r line; do
        now=$(busy)
        echo "$line" >&3
        case $line in
            "CreateVolume: "*) create_began=$now ;;
            "CreateVolume, replayed: "*) through_create=$((now - create_began)) ;;
            "DeleteVolume: "*) delete_began=$now ;;
            "operation "*) through_delete=$((now - delete_began)) ;;
        esac
    done < <("$CAIRN_BINARY" bench --endpoint "$socket" --volumes "$calls" --volume-size 64Mi \
        --calls 10 --rounds 1 2>&1) 3>"$folder/bench"
    ((through_create > 0 && through_delete > 0)) ||
        die "cairn bench failed: $(cat "$folder/bench" "$folder/log")"
}

# row COUNT NAME ALONE THROUGH
row() {
    awk -v n="$1" -v name="$2" -v a="$3" -v t="$4" -v calls="$calls" 'BEGIN {
        printf "| %7d | %-6s | %8.1f M | %8.1f M | %5.2f |\n", n, name, a / calls / 1e6,
            t / calls / 1e6, t / a }'
}

echo "| volumes | call   |      alone |     driver | ratio |"
echo "| ------: | ------ | ---------: | ---------: | ----: |"
for count in $counts; do
    make_group "$count"
    start_driver
    # The first of each reads programs and the group for the first time.
    alone 1 && through 1
    alone "$calls" && through "$calls"
    row "$count" create "$alone_create" "$through_create"
    row "$count" delete "$alone_delete" "$through_delete"
    stop_driver
done
