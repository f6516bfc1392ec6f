#!/usr/bin/env bash
# Runs an installed csi-sanity (kubernetes-csi/csi-test) against `cairn standalone`, on pools that
# it makes for the purpose, and prints one row a run.
#
# usage: scripts/csi-sanity.sh [--pool LIST] [--access LIST] [--provisioning LIST] [--seeds LIST]
#                              [--focus REGEX] [--disk PATH] [--logs DIR] [--keep-logs]
#
#   --pool           ext4, xfs, btrfs or all of these, or lvm; several in quotes
#                                                                       (default: "ext4 xfs")
#   --access         mount, block or both                               (default: both)
#   --provisioning   thin, thick or both                                (default: thin)
#   --seeds          orders in which the specs run, as numbers          (default: "1 2 3 4 5")
#   --focus          only the specs whose name matches
#   --disk           for the pool lvm: a blank disk that it takes for a volume group, and gives
#                    back blank                                         (default: $CAIRN_LVM_DISK)
#   --logs           a new directory for the logs of failures           (default: one in /tmp)
#   --keep-logs      keep the logs of runs that passed, too
#
# The pool lvm needs a kernel with device mapper; the guest of scripts/vm has one:
#
#   scripts/vm --scratch 64G --memory 2G --timeout 3600 --env CAIRN_LVM_DISK=/dev/vda \
#       --env CAIRN_BINARY="$PWD/.build/debug/cairn" --env CSI_SANITY=/usr/local/bin/csi-sanity \
#       scripts/csi-sanity.sh --pool lvm --provisioning both --seeds 1
#
# csi-sanity is looked for in $CSI_SANITY, then on PATH; without it the script ends with 3. The
# binary under test is $CAIRN_BINARY, or built where that is not set. Needs root.
#
# Everything happens in a private mount namespace and one temporary folder, so nothing of a broken
# run stays. The last line is "N passed, N failed"; a run fails, too, when it leaves a volume, a
# mount, a loop device or a mapped device behind, or when the driver does not end in good order.
set -euo pipefail
source "$(dirname "$0")/common.sh"
source scripts/specs.sh

volume_bytes=$((1024 * 1024 * 1024))
# Zeros are written to a thick volume of LVM before it is handed out.
lvm_volume_bytes=$((64 * 1024 * 1024))
# Images are sparse: room enough for every volume of a run to be thick.
pool_size=48G

sanity=${CSI_SANITY:-$(command -v csi-sanity || true)}
pools="ext4 xfs"
accesses=both
provisionings=thin
seeds="1 2 3 4 5"
focus=""
disk=${CAIRN_LVM_DISK:-}
kept_logs=""
keep_logs=no
given=("$@")

while (($#)); do
    case $1 in
        --pool) pools=${2:?--pool needs a list} && shift 2 ;;
        --access) accesses=${2:?--access needs a list} && shift 2 ;;
        --provisioning) provisionings=${2:?--provisioning needs a list} && shift 2 ;;
        --seeds) seeds=${2:?--seeds needs a list} && shift 2 ;;
        --focus) focus=${2:?--focus needs a regular expression} && shift 2 ;;
        --disk) disk=${2:?--disk needs a device} && shift 2 ;;
        --logs) kept_logs=$(realpath -m "${2:?--logs needs a folder}") && shift 2 ;;
        --keep-logs) keep_logs=yes && shift ;;
        *) usage && exit 2 ;;
    esac
done
[[ $pools != all ]] || pools="ext4 xfs btrfs"
[[ $accesses != both ]] || accesses="mount block"
[[ $provisionings != both ]] || provisionings="thin thick"

if [[ ! -x $sanity ]]; then
    cat <<'NOTE'
csi-sanity was not found. Build version 5.5.0 of it from the project kubernetes-csi/csi-test
(go build ./cmd/csi-sanity), then put it on PATH or name it in CSI_SANITY.
NOTE
    exit 3
fi
require_root "loop devices and mounts"

# The rest runs in a mount namespace of its own: the script starts itself there.
if [[ -z ${CAIRN_SANITY_NAMESPACE:-} ]]; then
    if [[ -z ${CAIRN_BINARY:-} ]]; then
        require_swift
        swift build --product cairn
        CAIRN_BINARY=$(swift build --show-bin-path)/cairn
    fi
    [[ -x $CAIRN_BINARY ]] || die "$CAIRN_BINARY is no program"
    export CAIRN_BINARY CAIRN_SANITY_NAMESPACE=private
    exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
        "$0" "${given[@]}"
