#!/bin/sh
# The HTML report in a browser without a window: its self-test (filter, slider, difference, zoom), and that nothing of a
# result runs as script. SCREENSHOTS=FOLDER keeps pictures of the page, wide and narrow.
# Usage: report.sh MAKE_REPORT
set -eu
make_report=$1
browser=
for name in chromium chromium-browser google-chrome chrome; do
    command -v "$name" >/dev/null && browser=$name && break
done
[ -n "$browser" ] || { echo "skipped: no chromium"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$make_report" "$work/report"

# A profile of its own; root (containers) cannot have chromium's sandbox. Nothing may be fetched: there is no host.
browse() {
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --no-first-run --disable-dev-shm-usage \
        "--user-data-dir=$work/profile" --host-resolver-rules='MAP * ~NOTFOUND' --virtual-time-budget=20000 \
        "$@" 2>"$work/browser.log"
}

browse --window-size=1280,900 --dump-dom "file://$work/report/page.html#selftest" >"$work/dom.html" || {
    echo "the browser failed:"
    cat "$work/browser.log"
    exit 1
}
result=$(sed -n 's/.*<html[^>]* data-selftest="\([^"]*\)".*/\1/p' "$work/dom.html" | head -1)
echo "self-test: ${result:-did not run}"
case $result in
"passed: "*) ;;
*) exit 1 ;;
esac
for what in 'failures first' 'filter by name' 'filter by tag' 'filter by verdict' 'slider by keys' 'slider by drag' \
    'pixel under the pointer' zoom 'difference off' 'nothing ran from the results'; do
    case $result in
    "passed: "*"$what"*) ;;
    *) echo "FAILED: $what" && exit 1 ;;
    esac
done
if [ -n "${SCREENSHOTS:-}" ]; then
    mkdir -p "$SCREENSHOTS"
    for width in 1280 500; do
        browse "--window-size=$width,2600" --hide-scrollbars "--screenshot=$SCREENSHOTS/report-$width.png" \
            "file://$work/report/page.html" || { cat "$work/browser.log"; exit 1; }
    done
fi
