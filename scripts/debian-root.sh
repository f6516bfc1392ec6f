# Makes file systems of Debian 12, without being root's own. Sourced after common.sh, never run.
# shellcheck shell=bash
set -euo pipefail

debian_release=bookworm

# The sources of apt on this machine, where it runs the same release; otherwise mmdebstrap has its own.
host_sources() {
    # shellcheck disable=SC2016 # the names are for apt
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        grep -E " $debian_release(-updates|-security)? main\$" || true
}

# make_debian_root ARCHIVE [OPTION...]: the minimum as one archive, with options of mmdebstrap. What is
# younger than 30 days is kept.
make_debian_root() {
    local archive=$1 sources
    shift
    mkdir -p "$(dirname "$archive")"
    find "$(dirname "$archive")" -maxdepth 1 -name "$(basename "$archive")" -mtime +30 -delete
    [[ ! -f $archive ]] || return 0
    sources=$(host_sources)
    # "-" takes the sources from stdin.
    mmdebstrap --quiet --mode=root --variant=minbase "$@" "$debian_release" \
        "${archive%.tar}.new.tar" ${sources:+-} <<<"$sources"
    mv "${archive%.tar}.new.tar" "$archive"
}