fi

folder=$(mktemp -d /tmp/cairn-sanity.XXXXXX)
logs=$folder/logs
kept_logs=${kept_logs:-$folder.logs}
# The volume group of the pool lvm; empty while there is none.
group=""
driver=""
total_passed=0
total_failed=0
mkdir "$logs" "$folder/run"

# Unmounts the deepest first; what cannot be unmounted dies with the namespace.
clean_up() {
    local target
    stop_driver || true
    awk -v root="$folder/" 'index($5, root) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
        while IFS= read -r target; do umount "$target" || umount --lazy "$target" || true; done
    [[ -z $group ]] || drop_group || true
    if ((total_failed > 0)) || [[ $keep_logs == yes ]]; then
        mv "$logs" "$kept_logs"
        echo "logs: $kept_logs" >&2
    fi
    rm -rf --one-file-system -- "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# make_pool TYPE: an image of that file system, mounted at $folder/TYPE; or a volume group.
make_pool() {
    local type=$1 options=()
    case $type in
        lvm)
            make_group
            return
            ;;
        ext4) options=(-q -F) ;;
        xfs) options=(-q -m reflink=1) ;;
        btrfs) options=(-q) ;;
        *) die "--pool knows ext4, xfs, btrfs, lvm and all, not $type" ;;
    esac
    truncate --size "$pool_size" "$folder/$type.img"
    "mkfs.$type" "${options[@]}" "$folder/$type.img" >"$logs/mkfs" 2>&1
    mkdir "$folder/$type"
    mount -o loop "$folder/$type.img" "$folder/$type"
}

drop_pool() {
    if [[ $1 == lvm ]]; then drop_group; else umount "$folder/$1" && rm -f "$folder/$1.img"; fi
}

# A volume group with half of the disk for thick volumes, and half of it for a thin pool.
make_group() {
    [[ -n $disk ]] || die "--pool lvm needs a blank disk: name it with --disk or CAIRN_LVM_DISK"
    [[ -b $disk ]] || die "$disk is no block device"
    dmsetup version >"$logs/lvm" 2>&1 ||
        die "this kernel has no device mapper: run it in the guest, see scripts/vm --help"
    if [[ -n $(wipefs --no-act --noheadings "$disk") ]] ||
        ! cmp --quiet --bytes=1M "$disk" /dev/zero; then
        die "$disk is not blank: nothing was changed"
    fi
    group=${folder##*/cairn-}
    {
        vgcreate --yes "$group" "$disk"
        lvcreate --yes --extents 50%FREE --zero y --thinpool "$group/pool"
    } >"$logs/lvm" 2>&1 || die "no volume group on $disk: $(cat "$logs/lvm")"
}

drop_group() {
    vgremove --yes --force "$group" && pvremove --yes "$disk" && group=""
} >>"$logs/lvm" 2>&1

# tier POOL PROVISIONING STORE: what the tiers file says of it.
tier() {
    case $1-$2 in
        lvm-thick) echo "lvm: {volumeGroup: $group, wipe: zero}" ;;
        lvm-thin) echo "lvm: {volumeGroup: $group, thinPool: pool, overcommit: 10}" ;;
        *) echo "loop: {directory: $3, create: true, mountPoint: false, provisioning: $2}" ;;
    esac
}

# start_driver TIER LOG
start_driver() {
    cat >"$folder/tiers.yaml" <<YAML
tiers:
  - name: sanity
    default: true
    $1
YAML
    : >"$2"
    # Each run has a pool of its own; the state of the last one would miss its pool.
    rm -rf "${folder:?}/state"
    "$CAIRN_BINARY" standalone --endpoint "unix://$folder/run/csi.sock" --node-id sanity \
        --config "$folder/tiers.yaml" --kubelet-dir "$folder/kubelet" \
        --usage-dir "$folder/usage" --state-dir "$folder/state" --log-level debug 2>"$2" &
    driver=$!
    for _ in {1..200}; do
        # It listens first and opens its tiers then; csi-sanity does not wait for Probe's ready.
        ! grep --quiet 'tier is ready' "$2" || return 0
        kill -0 "$driver" 2>/dev/null || break
        sleep 0.05
    done
    tail -n 5 "$2"
    total_failed=1
    die "the driver did not start"
}

