#!/usr/bin/env bash
# Resets a machine under load again and again, and looks for everything that was acknowledged there.
#
# usage: scripts/powercut.sh [--rounds N] [--seed N]
#
#   --rounds   how often the power goes                (default: 3)
#   --seed     of the first round; the next count up   (default: 1)
#
# The machine is the guest of scripts/vm with two disks, and a tier of each kind on them: thick and
# thin LVM, and loop files on XFS. Six callers make random calls of the driver there, write files
# down to their disks, and note in a folder of the host what they were told, until the guest resets
# itself at once and without a sync. Then it starts again, and each volume, snapshot and file must
# be as it was acknowledged; at the end all is deleted, and nothing may be left.
# Tests/PowerCutTests says what this proves, and what it does not.
#
# The seed repeats the decisions of each caller and the moment, counted in calls; how the calls of
# different callers interleave is up to the machine. What failed stays in .build/powercut with its
# disks. The last line is "N passed, N failed".
set -euo pipefail
source "$(dirname "$0")/common.sh"

rounds=3
seed=1
while (($#)); do
    case $1 in
        --rounds) rounds=${2:?--rounds needs a number} && shift 2 ;;
        --seed) seed=${2:?--seed needs a number} && shift 2 ;;
        *) usage && exit 2 ;;
    esac
done

# boot TEST LOG: starts the guest with the disks for one test, and answers as scripts/vm does.
boot() {
    scripts/vm --timeout 600 --memory 1G --disk "$round/lvm.img" --disk "$round/loop.img" \
        --share "$round/notes" --env CAIRN_POWERCUT_NOTES="$round/notes" \
        --env CAIRN_POWERCUT_SEED="$seed" --env CAIRN_BINARY \
        --times "$bundle" --testing-library swift-testing --no-parallel \
        --filter "^PowerCutTests\..*$1" >"$2" 2>&1
}

make_round() {
    round=$PWD/.build/powercut/seed-$seed
    rm -rf "$round"
    mkdir -p "$round/notes"
    truncate --size 8G "$round/lvm.img"
    truncate --size 2G "$round/loop.img"
}

# Whether the power went under load, and nothing was wrong before or after.
run_round() {
    local code=0
    make_round
    boot 'callers call until the power goes' "$round/load.log" || code=$?
    if ((code != 125)) || [[ ! -s $round/notes/cut ]]; then
        cat "$round/load.log"
        echo "the guest ended with $code before its power went"
        return 1
    fi
    cat "$round/notes/cut" && echo
    code=0
    boot 'what was acknowledged is there' "$round/check.log" || code=$?
    grep '^acknowledged: ' "$round/check.log" || true
    if ((code != 0)) || ! grep -q ' Test run with 1 test .*passed' "$round/check.log"; then
        grep -A 6 '^✘' "$round/check.log" || tail -n 40 "$round/check.log"
        return 1
    fi
}

require_swift
[[ -n ${CAIRN_BINARY:-} ]] || swift build --build-tests
binaries=$(swift build --show-bin-path)
CAIRN_BINARY=${CAIRN_BINARY:-$binaries/cairn}
export CAIRN_BINARY
bundle=$binaries/cairnPackageTests.xctest
passed=0
failed=0
for ((left = rounds; left > 0; left--)); do
    began=$SECONDS
    if run_round; then
        rm -rf "$round"
        passed=$((passed + 1))
        echo "ok    seed $seed, $((SECONDS - began)) s"
    else
        failed=$((failed + 1))
        echo "FAIL  seed $seed, $((SECONDS - began)) s: disks, notes and logs are in $round," \
            "again: scripts/powercut.sh --rounds 1 --seed $seed"
    fi
    seed=$((seed + 1))
done
echo "$passed passed, $failed failed"
((failed == 0))
