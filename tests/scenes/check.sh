#!/bin/sh
# The regression scenes, and each of their planted faults: check.sh ORRERY [OPTIONS OF orrery check]
# Those that need real data find it through ORRERY_TEST_DATA. Ends with 77 (skipped) where no device is usable.
set -u
orrery=$1
shift
"$orrery" check "$(dirname "$0")" ${ORRERY_TEST_DEVICE:+--device "$ORRERY_TEST_DEVICE"} "$@"
code=$?
[ $code -eq 3 ] && echo "skipped: no usable device" && exit 77
exit $code
