#!/usr/bin/env bash
# Shows that the lists of install-dependencies.sh are complete: runs tests and quick start in a root
# file system that holds the minimum of Debian 12 and what the scripts install there, nothing else.
#
# usage: scripts/fresh-root.sh [--keep] [--seconds N]
#
#   --keep        leave the root where it is, for a look into it with chroot
#   --seconds N   until everything is stopped; default 2400
#
# The root is made by mmdebstrap beneath .build/fresh-root and removed at the end, also after a
# failure. It gets a copy of the files that git knows or could add, the toolchain that `swift` belongs
# to (read-only), /dev, and the way to the packages: the proxy of apt, the url and proxy settings of
# git, and the folders that those settings name. Everything runs in process and mount namespaces of
# its own. Packages are kept in ~/.cache/cairn-fresh-root (or $CAIRN_FRESH_ROOT_DIR), and so is the
# minimum, for 30 days.
#
# The last line is "N passed, N failed".
set -euo pipefail
source "$(dirname "$0")/common.sh"
source scripts/debian-root.sh

cache=${CAIRN_FRESH_ROOT_DIR:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/cairn-fresh-root}
work=$PWD/.build/fresh-root
root=$work/root

host_proxies() {
    apt-config dump | grep -iE '^Acquire::[a-z]+::proxy' || true
}

# The folder of the toolchain, such as /opt/swift/usr.
toolchain() {
    local resources
    resources=$(swiftc -print-target-info |
        sed -n 's/.*"runtimeResourcePath": "\(.*\)\/lib\/swift".*/\1/p')
    resources=$(realpath -e -- "$resources")
    case $resources in
        /usr | /usr/local) die "the toolchain must have a folder of its own, and is in $resources" ;;
    esac
    echo "$resources"
}

# What git on this machine says of urls and proxies, as "name value".
git_settings() {
    git config --includes --get-regexp '^(url\..*\.insteadof|https?\.(.*\.)?proxy)$' || true
}

# The folders of this machine that git is sent to in place of urls.
git_folders() {
    local name folder
    while read -r name _; do
        folder=${name#url.} folder=${folder%.insteadof} folder=${folder#file://}
        [[ $folder != /* || ! -d $folder ]] || realpath -e -- "$folder"
    done < <(git_settings) | sort --unique
}

make_root() {
    local name value
    rm -rf --one-file-system -- "$work"
    mkdir -p "$root" "$cache/packages/partial"
    tar --extract --file "$cache/base.tar" --directory "$root" --exclude './dev/*'
    mkdir -p "$root/cairn" "$root/run/old"
    git ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' name; do [[ ! -e $name ]] || printf '%s\0' "$name"; done |
        tar --create --null --files-from=- | tar --extract --directory "$root/cairn"
    host_proxies >"$root/etc/apt/apt.conf.d/90host"
    # The cache is the host's, where nobody else may write.
    printf '%s\n' 'APT::Sandbox::User "root";' >"$root/etc/apt/apt.conf.d/91cache"
    while read -r name value; do
        command git config --file "$root/etc/gitconfig" --add "$name" "$value"
    done < <(git_settings)
    [[ ! -e /etc/resolv.conf ]] || cat /etc/resolv.conf >"$root/etc/resolv.conf"
}

# bind SOURCE TARGET [ro]
bind() {
    mkdir -p "$2"
    mount --bind "$1" "$2"
    [[ -z ${3:-} ]] || mount -o "remount,bind,$3" "$2"
}

# Inside the namespaces: makes the root that of every process here, so that nothing else is seen.
enter() {
    local swift=$1 folder
    mount --bind "$root" "$root"
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
    mount -t proc proc "$root/proc"
    bind "$swift" "$root$swift" ro
    while read -r folder; do
        bind "$folder" "$root$folder" ro
    done < <(git_folders)
    bind "$cache/packages" "$root/var/cache/apt/archives"
    cd "$root"
    pivot_root . run/old
    umount --lazy /run/old
    mount -t tmpfs tmpfs /run
    exec chroot . /usr/bin/env --ignore-environment HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
        PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$swift/bin" \
        /cairn/scripts/fresh-root.sh --steps
}

# step TITLE COMMAND...
step() {
    local title=$1 began=$SECONDS
    shift
    if "$@" </dev/null; then
        echo "ok    $title ($((SECONDS - began)) s)"
        passed=$((passed + 1))
    else
        echo "FAIL  $title ($((SECONDS - began)) s)"
        failed=$((failed + 1))
    fi
}

# What the soundness ring asks git for.
make_repository() {
    git init --quiet && git add --all
}

# Inside the root: what the README tells a person to do.
steps() {
    passed=0 failed=0
    step "the packages are installed" scripts/install-dependencies.sh
    step "the copy is a repository" make_repository
    step "the build, soundness and the unit tests" scripts/test.sh --ring soundness --ring unit
    step "the quick start" scripts/quickstart.sh --debug
    echo "$passed passed, $failed failed"
    exit $((failed > 0))
}

keep=no
seconds=2400
while (($#)); do
    case $1 in
        --keep) keep=yes && shift ;;
        --seconds) seconds=${2:?--seconds needs a number} && shift 2 ;;
        # This script calls itself with these two: in the namespaces, and in the root.
        --enter) enter "$2" ;;
        --steps) steps ;;
        *) usage && exit 2 ;;
    esac
done

require_root "making a root file system"
scripts/install-dependencies.sh --fresh-root
require_swift
swift=$(toolchain)
mkdir -p "$cache" .build
exec {lock}>"$cache/lock"
flock "$lock"
# What is mounted in the root is mounted in namespaces that have ended.
# shellcheck disable=SC2317 # the trap calls it
clean_up() {
    [[ -z $inside ]] || { kill "$inside" 2>/dev/null && wait "$inside"; } || true
    [[ $keep == yes ]] || rm -rf --one-file-system -- "$work"
}
inside=""
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# The minimum, which takes a minute to make.
make_debian_root "$cache/base.tar"
make_root
setpriv --pdeathsig TERM scripts/contained.sh --seconds "$seconds" --grace 1 \
    "$0" --enter "$swift" {lock}>&- &
inside=$!
wait "$inside"
