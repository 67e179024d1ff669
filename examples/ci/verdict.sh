#!/bin/sh
# Records a program, judges its fork()s, and fails for what the baseline does not know.
#   verdict.sh PROGRAM [ARGUMENT...]      records it
#   RECORDING=app.strace verdict.sh       judges what was recorded elsewhere
# Settings: COWLAB (the command), KERNELS, BASELINE, FAIL_ON, REPORTS, OUT (folder for the reports).
set -eu

COWLAB=${COWLAB:-npx cowlab}
KERNELS=${KERNELS:-5.10,6.18}
BASELINE=${BASELINE:-fork-baseline.json}
FAIL_ON=${FAIL_ON:-H1}
OUT=${OUT:-.}

if [ -z "${RECORDING:-}" ]; then
  RECORDING=$OUT/program.cowtrace
  $COWLAB trace -o "$RECORDING" --force -- "$@"
fi

# A report is written whatever it says: 1 is a finding, 2 is no recording.
for format in ${REPORTS:-sarif junit markdown json}; do
  $COWLAB verdict "$RECORDING" --kernel "$KERNELS" "--$format" > "$OUT/fork.$format" || [ $? -eq 1 ]
done

if [ ! -f "$BASELINE" ]; then
  echo "no $BASELINE: every finding counts; keep $OUT/fork.json under that name once it is agreed on"
  exec $COWLAB verdict "$RECORDING" --kernel "$KERNELS" --fail-on "$FAIL_ON"
fi
exec $COWLAB verdict "$RECORDING" --kernel "$KERNELS" --baseline "$BASELINE" --fail-on "$FAIL_ON"
