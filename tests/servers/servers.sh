# SPDX-License-Identifier: MIT
# servers.sh - for tests of delivery: servers on loopback, and what to send them
# shellcheck shell=sh disable=SC2034,SC2154
#
# After tests/lib.sh. $send is the program of transmit.c, $certs has what certs.sh
# made.

send=$builddir/tests/servers/transmit
certs=$work/certs
# The system's proxies have no place here; names of this machine do.
unset http_proxy https_proxy all_proxy no_proxy HTTPS_PROXY ALL_PROXY NO_PROXY

make_certs() {
	need openssl
	"$srcdir/tests/servers/certs.sh" "$certs" || bail 'no certificates'
}

# start_server NAME - run NAME.py with its files in ./NAME, until the end
start_server() {
	need /usr/bin/python3
	mkdir "$1"
	/usr/bin/python3 "$srcdir/tests/servers/$1.py" "$1" "$certs" \
		>"$1/said" 2>&1 &
	at_end "kill $! 2>/dev/null; wait $! 2>/dev/null"
	wait_until test -e "$1/ports" ||
		bail "$1.py does not start: $(cat "$1/said")"
}

# port SERVER NAME
port() {
	awk -v name="$2" '$1 == name { print $2 }' "$1/ports"
}

# got KEY [FILE] - a value that it printed
got() {
	sed -n "s/^$1=//p" "${2:-out}"
}
