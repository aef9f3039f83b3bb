#!/bin/sh
# Scores a run on Slurm, over a folder that all nodes mount:
#   sbatch deploy/batch/slurm.sh /shared/run-1
#SBATCH --job-name=ofx-batch
#SBATCH --array=0-63
#SBATCH --cpus-per-task=2
#SBATCH --requeue
#SBATCH --signal=B:TERM@30
# `exec`, so that the signal reaches the worker.
exec "${OFX:-ofx}" batch work "$1" --slice auto --help-others
