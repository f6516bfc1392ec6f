#!/usr/bin/env bash
# Runs a command within a time limit, and ends with it every process that it started.
#
# usage: scripts/contained.sh [--seconds N] [--grace N] [--session] [--]
#            COMMAND [ARGUMENT]...
#
#   --seconds N   until everything is stopped; default 900
#   --grace N     seconds between SIGTERM and SIGKILL; default 10
#   --session     use a session even where a namespace is possible
#
# As root the command runs in a process and a mount namespace of its own: when it ends, or when this
# script is stopped or killed, the kernel kills every process in there and drops every mount.
# Otherwise, and with --session, the command leads a session of its own, and this script kills what
# belongs to that session. A process that makes another session escapes this second way.
#
# The exit code is the command's, or 124 when the time was up. The stdin of the command is empty.
#
# shellcheck disable=SC2317 # the traps call the functions
set -euo pipefail
called_from=$PWD
source "$(dirname "$0")/common.sh"
cd "$called_from"

seconds=900
grace=10
way=namespace
[[ $EUID -eq 0 ]] || way=session
while (($#)); do
    case $1 in
        --seconds)
            [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || die "--seconds takes a number from 1"
            seconds=$2 && shift 2
            ;;
        --grace)
            [[ ${2:-} =~ ^[0-9]+$ ]] || die "--grace takes a number"
            grace=$2 && shift 2
            ;;
        --session) way=session && shift ;;
        --) shift && break ;;
        -*) usage && exit 2 ;;
        *) break ;;
    esac
done
(($#)) || { usage && exit 2; }

child=""
timer=""

# The field of /proc/PID/stat after the name of the program, counted from the state as 1.
stat_field() {
    local line
    { line=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    # shellcheck disable=SC2086 # words are wanted
    set -- "$2" ${line##*) }
    echo "${!1}"
}

# The processes of the child's session, which has the number of its leader.
session_members() {
    local directory pid
    for directory in /proc/[0-9]*; do
        pid=${directory##*/}
        # The fourth field after the name is the session, and the first argument is the index.
        [[ $(stat_field "$pid" 5) != "$child" ]] || echo "$pid"
    done
}

# The processes that a signal goes to: the command itself in a namespace, since the death of its
# first process ends all others there.
members() {
    if [[ $way == session ]]; then
        session_members
    else
        cat "/proc/$child/task/$child/children" 2>/dev/null || echo "$child"
    fi
}

# signal NAME: tells whether there was a process to signal.
signal() {
    local pids
    read -r -d '' -a pids < <(members) || true
    ((${#pids[@]})) && kill -s "$1" "${pids[@]}" 2>/dev/null
}

# Returns when no process is left: the first one of a namespace ends last.
end_everything() {
    local waits
    if [[ -n $timer ]]; then
        kill -KILL "$timer" 2>/dev/null || true
        wait "$timer" 2>/dev/null || true
    fi
    [[ -n $child ]] || return 0
    if kill -0 "$child" 2>/dev/null; then
        signal TERM || true
        for ((waits = 0; waits < 10 * grace; waits++)); do
            kill -0 "$child" 2>/dev/null || break
            sleep 0.1
        done
    fi
    while signal KILL; do sleep 0.05; done
    # A namespace whose first process cannot be named ends with the process that made it.
    kill -KILL "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
}

trap end_everything EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [[ $way == namespace ]]; then
    around=(unshare --mount --propagation private --pid --fork --kill-child --mount-proc)
else
    around=(setsid)
fi
# Command and timer end with this script, however that ends.
setpriv --pdeathsig KILL "${around[@]}" "$@" </dev/null &
child=$!
setpriv --pdeathsig KILL sleep "$seconds" &
timer=$!
code=0
wait -n -p ended "$child" "$timer" || code=$?
if [[ $ended == "$timer" ]]; then
    echo "contained: stopped after $seconds s" >&2
    code=124
fi
exit "$code"
