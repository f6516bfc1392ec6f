#!/usr/bin/env bash
# Makes what scripts/vm boots: Debian's kernel with its modules, and a first file system.
#
# usage: scripts/guest/prepare.sh
#
# The kernel package is fetched by apt and unpacked into $CAIRN_GUEST_DIR (default:
# ~/.cache/cairn-guest); it is not installed, and the host's boot is left alone. What is there
# already is not made again: the second run takes no time. For a newer kernel, remove the folder.
set -euo pipefail
# shellcheck source=common.sh
source "$(dirname "$0")/../common.sh"

cache=${CAIRN_GUEST_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/cairn-guest}
sources=scripts/guest
# Loaded at the start; all others are loaded on demand, from the unpacked package.
first_modules=(virtio_mmio virtio_pci 9pnet_virtio 9p overlay virtio_console virtio_blk loop
    dm-mod dm-thin-pool)

[[ $(uname -m) == x86_64 ]] || die "the test guest is made for x86_64 hosts only"

need() {
    local program
    for program in "$@"; do
        PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null ||
            die "no $program: run scripts/install-dependencies.sh --guest as root"
    done
}

# The package that the meta package stands for, such as linux-image-6.1.0-56-amd64.
kernel_package() {
    apt-cache depends linux-image-amd64 2>/dev/null |
        awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }'
}

# Fetches the package into the current folder; old lists of packages name files that are gone.
download() {
    local package
    package=$(kernel_package)
    if [[ -z $package ]] || ! apt-get download --quiet --quiet "$package"; then
        require_root "reading the lists of packages (apt-get update)"
        apt-get update --quiet --quiet
        package=$(kernel_package)
        [[ -n $package ]] || die "apt knows no linux-image-amd64: is this Debian?"
        apt-get download --quiet --quiet "$package"
    fi
}

# unpack_kernel BZIMAGE FILE: the bare kernel, which boots seconds sooner than one that unpacks
# itself under emulation. The offsets are those of the kernel's boot protocol.
unpack_kernel() {
    local sectors offset length
    sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1")
    read -r offset length < <(od -An -tu4 -j $((0x248)) -N 8 "$1")
    ((sectors > 0)) || sectors=4
    head -c "$length" < <(tail -c +$(((sectors + 1) * 512 + offset + 1)) "$1") >"$2.packed"
    case $(od -An -tx1 -N 4 "$2.packed") in
        " fd 37 7a 58") xz --decompress --stdout --single-stream "$2.packed" >"$2" ;;
        # It boots packed as well, only later.
        *) cp "$1" "$2" ;;
    esac
    rm "$2.packed"
}

make_kernel() {
    local work=$cache/kernel.new began=$SECONDS version
    echo "fetching Debian's kernel for the test guest" >&2
    rm -rf "$work"
    mkdir -p "$work"
    # The sandbox of apt may not write here, and need not.
    (cd "$work" && download 2> >(grep -v unsandboxed >&2))
    dpkg-deb --extract "$work"/linux-image-*.deb "$work/root"
    version=$(basename "$work"/root/lib/modules/*)
    unpack_kernel "$work/root/boot/vmlinuz-$version" "$work/vmlinux"
    mv "$work/root/lib/modules" "$work/modules"
    mkdir -p "$work/lib"
    ln -s ../modules "$work/lib/modules"
    depmod --basedir "$work" "$version"
    rm -rf "$work/root" "$work"/*.deb
    echo "$version" >"$work/version"
    mv "$work" "$cache/kernel"
    echo "kernel $version is ready after $((SECONDS - began)) s" >&2
}

# The modules and all that they stand on, in the order of loading.
module_files() {
    local module
    for module in "${first_modules[@]}"; do
        modprobe --dirname "$cache/kernel" --set-version "$(cat "$cache/kernel/version")" \
            --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
    done | awk '!seen[$0]++'
}

make_first_files() {
    local work=$cache/first.new file
    rm -rf "$work"
    mkdir -p "$work/modules"
    clang -O2 -static -Wall -Wextra -Werror -o "$work/init" "$sources/init.c"
    cp "$sources/lvm.conf" "$work/lvm.conf"
    module_files | while IFS= read -r file; do
        cp "$file" "$work/modules/"
        echo "/modules/${file##*/}" >>"$work/modules/list"
    done
    (cd "$work" && find . | cpio --create --format newc --quiet) >"$1.new"
    rm -rf "$work"
    rm -f "$cache"/first-*.cpio
    mv "$1.new" "$1"
}

need apt-get dpkg-deb depmod modprobe cpio xz flock
mkdir -p "$cache"
exec {lock}>"$cache/lock"
flock "$lock"
[[ -f $cache/kernel/version ]] || make_kernel
hash=$(cat "$sources"/* "$cache/kernel/version" | sha256sum)
first=$cache/first-${hash:0:16}.cpio
if [[ ! -f $first ]]; then
    require_swift
    need clang
    make_first_files "$first"
fi
echo "$cache/kernel $first"
