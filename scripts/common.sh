# What several scripts share. Sourced, never run.
#
# It moves to the root of the repository, finds Swift, and offers a few short functions.
# shellcheck shell=bash
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C.UTF-8

# Prints a message on stderr and ends the script.
die() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# Prints the comment at the head of the running script, which is its manual.
usage() {
    awk 'NR == 1 { next } !/^#/ { exit } { sub(/^# ?/, ""); print }' "$0"
}

require_root() {
    [[ $EUID -eq 0 ]] || die "$1 needs root: run it as root or with sudo"
}

# Puts Swift on PATH where it is installed but not found, and says so plainly when there is none.
require_swift() {
    command -v swift >/dev/null || PATH="$PATH:/opt/swift/usr/bin"
    command -v swift >/dev/null ||
        die "no swift on PATH: install a Swift 6.3 toolchain and put its usr/bin on PATH"
    export PATH HOME="${HOME:-/root}"
}

# git that also works in a clone which belongs to another user, as on many CI machines.
git() {
    command git -c safe.directory='*' "$@"
}
