#!/bin/sh
# Scores a run on the machines of a list (user@host, one a line), by ssh and GNU parallel, over a folder that all of them mount:
#   deploy/batch/ssh.sh hosts.txt /shared/run-1 64
set -eu
seq 0 $(($3 - 1)) | parallel --sshloginfile "$1" --retries 3 "${OFX:-ofx} batch work $2 --slice {}/$3 --help-others"
