#!/usr/bin/env bash
# Checks a running cluster from outside, with the command line and real failures; the command of
#
#   scripts/cluster.sh --nodes 3 --controllers 2 -- scripts/cluster-check.sh
#
# Prints a line for each check; the last line is "N passed, N failed".
set -euo pipefail

folder=${CAIRN_CLUSTER:?run it by scripts/cluster.sh}
first=$CSI_ENDPOINT
second=unix://$folder/controller-2.sock
check_output=$folder/check
source "$(dirname "$0")/checks.sh"
# Two clusters on one machine give the same name the same id, and `cairn unmount` looks at the loop
# devices of the whole machine.
data=data-${folder##*.}

# refused TEXT COMMAND...: the command fails, and says so with the text.
refused() {
    local text=$1 said
    shift
    if said=$("$@" 2>&1); then
        echo "it succeeded: $said"
        return 1
    fi
    [[ $said == *"$text"* ]] || {
        echo "$said"
        return 1
    }
}

same_id() { [[ $(id_of "$1" "$first") == "$(id_of "$1" "$second")" ]]; }
id_of() { cairn volume create "$1" --size 100Mi --endpoint "$2" --output json | grep '"id"'; }
has_state() { cairn status --output json | grep --quiet "\"state\" : \"$1\""; }
lists() { [[ $(cairn volume list --endpoint "$2" | grep -c '^-') -eq $1 ]]; }
spread() { [[ $(cairn volume list | grep -o 'v1-[0-9a-f]\{16\}' | sort -u | wc -l) -eq $1 ]]; }
signal() { kill "-$1" "$(<"$folder/$2.pid")"; }

check "a volume is made on some node" cairn volume create "$data" --size 100Mi
check "another replica finds the same volume" same_id "$data"
check "a volume is found by its name" cairn volume show "$data"
check "a snapshot is cut" cairn snapshot create "$data" cut
check "a snapshot is restored" cairn snapshot restore cut copy
check "a volume grows" cairn volume expand "$data" --size 150Mi
for name in a b c d e f; do
    check "volume $name is made" cairn volume create "$name" --size 300Mi
done
check "all volumes are listed by the first replica" lists 8 "$first"
check "all volumes are listed by the second replica" lists 8 "$second"
check "volumes spread over the nodes" spread 3
check "a tier that no node has is refused by name" \
    refused "no node" cairn volume create x --size 1Gi --parameter tier=gold
check "more than any node has is refused" refused "room" cairn volume create x --size 100Gi

# The node path needs no controller.
id=$(cairn volume show "$data" --output json | grep -o 'v1-[0-9a-f]*-[0-9a-f]*' | head -n 1)
holder=""
for node in n1 n2 n3; do
    [[ $id != "v1-$(printf %s "$node" | sha256sum | cut -c1-16)-"* ]] || holder=$node
done
check "a volume's id names its node" test -n "$holder"
signal STOP controller-1
signal STOP controller-2
target=$folder/$holder/kubelet/data
check "a volume is mounted while no controller answers" \
    cairn mount "$id" "$target" --endpoint "unix://$folder/$holder.sock"
check "it takes data" bash -c "echo kept >'$target/file'"
check "it is unmounted while no controller answers" \
    cairn unmount "$target" --endpoint "unix://$folder/$holder.sock"
check "a node lists its own volumes while no controller answers" \
    bash -c "cairn volume list --endpoint 'unix://$folder/$holder.sock' | grep --quiet '$id'"
check "a node tells its tiers at its own socket" cairn tier list --endpoint "unix://$folder/$holder.sock"
check "a node makes nothing without a controller" refused "socket of a controller" \
    cairn volume create alone --size 100Mi --endpoint "unix://$folder/$holder.sock"
check "a node removes nothing without a controller" refused "socket of a controller" \
    cairn volume delete "$id" --endpoint "unix://$folder/$holder.sock"
signal CONT controller-1
signal CONT controller-2
check "the controllers serve again" eventually lists 8 "$first"

# A node that is gone is never an answer about its volumes.
signal KILL "$holder"
check "a delete is refused while the node is away" \
    refused "node '$holder'" cairn volume delete "$id" --timeout 5
check "the node becomes silent" eventually has_state silent
check "a list is an error while a node is away" refused "$holder" cairn volume list
check "a create that any node may have made already waits" \
    refused "$holder" cairn volume create later --size 100Mi --timeout 5
echo "$holder" >"$folder/lost-nodes"
check "the node is lost once it is declared" eventually has_state lost
check "a volume of a lost node is deleted" cairn volume delete "$id"
check "a list does without the lost node" cairn volume list
check "a create does without the lost node" cairn volume create later --size 100Mi

# What leaves in an orderly way says so.
for node in n1 n2 n3; do [[ $node == "$holder" ]] || last=$node; done
signal TERM "$last"
check "a node that is stopped says so" eventually has_state leaving

sum_up
