#!/bin/sh
# Makes the user that passes run as, before there are files that are this user's. It is the one of
# /usr/lib/sysusers.d/acsync.conf, which comes too late for that, and is of no use without systemd.
set -e
if ! getent passwd acsync >/dev/null; then
	useradd --system --user-group --comment acsync --home-dir /var/lib/acsync --no-create-home \
		--shell /usr/sbin/nologin acsync
fi
