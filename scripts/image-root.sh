#!/usr/bin/env bash
# Makes the file system of the image's run stage without a registry: as deploy/Containerfile does, but
# with mmdebstrap in place of the base image.
#
# usage: scripts/image-root.sh --binary FILE (--folder FOLDER | --tar FILE)
#
#   --binary FILE    the cairn that goes in, stripped
#   --folder FOLDER  where the file system is made; it must not exist
#   --tar FILE       the file system as one archive, in place of a folder
#
# A binary that does not hold Swift's libraries, as a debug build, gets those of the toolchain beside
# it, and the script says so; the release build of the Containerfile holds them. Needs root. The
# packages' file system is kept for 30 days in ~/.cache/cairn-image (or $CAIRN_IMAGE_DIR).
set -euo pipefail
here=$PWD
source "$(dirname "$0")/common.sh"
source scripts/debian-root.sh

cache=${CAIRN_IMAGE_DIR:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/cairn-image}
binary="" folder="" tar=""

# absolute PATH: as the caller meant it.
absolute() { [[ $1 == /* ]] && echo "$1" || echo "$here/$1"; }

while (($#)); do
    case $1 in
        --binary) binary=$(absolute "${2:?--binary needs a file}") && shift 2 ;;
        --folder) folder=$(absolute "${2:?--folder needs a folder}") && shift 2 ;;
        --tar) tar=$(absolute "${2:?--tar needs a file}") && shift 2 ;;
        *) usage && exit 2 ;;
    esac
done
[[ -n $binary && -n $folder$tar && (-z $folder || -z $tar) ]] || { usage && exit 2; }
[[ ! -e $folder ]] || die "$folder exists; name a folder that does not"
require_root "making a root file system"

# What a slim base image leaves out; licences stay.
slim=(
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*'
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/doc/*'
    --dpkgopt='path-include=/usr/share/doc/*/copyright'
)

# The packages' file system under a name that changes with the list.
base() {
    local packages
    packages=$(sed -e 's/#.*//' deploy/image-packages | xargs | tr ' ' ',')
    local archive
    archive=$cache/image-$(sha256sum deploy/image-packages | cut -c1-16).tar
    make_debian_root "$archive" --include="$packages" "${slim[@]}" 1>&2
    echo "$archive"
}

# lend_runtime ROOT: Swift's libraries for a binary that looks for them in the toolchain.
lend_runtime() {
    local libraries library
    libraries=$(ldd "$binary" | awk '$3 ~ "/swift/linux/" { print $3 }')
    [[ -n $libraries ]] || return 0
    echo "the binary does not hold Swift's libraries; those of the toolchain are added"
    while read -r library; do
        install -D --mode 0644 "$library" "$1$library"
    done <<<"$libraries"
}

work=$(mktemp --directory /tmp/cairn-image.XXXXXX)
trap 'rm -rf --one-file-system -- "$work"' EXIT
archive=$(base)
mkdir "$work/root"
tar --extract --file "$archive" --directory "$work/root" --exclude './dev/*'
root=$work/root
rm -rf -- "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/cache/debconf/* \
    "$root"/var/log/*
install -D --mode 0644 deploy/image-packages "$root/usr/share/cairn/packages"
strip --output-file "$root/usr/bin/cairn" "$binary"
chmod 0755 "$root/usr/bin/cairn"
lend_runtime "$root"
if [[ -n $tar ]]; then
    tar --create --file "$tar.new" --directory "$root" .
    mv "$tar.new" "$tar"
else
    mkdir -p "$(dirname "$folder")"
    mv "$root" "$folder"
fi
