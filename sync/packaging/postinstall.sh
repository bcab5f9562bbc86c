#!/bin/sh
# Shows systemd the units. The timer is not started: before the first pass somebody says for which organisation, and
# from when on. A pass that runs during an upgrade ends as what it began as.
set -e
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
# The first installation: dpkg names no version before it, rpm counts it as the first.
if [ "$1" = 1 ] || { [ "$1" = configure ] && [ -z "$2" ]; }; then
	echo "acsync: nothing runs yet; how to begin: acsync help packages"
fi
