#!/usr/bin/env bash
# Checks the image of deploy/Containerfile without a registry: makes the file system of its run stage,
# and starts every role in it.
#
# usage: scripts/image-check.sh [--keep]
#
#   --keep   leaves .build/image/root, for a look into it with chroot
#
# The binary is $CAIRN_BINARY, or built where that is not set. .build/image gets packages.txt, what is in
# the image with its size, and cairn.spdx.json, its bill of materials (SPDX 2.3). Needs root.
# The last line is "N passed, N failed".
#
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
source "$(dirname "$0")/common.sh"

# A bound on the file system without the binary, which may go down and not up: a package that brings
# much is a decision. On 2026-11-27 it was 232 MiB.
most_mebibytes=240
# What LVM and e2fsprogs start by themselves.
started_by_others=(thin_check thin_repair thin_dump)

work=$PWD/.build/image
root=$work/root
keep=no
inside=no
while (($#)); do
    case $1 in
        --keep) keep=yes && shift ;;
        # This script calls itself so, in namespaces of its own.
        --inside) inside=yes && shift ;;
        *) usage && exit 2 ;;
    esac
done

check_output=$work/output
source scripts/checks.sh

# Before a command of the image; words and not functions, so that $! is the command's own process.
in_root=(chroot "$root" /usr/bin/env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin)
# As the controller's container is: some user, no capability, no way to one.
as_controller=("${in_root[@]}" setpriv --reuid 65532 --regid 65532 --clear-groups
    --bounding-set=-all --inh-caps=-all --no-new-privs)

# The programs that the driver starts, as each target declares its own.
programs() {
    grep --recursive --no-filename --only-matching --perl-regexp 'HostProgram\("\K[^"]+' Sources \
        --include '*.swift' | sort --unique
}

has_programs() {
    local program missing=0
    [[ $(programs | wc -l) -ge 9 ]] || { echo "no declaration of a HostProgram is found" && return 1; }
    for program in $(programs) "${started_by_others[@]}"; do
        "${in_root[@]}" sh -c "command -v $program" >/dev/null || { echo "$program is missing" && missing=1; }
    done
    return "$missing"
}

# Every way to run a program names one of HostProgram.
starts_only_known_programs() {
    local found
    # shellcheck disable=SC2016 # the names are perl's
    found=$(find Sources -name '*.swift' -exec \
        perl -0777 -ne 'print "$ARGV\n" if /HostCommand\(\s*(named|program):/' {} +) || return
    [[ -z $found ]] || { echo "these start others: $found" && return 1; }
}

resolves_libraries() {
    local program missing=0
    for program in cairn $(programs) "${started_by_others[@]}"; do
        "${in_root[@]}" sh -c "ldd \$(command -v $program)" >"$work/libraries" || return
        ! grep 'not found' "$work/libraries" || { echo "in $program" && missing=1; }
    done
    return "$missing"
}

has_its_version() {
    local version
    version=$("${in_root[@]}" cairn --version) || return
    [[ $version =~ ^[0-9]+(\.[0-9]+)+$ ]] || { echo "it says $version" && return 1; }
    grep -qxF "ARG VERSION=$version" deploy/Containerfile ||
        { echo "the binary is $version, and the label of deploy/Containerfile is not" && return 1; }
}

pins_its_bases() {
    [[ $(grep -cE '^ARG (DEBIAN|SWIFT)_IMAGE=\S+@sha256:[0-9a-f]{64}$' deploy/Containerfile) -eq 2 ]] || return
    ! grep -E '^FROM ' deploy/Containerfile | grep -vE '^FROM \$\{(DEBIAN|SWIFT)_IMAGE\}( AS \w+)?$'
}

installed_packages() {
    # shellcheck disable=SC2016 # the names are for dpkg-query
    "${in_root[@]}" dpkg-query --show --showformat '${Package}\t${Version}\t${Architecture}\t${Installed-Size}\n'
}

# The packages, the largest first, and the sum.
lists_contents() {
    installed_packages | sort --key 4,4nr >"$work/packages.txt" || return
    [[ -s $work/packages.txt ]]
}