# Ends the driver as a service manager would; its exit code is the answer.
stop_driver() {
    local code=0
    [[ -n $driver ]] || return 0
    kill -TERM "$driver" 2>/dev/null || true
    wait "$driver" || code=$?
    driver=""
    return "$code"
}

# What must not be there when a run is over: volumes and snapshots, mounts, devices.
leftovers() {
    local store=$1
    find "$store" -mindepth 2 -maxdepth 2 -type d -printf 'in the pool: %P\n'
    if [[ -n $group ]]; then
        lvs --noheadings --options lv_full_name "$group" --select lv_tags=cairn |
            sed 's/^ */in the group: /'
        dmsetup ls | grep "^$group-" | grep -v "^$group-pool" | sed 's/^/mapped: /' || true
    fi
    awk -v root="$folder/kubelet" 'index($5, root) == 1 { print "mounted: " $5 }' \
        /proc/self/mountinfo
    losetup --list --noheadings --raw --output NAME,BACK-FILE | grep -F "$store" |
        sed 's/^/attached: /' || true
}

# run POOL PROVISIONING ACCESS SEED: one csi-sanity from an empty tier to an empty tier, and a row.
run() {
    local pool=$1 provisioning=$2 access=$3 seed=$4
    local store=$folder/$pool/$provisioning-$access-$seed log code=0 notes=()
    local passed=0 failed=0 skipped=0 began=$SECONDS size=$volume_bytes
    [[ $pool != lvm ]] || size=$lvm_volume_bytes
    log=$logs/$pool-$provisioning-$access-$seed

    mkdir --parents "$folder/kubelet" "$store"
    start_driver "$(tier "$pool" "$provisioning" "$store")" "$log.driver"
    "$sanity" --csi.endpoint "unix://$folder/run/csi.sock" \
        --csi.mountdir "$folder/kubelet/target" --csi.stagingdir "$folder/kubelet/staging" \
        --csi.testvolumeaccesstype "$access" \
        --csi.testvolumesize "$size" --csi.testvolumeexpandsize $((2 * size)) \
        --ginkgo.randomize-all --ginkgo.seed "$seed" --ginkgo.no-color --ginkgo.timeout 10m \
        ${focus:+--ginkgo.focus "$focus"} >"$log.log" 2>&1 || code=$?
    leftovers "$store" >"$log.left"
    stop_driver || notes+=("the driver ended with code $?")

    count_specs "$log.log" "$code"
    [[ ! -s $log.left ]] || notes+=("left behind: $(wc -l <"$log.left") things")

    failed=$((failed + ${#notes[@]}))
    printf '%-6s %-6s %-6s %5s %7d %7d %8d %5d s  %s\n' "$pool" "$provisioning" "$access" \
        "$seed" "$passed" "$failed" "$skipped" $((SECONDS - began)) \
        "$(IFS=';' && echo "${notes[*]-}")"
    grep -hE '^ +\[(FAIL|PANICKED|TIMEDOUT|INTERRUPTED)\]' "$log.log" || true
    head -n 10 "$log.left"
    total_passed=$((total_passed + passed))
    total_failed=$((total_failed + failed))
    clean_run "$store"
}

# Makes room for the next run, whatever this one left.
clean_run() {
    local target
    awk -v root="$folder/kubelet" 'index($5, root) == 1 { print $5 }' /proc/self/mountinfo |
        sort -r | while IFS= read -r target; do umount "$target" || true; done
    rm -rf --one-file-system -- "$folder/kubelet" "$folder/usage" "$1" || true
    [[ -z $group ]] || lvremove --yes --quiet --select "vg_name=$group && lv_tags=cairn" || true
}

printf '%-6s %-6s %-6s %5s %7s %7s %8s %7s\n' pool tier access seed passed failed skipped time
for pool in $pools; do
    make_pool "$pool"
    for provisioning in $provisionings; do
        for access in $accesses; do
            for seed in $seeds; do
                run "$pool" "$provisioning" "$access" "$seed"
            done
        done
    done
    drop_pool "$pool" || true
done

echo "$total_passed passed, $total_failed failed"
((total_failed == 0))
