#!/usr/bin/env bash
# Looks at the page that a controller shows to people, with a browser; the command of
#
#   scripts/cluster.sh --nodes 3 --controllers 1 -- scripts/page-check.sh
#
# It takes the disk from one node and the life from another, and checks the page's text and two pictures
# of it, light and dark, which stay in .build/page. Needs what scripts/install-dependencies.sh --page
# installs, the distribution's python3 among it. Prints a line for each check; the last line is
# "N passed, N failed".
set -euo pipefail

folder=${CAIRN_CLUSTER:?run it by scripts/cluster.sh}
page=${CAIRN_PAGE:?run it by scripts/cluster.sh}
source "$(dirname "$0")/common.sh"
pictures=$PWD/.build/page
rm -rf -- "$pictures"
mkdir -p "$pictures"
check_output=$folder/check
source scripts/checks.sh

# browse OPTION...: Chromium with the page. The sandbox wants no root, and the container is one.
browse() {
    timeout 60 chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --user-data-dir="$folder/browser" --window-size=1280,900 --hide-scrollbars "$@" "$page" \
        2>"$pictures/chromium.log"
}

# Reads the page as a browser does, into lines of its parts.
read_page() {
    browse --dump-dom >"$pictures/page.html" &&
        python3 scripts/page/text.py <"$pictures/page.html" >"$pictures/page.txt"
}

# What the controller serves, without a browser.
hears() { curl --silent --fail --max-time 10 "$page" | python3 scripts/page/text.py >"$pictures/page.txt" && says "$@"; }

# says PATTERN...: each is a line of the page, in this order.
says() {
    local pattern number last=0
    for pattern in "$@"; do
        number=$(grep -nE -- "$pattern" "$pictures/page.txt" | head -n 1 | cut -d: -f1)
        [[ -n $number ]] || { echo "no line is $pattern:" && cat "$pictures/page.txt" && return 1; }
        ((number > last)) || { echo "$pattern stands too early:" && cat "$pictures/page.txt" && return 1; }
        last=$number
    done
}

shows() { read_page && says "$@"; }

# picture NAME OPTION...
picture() {
    local name=$1
    shift
    browse --screenshot="$pictures/$name.png" "$@"
}

# Each is made on the node with most room, which is another one each time.
for name in a b c; do check "half of a node's disk is given to volume $name" cairn volume create $name --size 2Gi; done
check "the controller hears of it" eventually hears '^node: n1 \| ready \| scratch 5[0-9]% ' \
    '^node: n2 \| ready \| scratch 5[0-9]% ' '^node: n3 \| ready \| scratch 5[0-9]% '
check "three nodes are three rows, without a problem" shows '^title: Cairn: 3 of 3 nodes ready$' \
    '^problems: none$' '^tier: scratch \| [0-9]+% \|' '^node: n1 \| ready' '^node: n2 \| ready' '^node: n3 \| ready'

umount "$folder/n2/disk"
kill -KILL "$(<"$folder/n3.pid")"
check "the controller misses a tier and a node" eventually hears '^node: n3 \| silent' '^node: n2 \| ready \| scratch unavailable'
check "problems stand on top, and nodes that do not answer come first" shows \
    '^title: Cairn: 2 of 3 nodes ready$' '^problem: n2, tier scratch' '^tier: scratch \| [0-9]+% \|.*\| 1 of 3$' \
    '^node: n3 \| silent' '^node: n1 \| ready \| scratch [0-9]+% .* free of ' '^node: n2 \| ready \| scratch unavailable'
check "a bar is as long as its number says" grep --quiet -E '^bar: ([0-9]+)% of \1%$' "$pictures/page.txt"
check "no bar says another number than its length" bash -c "! grep -vE '^bar: ([0-9]+)% of \1%$' <(grep ^bar: '$pictures/page.txt')"

check "a browser draws the page" picture light
check "it is light, with text, bars and problems" \
    /usr/bin/python3 scripts/page/picture.py "$pictures/light.png" 1280 900 light
check "a browser draws the page for who wants it dark" picture dark --force-dark-mode
check "it is dark, with text, bars and problems" \
    /usr/bin/python3 scripts/page/picture.py "$pictures/dark.png" 1280 900 dark
sum_up
