#!/bin/sh
# Does any scene ever fail by chance? The whole suite REPEATS times (10) with 1 thread a scene, and as often with 2.
# repeat.sh ORRERY [REPEATS]
set -u
orrery=$1 repeats=${2:-10} failed=0
for threads in 1 2; do
    i=0
    while [ $i -lt "$repeats" ]; do
        i=$((i + 1))
        "$(dirname "$0")/check.sh" "$orrery" --threads $threads --quiet
        code=$?
        [ $code -eq 77 ] && exit 77
        [ $code -eq 0 ] || { failed=$((failed + 1)) && echo "run $i with $threads threads failed"; }
    done
done
echo "$((2 * repeats)) runs, $failed failed"
[ $failed -eq 0 ]
