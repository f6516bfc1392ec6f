#!/usr/bin/env bash
# Fuzzes what reads bytes from outside, guided by coverage: libFuzzer with the address and leak
# sanitizers, which Swift brings along.
#
# usage: scripts/fuzz.sh [--seconds N] [NAME]...
#        scripts/fuzz.sh --replay NAME FILE
#
#   --seconds N     for all fuzzers together, default 60; each processor runs one at a time
#   --replay        runs one input again, which an earlier run found
#   NAME            only this fuzzer; several may be named. They are:
#                   messages        the decoder of every request, and the encoder on what it read
#                   configuration   the tiers file
#                   ids             volume and snapshot ids
#                   sizes           sizes as people write them
#                   mkfs            mkfsOptions of a StorageClass
#                   mountflags      mount flags of a capability
#                   mountinfo       the kernel's mount table
#                   records         volume.json, snapshot.json and the marker of a pool
#                   endpoints       --endpoint
#                   targets         paths of a request, and kubelet's folder
#                   tags            any text as a tag of LVM
#                   superblock      the ext4 superblock of a volume
#                   lvmtext         the metadata text of a volume group, and the tags in it
#                   lvmdisk         the label of a disk of LVM, and its metadata areas
#
# What they promise beside not to crash stands in Tests/Fuzzing. Each begins with the inputs of
# Tests/Fuzzing/Corpus and with what earlier runs here found worth keeping.
#
# An input that ends a fuzzer is named with the command that replays it; what was wrong with it
# belongs into a unit test. The last line is "N passed, N failed". Logs, inputs: .build/fuzz-runs/
set -euo pipefail
source "$(dirname "$0")/common.sh"

all_fuzzers=(messages configuration ids sizes mkfs mountflags mountinfo records endpoints targets
    tags superblock lvmtext lvmdisk)
runs=.build/fuzz-runs
# A build of its own, in which every branch reports to libFuzzer. The linker that Swift takes by
# itself, gold, ends with an internal error on it.
build=(swift build --configuration release --scratch-path .build/fuzz --product Fuzzing
    -Xswiftc "-sanitize=fuzzer,address" -Xcc "-fsanitize=fuzzer-no-link,address"
    -Xswiftc -enable-testing -Xswiftc -use-ld=lld)
export CAIRN_FUZZING=1
# Swift's own crash report would come before libFuzzer could keep the input.
export SWIFT_BACKTRACE=enable=no

is_fuzzer() {
    [[ " ${all_fuzzers[*]} " == *" $1 "* ]]
}

build_fuzzers() {
    require_swift
    mkdir -p "$runs"
    if ! "${build[@]}" >"$runs/build.log" 2>&1; then
        tail -n 40 "$runs/build.log"
        die "the fuzzers do not build"
    fi
    binary=$("${build[@]}" --show-bin-path)/Fuzzing
}

