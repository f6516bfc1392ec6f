#!/usr/bin/env bash
# Creates or renews the certificates with which controllers and nodes authenticate each other.
#
# usage: scripts/make-certificates.sh [--dns NAME]... [--days N] [--ca-days N] DIRECTORY [NODE-ID]...
#        scripts/make-certificates.sh --replace-ca [--ca-days N] DIRECTORY
#        scripts/make-certificates.sh --forget-old-ca DIRECTORY
#
# The first form creates in DIRECTORY:
#
#   authority/ca.crt, ca.key      a private authority, unless there is one; keep the key offline
#   controller/                   for every replica of the controller
#   node/                         one for all nodes, if no NODE-ID is given
#   nodes/NODE-ID/                else one for each NODE-ID
#
# The last three have tls.crt, tls.key and ca.crt, like a mounted Secret. A second run renews them, with
# the same authority and new keys. A program that reads the files meanwhile gets the old ones or the new
# ones, never a key of one and a certificate of the other.
#
#   --dns NAME       one more DNS name of the controller, for clients that check it (may be repeated);
#                    a renewal without it keeps the names that the controller has
#   --days N         the days for which certificates are valid; default 90
#   --ca-days N      the days for which a new authority is valid; default 3650
#   --replace-ca     create a new authority; every ca.crt has both until
#   --forget-old-ca  removes the old one, after everything was renewed (the first form) and is in use
#
# Certificates are valid from the day before, for nodes whose clock is behind. Needs openssl 3.
set -euo pipefail

die() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

usage() {
    awk 'NR == 1 { next } !/^#/ { exit } { sub(/^# ?/, ""); print }' "$0"
}

# Source: Sources/GRPCRuntime/PeerRole.swift.
controller_name=controller.cairn.storage
node_name=node.cairn.storage

days=90
ca_days=3650
command=renew
names=()
words=()
is_number() { [[ $1 =~ ^[1-9][0-9]{0,4}$ ]]; }
while (($#)); do
    case $1 in
        --help | -h) usage && exit 0 ;;
        --dns)
            [[ ${2:-} =~ ^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$ ]] ||
                die "--dns takes a DNS name, not '${2:-}'"
            names+=("$2")
            shift
            ;;
        --days)
            is_number "${2:-}" || die "--days takes a number from 1 to 99999"
            days=$2
            shift
            ;;
        --ca-days)
            is_number "${2:-}" || die "--ca-days takes a number from 1 to 99999"
            ca_days=$2
            shift
            ;;
        --replace-ca) command=replace ;;
        --forget-old-ca) command=forget ;;
        -*) usage >&2 && exit 2 ;;
        *) words+=("$1") ;;
    esac
    shift