is_small_enough() {
    local bytes mebibytes
    bytes=$(du --summarize --bytes --one-file-system --exclude usr/bin/cairn --exclude opt/swift \
        --exclude usr/local/lib/swift "$root" | cut -f1)
    mebibytes=$((bytes >> 20))
    echo "$mebibytes MiB" >"$work/size.txt"
    ((mebibytes <= most_mebibytes)) ||
        { echo "the file system is $mebibytes MiB, the limit is $most_mebibytes" && return 1; }
}

has_bill_of_materials() {
    installed_packages | python3 scripts/image/sbom.py --resolved Package.resolved \
        --version "$("${in_root[@]}" cairn --version)" >"$work/cairn.spdx.json" || return
    python3 scripts/image/sbom.py --check "$work/cairn.spdx.json"
}

# What a container has beside its image: /dev, /proc, /sys, volumes, and a root that is read-only.
mount_around() {
    mount --bind "$root" "$root"
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mkdir -p "$root/run/cairn" "$root/run/lock" "$root/etc/cairn" "$root/var/lib/cairn" \
        "$root/var/lib/kubelet"
    mount -o remount,bind,ro "$root"
    mount -t tmpfs -o mode=0755 tmpfs "$root/run"
    mkdir "$root/run/lock" "$root/run/cairn" "$root/run/controller"
    chown 65532:65532 "$root/run/controller"
    mkdir -p "$work"/volumes/{etc,state,kubelet,tier}
    cp -r "$work/certificates" "$work/volumes/etc/"
    chmod -R a+rX "$work/volumes/etc"
    # A container's /etc/cairn and so on are volumes.
    mount --bind "$work/volumes/etc" "$root/etc/cairn"
    mount --bind "$work/volumes/state" "$root/var/lib/cairn"
    mount --bind "$work/volumes/kubelet" "$root/var/lib/kubelet"
    mkdir "$work/volumes/state/scratch"
    cat >"$work/volumes/etc/tiers.yaml" <<YAML
tiers:
  - name: scratch
    default: true
    loop: {directory: /var/lib/cairn/scratch, create: true, mountPoint: false, volatile: true}
YAML
}

# serves PORT: the role at that port is ready.
serves() { curl --silent --fail --max-time 5 "http://127.0.0.1:$1/healthz/ready"; }

has_metrics() {
    curl --silent --fail --max-time 10 "http://127.0.0.1:$1/metrics" | grep -E "$2"
}

cannot_write() { ! "${as_controller[@]}" touch /usr/written /written; }

start() {
    local name=$1
    shift
    "$@" 2>"$work/$name.log" &
    processes+=($!)
}

start_roles() {
    start controller "${as_controller[@]}" cairn controller --endpoint unix:///run/controller/csi.sock \
        --listen 127.0.0.1:19810 --tls-dir /etc/cairn/certificates/controller --node-lease 6 \
        --metrics-address 127.0.0.1:19811
    start node "${in_root[@]}" cairn node --endpoint unix:///run/cairn/node.sock --listen 127.0.0.1:19820 \
        --controller 127.0.0.1:19810 --tls-dir /etc/cairn/certificates/node --node-id image \
        --config /etc/cairn/tiers.yaml --metrics-address 127.0.0.1:19821
    check "the controller serves as a user without rights, on a read-only root" eventually serves 19811
    check "it cannot write there" cannot_write
    check "the node serves" eventually serves 19821
    check "the node has registered with the controller" eventually \
        has_metrics 19811 '^cairn_nodes\{state="ready"\} 1$'
    check "the node knows its controller" eventually \
        has_metrics 19821 '^cairn_registration_age_seconds\{controller="127.0.0.1:19810"\} [0-5]\.'
    check "the controller's command line works in the image" \
        "${as_controller[@]}" cairn status --endpoint unix:///run/controller/csi.sock
    # It takes a lease for the controller to know that no node is missing.
    check "a volume of the cluster is made by the controller's socket" eventually \
        "${as_controller[@]}" cairn volume \
        create data --size 64Mi --endpoint unix:///run/controller/csi.sock
    check "the hop to the node is counted" has_metrics 19811 \
        '^cairn_hops_total\{method="/csi.v1.Controller/CreateVolume",code="OK"\} 1$'
    check "and deleted" "${as_controller[@]}" cairn volume delete data \
        --endpoint unix:///run/controller/csi.sock
    check "controller and node end when they are asked to" stop_roles
}

