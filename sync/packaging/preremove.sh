#!/bin/sh
# Stops the passes before the program goes. dpkg says remove, rpm counts what is left; an upgrade stops nothing.
set -e
case "$1" in
remove | deconfigure | 0)
	if [ -d /run/systemd/system ]; then
		systemctl --quiet disable --now acsync.timer || true
		# A pass ends what is in flight; what is killed before that would be in doubt.
		systemctl stop acsync.service || true
	fi
	;;
esac
