#!/bin/sh
# The programs of the random histories: nasty.sh KIND NOTES.
# Each notes its main process, writes numbered lines to its output, and notes how many.

ulimit -c 0
kind=$1
notes=$2
pad=....................................................................................

note() { echo "$*" >> "$notes"; }
say() {
    i=0
    while [ $i -lt "$1" ]; do i=$((i+1)); echo "$$ $i $pad"; done
    echo "$$ end" >&2
    note wrote $$ "$1"
}
stay() { exec sleep 1000; }

if [ "$kind" = beats ]; then
    while :; do echo >> "$notes.pulse"; sleep 0.05; done
fi
note main $$
case $kind in
    succeeds) say 5 ;;
    fails) say 5; exit 3 ;;
    writes) say 1000 ;;
    sleeps) say 5; stay ;;
    is-deaf) trap '' INT TERM HUP USR1; say 5; stay ;;
    has-child) sh "$0" beats "$notes" & say 5; stay ;;
    leaves-child) sh "$0" beats "$notes" & say 5 ;;
    leaves-deaf-child) (trap '' INT TERM HUP USR1; exec sh "$0" beats "$notes") & say 5; exit 3 ;;
    has-daemon) (setsid sh "$0" beats "$notes" &) ; say 5; stay ;;
    leaves-daemon) (setsid sh "$0" beats "$notes" &) ; say 5 ;;
    leaves-bare-daemon) (env -i setsid sh "$0" beats "$notes" &) ; say 5 ;;
esac
