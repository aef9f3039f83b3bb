#!/bin/sh
# For a double click on macOS, which opens a terminal for it.
exec "${0%/*}/ofx.sh" "$@"
