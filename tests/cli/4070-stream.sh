#!/bin/sh
# SPDX-License-Identifier: MIT
# 4070-stream.sh - records for collectors of logs: UDP, TCP, TLS
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"

make_certs
start_server https

# stream SCHEME NAME [KEY=VALUE…]
stream() {
	local scheme="$1" name="$2"

	shift 2
	"$send" stream url="$scheme://localhost:$(port https "$name")" \
		ca="$certs/ca.pem" connect=2 total=4 stall=2 "$@" >out
}

# arrives FILE TEXT - within a second
arrives() {
	wait_until came "$1" "$2" && return 0
	cat "https/$1.got"
	return 1
}

# came SERVER TEXT - whether it has all
came() {
	[ "$(cat "https/$1.got" 2>/dev/null)" = "$2" ]
}

stream udp udp record=one record='two 2' record=
is "$(got outcome)" sent 'UDP'
ok 'a datagram each' arrives udp '3:one
5:two 2
0:'
stream tcp tcp record=one record='two 2' record="$(printf 'a\nb')"
is "$(got outcome)" sent 'TCP'
ok 'counted' arrives tcp '3 one5 two 23 a
b'
rm https/tcp.got
stream tcp tcp framing=lines record=one record='two 2'
is "$(got outcome)" sent 'TCP by lines'
ok 'a line each' arrives tcp 'one
two 2'
stream tls tls record=one record="$(head -c 50000 /dev/zero | tr '\0' x)"
is "$(got outcome)" sent 'TLS'
ok 'all of it' arrives tls "3 one50000 $(head -c 50000 /dev/zero | tr '\0' x)"
stream tls badtls record=one
is "$(got outcome)" denied 'a certificate that is not to be trusted'
stream tls tcp record=one
is "$(got outcome)" retry 'no TLS there'
stream tls tls record=one pin=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
is "$(got outcome)" denied 'another key'
for scheme in udp tcp tls; do
	"$send" stream url="$scheme://127.0.0.1:1" record=x connect=2 total=3 >out
	is "$(got outcome)" retry "nobody there: $scheme"
	"$send" stream url="$scheme://no-such-host.invalid" record=x connect=2 \
		total=3 >out
	is "$(got outcome)" retry "no such name: $scheme"
done
stream udp udp record="$(head -c 100000 /dev/zero | tr '\0' x)"
is "$(got outcome)" refused 'more than a datagram holds'
for url in http://localhost tcp:// localhost:514 unix:/dev/log; do
	"$send" stream "url=$url" record=x >out
	ok "no collector: $url" like "$(cat out)" '^error=-22 '
done

done_testing