# Each sample of a request, behind the byte by which MessageFuzzer chooses it.
message_seeds() {
    local folder=$1 requests contract index name hex
    mapfile -t requests < <(grep -oP '^ +\K\w+(?=\(\),$)' Tests/Fuzzing/MessageFuzzer.swift)
    contract=$(grep -rhoP '^extension \K\w+(?=: CSI(Stream)?Request )' Sources/CSIMessages | sort)
    [[ $contract == "$(printf '%s\n' "${requests[@]}" | sort)" ]] ||
        die "the requests of Tests/Fuzzing/MessageFuzzer.swift are not those of the contract"
    while read -r name hex; do
        for index in "${!requests[@]}"; do
            [[ ${requests[index]} == "$name" ]] || continue
            hexadecimal "$(printf '%02x' "$index")$hex" >"$folder/$name"
        done
    done < <(awk '
        after_sample { sub(/\(.*/, ""); name = $1; after_sample = 0 }
        /MessageSample\($/ { after_sample = 1 }
        /"""/ { if (is_hex) print name, hex; is_hex = !is_hex; hex = ""; next }
        is_hex { hex = hex $1 }
    ' Tests/CSIMessagesTests/Generated/*.swift)
}

# hexadecimal DIGITS: the bytes
hexadecimal() {
    # shellcheck disable=SC2001 # each pair, which no expansion of bash can name
    printf '%b' "$(sed 's/../\\x&/g' <<<"$1")"
}

# Disks as LVM has written them, in hexadecimal: a label's sector, the head of an area.
disk_seeds() {
    local file
    for file in Tests/Fuzzing/Corpus/lvmdisk/*; do
        hexadecimal "$(tr -d ' \n' <"$file")" >"$1/$(basename "$file")"
    done
}

# seeds NAME FOLDER
seeds() {
    case $1 in
        messages) message_seeds "$2" ;;
        lvmdisk) disk_seeds "$2" ;;
        *) cp Tests/Fuzzing/Corpus/"$1"/* "$2" ;;
    esac
    [[ $1 != lvmtext ]] || cp Tests/BackendLVMMetadataTests/Samples/*.vg "$2"
    [[ $1 != configuration ]] || cp deploy/examples/*.yaml "$2"
}

# statistic NAME LOG: a figure of libFuzzer's final statistics.
statistic() {
    awk -v name="stat::$1:" '$1 == name { print $2 }' "$2"
}

# What ended a fuzzer, the input, and how to see it again.
show_finding() {
    local name=$1 log=$2 folder=$3 input
    grep -aE 'Fatal error|ERROR: |SUMMARY: ' "$log" | head -n 5 || tail -n 20 "$log"
    for input in "$folder"/*-*; do
        [[ -f $input ]] || continue
        echo "input: $input: $(head -c 200 "$input" | od -An -v -tx1 | tr -d ' \n')"
        echo "again: scripts/fuzz.sh --replay $name $input"
    done
}

# fuzz NAME SECONDS: one row, and the finding if there is one.
fuzz() {
    local name=$1 folder=$runs/$1 log=$runs/$1.log code=0 longest=4096
    # The smallest group is described by as much.
    [[ $1 != lvmtext ]] || longest=8192
    rm -rf "$folder"/{seeds,found}
    mkdir -p "$folder"/{corpus,seeds,found}
    seeds "$name" "$folder/seeds"
    CAIRN_FUZZER=$name "$binary" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 \
        -max_len="$longest" -print_final_stats=1 -artifact_prefix="$folder/found/" \
        "$folder/corpus" "$folder/seeds" >"$log" 2>&1 || code=$?
    printf '%-14s %10s runs %8s per second %6s new inputs  %s\n' "$name" \
        "$(statistic number_of_executed_units "$log")" \
        "$(statistic average_exec_per_sec "$log")" "$(statistic new_units_added "$log")" \
        "$( ((code == 0)) || echo "ended with code $code")"
    ((code == 0)) || show_finding "$name" "$log" "$folder/found"
    return "$code"
}

seconds=60
fuzzers=()
while (($#)); do
    case $1 in
        --seconds)
            [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || die "--seconds takes a number from 1"
            seconds=$2
            shift 2
            ;;
        --replay)
            is_fuzzer "${2:-}" || die "--replay takes one of: ${all_fuzzers[*]}"
            [[ -f ${3:-} ]] || die "--replay takes a name and the file of an input"
            build_fuzzers
            CAIRN_FUZZER=$2 exec "$binary" "$3"
            ;;
        *)
            is_fuzzer "$1" || { usage && exit 2; }
            fuzzers+=("$1")
            shift
            ;;
    esac
done
((${#fuzzers[@]})) || fuzzers=("${all_fuzzers[@]}")

build_fuzzers
share=$((seconds / ${#fuzzers[@]}))
((share > 0)) || share=1
# One for each processor at a time.
for name in "${fuzzers[@]}"; do
    while (($(jobs -pr | wc -l) >= $(nproc))); do wait -n || true; done
    rm -f "$runs/$name.passed"
    (fuzz "$name" "$share" >"$runs/$name.row" && touch "$runs/$name.passed") &
done
wait
passed=0
failed=0
for name in "${fuzzers[@]}"; do
    cat "$runs/$name.row"
    if [[ -f $runs/$name.passed ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
((failed == 0))