done
((${#words[@]})) || { usage >&2 && exit 2; }
folder=${words[0]}
nodes=("${words[@]:1}")
[[ $command == renew ]] || ((${#nodes[@]} == 0)) || die "the authority is for all nodes: give no NODE-ID"
for id in "${nodes[@]}"; do
    # What `cairn node --node-id` takes, which is a value of a topology segment.
    [[ $id =~ ^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$ ]] ||
        die "'$id' is not a node id; use 1 to 63 letters, digits, '-', '_' and '.', with a letter or a" \
            "digit at both ends"
done

umask 077
mkdir -p "$folder/authority"
authority=$folder/authority
work=$(mktemp -d "$folder/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT

# What openssl prints matters only where it fails.
run_openssl() {
    openssl "$@" >"$work/openssl.log" 2>&1 || {
        cat "$work/openssl.log" >&2
        die "openssl $1 failed"
    }
}

# moment WHEN: with a year of four digits, which openssl needs from 2050 on.
moment() {
    date --utc --date "$1" +%Y%m%d%H%M%SZ
}

# sign CONFIGURATION DAYS OUT: makes OUT.key and OUT.crt; further words go to `openssl ca`.
sign() {
    local configuration=$1 days=$2 out=$3
    shift 3
    cat >"$work/configuration" <<END
[req]
prompt = no
distinguished_name = name
[ca]
default_ca = default
[default]
database = $work/index
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = policy
unique_subject = no
[policy]
commonName = supplied
$configuration
END
    : >"$work/index"
    run_openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$out.key"
    run_openssl req -new -config "$work/configuration" -key "$out.key" -out "$work/request"
    run_openssl ca -batch -notext -config "$work/configuration" -in "$work/request" \
        -out "$out.crt" -extensions extensions \
        -startdate "$(moment '-1 day')" -enddate "$(moment "+$days days")" "$@"
}

make_authority() {
    sign "[name]
commonName = Cairn $(openssl rand -hex 4)
[extensions]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash" "$ca_days" "$work/ca" -selfsign -keyfile "$work/ca.key"
}

# Whoever reads trusts what this holds: the authority, and the old one until it is forgotten.
make_bundle() {
    cat "$authority/ca.crt" >"$work/bundle"
    [[ ! -f $authority/old.crt ]] || cat "$authority/old.crt" >>"$work/bundle"
}

expiry() {
    openssl x509 -in "$1" -noout -enddate | cut -d= -f2
}

# publish DIRECTORY FILE...: shows the files in DIRECTORY, all at once.
#
# As kubelet does it: `..data` points to the folder that holds them, and one rename turns it.
publish() {
    local place=$1 version old name file
    shift
    mkdir -p "$place"
    version=$(mktemp -d "$place/..$(date --utc +%Y_%m_%d_%H_%M_%S).XXXXXXXX")
    cp "$@" "$version/"
    sync "$version"/* "$version"
    old=$(readlink "$place/..data" || true)
    ln -s "$(basename "$version")" "$version.link"
    mv -T "$version.link" "$place/..data"
    for file in "$@"; do
        name=$(basename "$file")
        [[ -L $place/$name ]] || ln -s "..data/$name" "$place/$name"
    done
    sync "$place"
    [[ -z $old ]] || rm -rf "${place:?}/$old"
}

# issue PLACE COMMON-NAME SAN...
issue() {
    local place=$1 name=$2 sans
    shift 2
    sans=$(printf ', DNS:%s' "$@")
    sign "[name]
commonName = $name
[extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = ${sans#, }" "$days" "$work/tls" \
        -cert "$authority/ca.crt" -keyfile "$authority/ca.key"
    cp "$work/bundle" "$work/ca.crt"
    publish "$place" "$work/tls.crt" "$work/tls.key" "$work/ca.crt"
    echo "made $place for $name, until $(expiry "$place/tls.crt")"
}

# Gives everybody the present bundle and leaves certificates and keys as they are.
publish_bundle() {
    local place
    make_bundle
    for place in "$folder"/controller "$folder"/node "$folder"/nodes/*; do
        [[ -L $place/..data ]] || continue
        cp "$work/bundle" "$work/ca.crt"
        cp "$place/tls.crt" "$place/tls.key" "$work/"
        publish "$place" "$work/tls.crt" "$work/tls.key" "$work/ca.crt"
        echo "changed $place/ca.crt"
    done
}

replace_authority() {
    [[ -f $authority/ca.crt ]] || die "$authority has no authority to replace"
    [[ ! -f $authority/old.crt ]] ||
        die "$authority still has an old authority: renew everything, then --forget-old-ca"
    make_authority
    cp "$authority/ca.crt" "$work/old.crt"
    publish "$authority" "$work/ca.crt" "$work/ca.key" "$work/old.crt"
    echo "made a new $authority/ca.crt, until $(expiry "$authority/ca.crt")"
    publish_bundle
    echo "next: when all use the new ca.crt, renew everything; then run --forget-old-ca"
}

forget_old_authority() {
    local place
    [[ -f $authority/old.crt ]] || die "$authority has no old authority"
    for place in "$folder"/controller "$folder"/node "$folder"/nodes/*; do
        [[ -L $place/..data ]] || continue
        openssl verify -CAfile "$authority/ca.crt" "$place/tls.crt" >/dev/null 2>&1 ||
            die "$place/tls.crt was not signed by the new authority: renew it first"
    done
    cp "$authority/ca.crt" "$authority/ca.key" "$work/"
    publish "$authority" "$work/ca.crt" "$work/ca.key"
    rm "$authority/old.crt"
    publish_bundle
    echo "removed the old authority from every ca.crt"
}

# The names that the controller's certificate holds beside its role.
further_names() {
    [[ -f $folder/controller/tls.crt ]] || return 0
    openssl x509 -in "$folder/controller/tls.crt" -noout -ext subjectAltName |
        grep -oP 'DNS:\K[^,\s]+' | grep -vxF "$controller_name" || true
}

renew() {
    local id
    if [[ ! -f $authority/ca.crt && ! -f $authority/ca.key ]]; then
        make_authority
        publish "$authority" "$work/ca.crt" "$work/ca.key"
        echo "made $authority/ca.crt, until $(expiry "$authority/ca.crt")"
    fi
    [[ -f $authority/ca.crt && -f $authority/ca.key ]] ||
        die "$authority must have both ca.crt and ca.key; restore the missing one"
    openssl x509 -in "$authority/ca.crt" -noout -checkend $((days * 86400)) >/dev/null ||
        die "the authority ends on $(expiry "$authority/ca.crt"), before a certificate of $days" \
            "days would: --replace-ca, or fewer --days"
    make_bundle
    ((${#names[@]})) || mapfile -t names < <(further_names)
    issue "$folder/controller" controller "$controller_name" "${names[@]}"
    for id in "${nodes[@]}"; do
        issue "$folder/nodes/$id" "node $id" "$node_name" "$id.$node_name"
    done
    ((${#nodes[@]})) || issue "$folder/node" "all nodes" "$node_name"
}

case $command in
    renew) renew ;;
    replace) replace_authority ;;
    forget) forget_old_authority ;;
esac
