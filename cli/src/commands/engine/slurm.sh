#!/bin/sh
#SBATCH --job-name=longhaul
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=longhaul-%a.log
#
# Pulls streams with longhaul on Slurm: sh pull.sh STREAM...
#
# Run it in a folder that all nodes share, with the configuration, `state_dir` and the files of the sinks in it. `longhaul`
# must be on the PATH of every node. A plan.ndjson in the folder is finished; delete it to start a new pull.
#
# PULL_WORKERS is the number of workers (default: 16). They are the tasks of a job array, which runs this script, too.
set -eu

if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
    code=0
    longhaul run --plan plan.ndjson --part "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" || code=$?
    # 75 means that the same command continues later.
    if [ "$code" -eq 75 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 20 ]; then
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
    fi
    exit "$code"
fi

test -e plan.ndjson || longhaul plan "$@" --out plan.ndjson
# Verification decides whether everything is complete.
sbatch --wait --array="0-$((${PULL_WORKERS:-16} - 1))" "$0" || true
longhaul verify plan.ndjson
