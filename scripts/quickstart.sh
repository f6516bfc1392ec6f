#!/usr/bin/env bash
# The quick start: installs missing packages, builds cairn, runs it in a temporary directory, and walks
# a volume through its whole life over the socket. Leaves nothing behind except the build.
#
# usage: scripts/quickstart.sh [--filesystem ext4|xfs|btrfs] [--debug] [--keep]
#
#   --filesystem   the file system of the volumes; default ext4
#   --debug        build without optimization, which takes less time
#   --keep         leave the driver running, and print how to use and stop it
set -euo pipefail
source "$(dirname "$0")/common.sh"

filesystem=ext4
configuration=release
keep=no
while (($#)); do
    case $1 in
        --filesystem) filesystem=${2:?--filesystem needs a name} && shift 2 ;;
        --debug) configuration=debug && shift ;;
        --keep) keep=yes && shift ;;
        *) usage && exit 2 ;;
    esac
done

require_root "loop devices and mounts"

step() { printf '\n== %s\n' "$*"; }

step "Installing what is missing"
scripts/install-dependencies.sh
require_swift

step "Building (a few minutes the first time)"
swift build -c "$configuration" --product cairn
cairn=$(swift build -c "$configuration" --show-bin-path)/cairn

folder=$(mktemp -d /tmp/cairn-quickstart.XXXXXX)
mkdir "$folder/run" "$folder/mounts"
cat > "$folder/tiers.yaml" <<YAML
tiers:
  - name: scratch
    default: true
    loop: {directory: $folder/scratch, provisioning: thin}
YAML

step "Making the tier's pool"
export CAIRN_STATE_DIR=$folder/state
"$cairn" pool create scratch --config "$folder/tiers.yaml"

step "Starting the driver in $folder"
"$cairn" standalone --endpoint "unix://$folder/run/csi.sock" --node-id quickstart \
    --config "$folder/tiers.yaml" --usage-dir "$folder/usage" --kubelet-dir "$folder/mounts" 2> "$folder/cairn.log" &
driver=$!

# Nothing is removed while anything is mounted beneath the folder.
stop() {
    kill -TERM "$driver" 2> /dev/null || true
    wait "$driver" 2> /dev/null || true
    if grep -q " $folder/" /proc/self/mountinfo; then
        echo "quickstart: something is still mounted under $folder; it stays" >&2
    else
        rm -rf -- "$folder"
    fi
}
if [[ $keep == no ]]; then trap stop EXIT; fi

for _ in {1..100}; do
    # It listens first and opens its tiers then.
    grep --quiet 'tier is ready' "$folder/cairn.log" && break
    kill -0 "$driver" 2> /dev/null || die "the driver ended: $(cat "$folder/cairn.log")"
    sleep 0.1
done

step "The life of a volume"
if ! "$cairn" walk --endpoint "unix://$folder/run/csi.sock" --directory "$folder/mounts" \
    --filesystem "$filesystem"; then
    tail -n 20 "$folder/cairn.log" >&2
    die "the walk failed; above are the last lines of the driver's log"
fi

step "What the driver logged, one line a call"
grep --max-count=5 'call succeeded' "$folder/cairn.log"

if [[ $keep == yes ]]; then
    printf '\nThe driver runs on: pid %s, endpoint unix://%s/run/csi.sock, log %s/cairn.log\n' \
        "$driver" "$folder" "$folder"
    printf 'Stop it with: kill %s\n' "$driver"
    disown "$driver"
fi
