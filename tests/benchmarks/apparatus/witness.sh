#!/bin/sh
# The program of a job where no C compiler is at hand: see witness.c. It cannot tell the time,
# so whoever reads the FIFO takes its own.
echo "$2 $$" > "$1" || exit 1
[ "$3" != stay ] || exec sleep 100000