# Every role ends with 0 on SIGTERM, which chroot and setpriv pass on by being replaced.
stop_roles() {
    local process code=0
    for process in "${processes[@]}"; do kill -TERM "$process" || code=1; done
    for process in "${processes[@]}"; do wait "$process" || code=1; done
    processes=()
    return "$code"
}

start_standalone() {
    local filesystem
    start standalone "${in_root[@]}" cairn standalone --endpoint unix:///run/cairn/csi.sock \
        --node-id image --config /etc/cairn/tiers.yaml --metrics-address 127.0.0.1:19831
    check "standalone serves" eventually serves 19831
    for filesystem in ext4 xfs btrfs; do
        mkdir -p "$work/volumes/kubelet/$filesystem"
        check "the whole life of an $filesystem volume: make, mount, snapshot, clone, grow, delete" \
            "${in_root[@]}" cairn walk --endpoint unix:///run/cairn/csi.sock \
            --directory "/var/lib/kubelet/$filesystem" --filesystem "$filesystem"
    done
    check "no program has failed" no_program_failed
    check "doctor finds nothing wrong" "${in_root[@]}" cairn doctor --config /etc/cairn/tiers.yaml \
        --endpoint unix:///run/cairn/csi.sock
    check "standalone ends when it is asked to" stop_roles
}

no_program_failed() {
    ! has_metrics 19831 '^cairn_program_runs_total\{.*exit="([1-9][0-9]*|killed|deadline|not_started)"\} [1-9]'
}

show_help() {
    local command
    for command in "" controller node standalone volume snapshot pool doctor; do
        # shellcheck disable=SC2086 # no word where there is none
        "${in_root[@]}" cairn $command --help >/dev/null || return
    done
}

processes=()
end_processes() { for process in "${processes[@]}"; do kill -KILL "$process" 2>/dev/null || true; done; }

if [[ $inside == yes ]]; then
    trap end_processes EXIT
    scripts/make-certificates.sh "$work/certificates" >"$work/certificates.log" 2>&1
    mount_around
    check "the base images are pinned by digest, in one place" pins_its_bases
    check "the driver starts only programs that HostProgram names" starts_only_known_programs
    check "each of them is in the image" has_programs
    check "each library of each program is in the image" resolves_libraries
    check "the binary tells its version, which is the image's" has_its_version
    check "each command has its help" show_help
    check "what is in the image is listed" lists_contents
    check "it is no larger than $most_mebibytes MiB without the binary" is_small_enough
    check "its bill of materials is whole" has_bill_of_materials
    start_roles
    start_standalone
    ((failed == 0)) || tail -n 5 "$work"/{controller,node,standalone}.log || true
    echo "image: $(<"$work/size.txt") in $(wc -l <"$work/packages.txt") packages; the largest:"
    head -n 8 "$work/packages.txt" | awk '{ printf "  %6.1f MiB  %s %s\n", $4 / 1024, $1, $2 }'
    sum_up
    exit
fi

require_root "making a root file system"
scripts/install-dependencies.sh --image >&2
if [[ -z ${CAIRN_BINARY:-} ]]; then
    require_swift
    swift build --product cairn >&2
    CAIRN_BINARY=$(swift build --show-bin-path)/cairn
fi
clean_up() { [[ $keep == yes ]] || rm -rf --one-file-system -- "$root" "$work/volumes" "$work/certificates"; }
trap clean_up EXIT
rm -rf --one-file-system -- "$work"
mkdir -p "$work"
scripts/image-root.sh --binary "$CAIRN_BINARY" --folder "$root"
code=0
scripts/contained.sh --seconds 600 --grace 2 "$0" --inside || code=$?
exit "$code"
