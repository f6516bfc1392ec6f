#!/usr/bin/env bash
# Generates everything that comes from proto/: C by protoc-c, Swift values and test samples by
# scripts/proto. The output is checked in, so a build needs none of these tools.
#
# usage: scripts/generate-proto.sh           writes Sources/ and Tests/
#        scripts/generate-proto.sh --check   writes nothing; fails when what is checked in is stale
#
# Needs: protobuf-compiler, protobuf-c-compiler, libprotobuf-dev, python3-protobuf (Debian 12).
set -euo pipefail
cd "$(dirname "$0")/.."

protos=(csi.proto cairn.proto)
well_known=(google/protobuf/timestamp.proto google/protobuf/wrappers.proto)
c_folder=Sources/CCSIProto
swift_folder=Sources/CSIMessages/Generated
tests_folder=Tests/CSIMessagesTests/Generated

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

generate() {
    local root=$1
    mkdir -p "$root/$c_folder/include" "$root/$swift_folder" "$root/$tests_folder"
    protoc --proto_path=proto --proto_path=/usr/include --include_imports --include_source_info \
        --descriptor_set_out="$work/all.pb" "${protos[@]}"

    # Debian's own Python: it is the one that python3-protobuf belongs to.
    local tool=(env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 scripts/proto/generate.py)
    "${tool[@]}" plain "$work/all.pb" "$work/plain.pb"
    "${tool[@]}" swift "$work/all.pb" "$root/$swift_folder" "$root/$tests_folder" \
        --files "${protos[@]}"
    swift format --in-place --parallel --recursive --configuration .swift-format \
        "$root/$swift_folder" "$root/$tests_folder"

    protoc --descriptor_set_in="$work/plain.pb" --c_out="$root/$c_folder" \
        "${protos[@]}" "${well_known[@]}"
    (cd "$root/$c_folder" && find . -name '*.h' -not -path './include/*' -print0 |
        while IFS= read -r -d '' header; do
            mkdir -p "include/$(dirname "$header")" && mv "$header" "include/$header"
        done)
}

generate "$work/new"
case "${1:-}" in
--check)
    stale=0
    for folder in "$c_folder" "$swift_folder" "$tests_folder"; do
        diff -rq --exclude=module.modulemap "$folder" "$work/new/$folder" || stale=1
    done
    if ((stale)); then
        echo "generated files are stale: run scripts/generate-proto.sh" >&2
        exit 1
    fi
    ;;
"")
    for folder in "$c_folder" "$swift_folder" "$tests_folder"; do
        mkdir -p "$folder"
        find "$folder" -type f -not -name module.modulemap -delete
        cp -r "$work/new/$folder/." "$folder/"
        find "$folder" -type d -empty -delete
    done
    ;;
*)
    echo "usage: $0 [--check]" >&2
    exit 2
    ;;
esac
