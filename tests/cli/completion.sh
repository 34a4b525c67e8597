#!/bin/bash
# Completion, as bash itself does it.  usage: completion.sh ORRERY
orrery=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/files" && ln -s "$orrery" "$work/bin/orrery"
PATH=$work/bin:$PATH
cd "$work/files" || exit 1
touch turn.lua 'two words.lua' other.txt
source <(orrery completion bash) || exit 1
failed=0

# expect 'WORDS' WORD...: what completes the last of the words ('' = an empty one).
expect() {
    local wanted=$1
    shift
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    _orrery
    local got
    got=$(printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd' ' | sed 's/^ *//')
    if [ "$got" != "$wanted" ]; then
        echo "orrery ${*:2}<tab>: '$got', not '$wanted'"
        failed=1
    fi
}

complete -p orrery | grep -q _orrery || { echo "complete does not know orrery"; failed=1; }
expect 'render run' orrery r
expect 'modules' orrery mod
expect '--samples --seed --set --shard --size --stats' orrery render --s
expect '--script --set' orrery params --s
expect 'turn.lua' orrery render tu
expect 'bundle' orrery bu
expect 'pack' orrery bundle pa
expect '--key' orrery bundle verify --k
expect 'turn.lua two words.lua' orrery run t
expect 'other.txt' orrery diff o
expect 'zip zips' orrery render --exr-compression zi
expect 'cpu' orrery render --device c
expect 'vignette' orrery params vig
expect 'vignette' orrery render --enable vig
expect '' orrery render --samples 1
expect 'bash' orrery completion ''
expect '--hdr --heatmap --help' orrery diff --h
exit $failed
