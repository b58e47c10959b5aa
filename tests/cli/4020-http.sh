#!/bin/sh
# SPDX-License-Identifier: MIT
# 4020-http.sh - HTTP requests: what every kind of server makes of them
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"

make_certs
start_server https
printf '{"text":"three changes"}' >body

# http NAME PATH [KEY=VALUE…] - send a request, what became of it to ./out
http() {
	local name="$1" path="$2"

	shift 2
	"$send" http url="https://localhost:$(port https "$name")$path" \
		ca="$certs/ca.pem" body=body total=3 stall=2 connect=3 \
		"$@" >"out$at"
}

# outcome NAME PATH WANTED CODE [KEY=VALUE…]
outcome() {
	local name="$1" path="$2" want="$3 $4"

	shift 4
	http "$name" "$path" "$@"
	is "$(got outcome "out$at") $(got code "out$at")" "$want" \
		"$name$path $*: $want"
}

# field NAME - a header of the last request
field() {
	tail -n 1 https/requests | /usr/bin/python3 -c '
import json, sys
print(json.loads(sys.stdin.readline())["headers"].get(sys.argv[1]))' "$1"
}

at=
# --- statuses
for status in 200 201 202 204 299; do
	outcome good "/status/$status" sent "$status"
done
for status in 400 404 405 409 410 413 415 422; do
	outcome good "/status/$status" refused "$status"
done
for status in 401 403 407; do
	outcome good "/status/$status" denied "$status"
done
for status in 408 425 429 500 502 503 504 599; do
	outcome good "/status/$status" retry "$status"
done
outcome good /status/409 sent 409 first=409 last=409
outcome good /status/200 refused 200 first=202 last=204
http good /status/429/17
is "$(got retry_after)" 17 'Retry-After'
http good /status/503/99999999
# Newer libcurls believe six hours at most.
ok 'Retry-After is a week at most' like "$(got retry_after)" '^(604800|21600)$'
http good '/status/503/junk'
is "$(got retry_after)" 0 'a Retry-After that is none'

# --- the request
http good /echo method=PUT header='Content-Type: application/json' \
	header='Idempotency-Key: 42' header='X-Empty:' hmac=a-key user=me
is "$(got outcome)" sent 'a request with everything'
is "$(tail -n 1 https/requests | grep -c '"method": "PUT"')" 1 'the method'
is "$(field Content-Type)" application/json 'the type'
is "$(field Idempotency-Key)" 42 'the idempotency key'
is "$(field X-Empty)" '' 'an empty header'
is "$(field Expect)" None 'no Expect'
is "$(field X-Hub-Signature-256)" \
	"sha256=$(openssl dgst -sha256 -hmac a-key <body | sed 's/.* //')" \
	'the signature'
is "$(field Content-Length)" "$(wc -c <body | tr -d ' ')" 'the length'
ok 'the body' grep -q "$(sha256sum <body | cut -d' ' -f1)" https/requests
key=$(head -c 100 /dev/zero | tr '\0' k)
http good /ok "hmac=$key" hmac_header=X-Signed
is "$(field X-Signed)" \
	"sha256=$(openssl dgst -sha256 -hmac "$key" <body | sed 's/.* //')" \
	'a signature by a long key, in a header of another name'
BEARER=bearer-secret http good /complain
is "$(field Authorization)" 'Bearer bearer-secret' 'a bearer token'
ok 'a server that repeats it' unlike "$(cat out)" bearer-secret
SECRET=basic-secret http good /complain user=me
is "$(field Authorization)" \
	"Basic $(printf 'me:basic-secret' | base64)" 'a password'
ok 'a server that repeats that' unlike "$(cat out)" \
	"$(printf 'me:basic-secret' | base64)"
head -c 5000000 /dev/zero | tr '\0' 'b' >large
http good /ok body=large
is "$(got outcome)" sent '5 MB'
ok 'whole' grep -q "$(sha256sum <large | cut -d' ' -f1)" https/requests
"$send" http url="https://localhost:$(port https good)/echo" method=GET \
	ca="$certs/ca.pem" >out
is "$(tail -n 1 https/requests | grep -c '"method": "GET"')" 1 'GET'

# --- answers that are none
outcome good /lie unsure 200
outcome good /cut unsure 200
outcome good /chunkcut unsure 200
outcome good /silent unsure 0
outcome good /reset unsure 0
outcome good /early unsure 0
outcome good /junk unsure 0
outcome good /big sent 200
is "$(got body_len)" 65536 'the first 64 KiB of an answer'
outcome good /huge sent 200
is "$(got body_len)" 65536 'of one without end, too'

# --- redirects
outcome good /same/2 sent 200 redirects=3
is "$(tail -n 1 https/requests | grep -c '"method": "POST", "path": "/echo"')" \
	1 'with method and body'
ok 'and body' like "$(tail -n 1 https/requests)" 'three changes'
outcome good /same/4 denied 307 redirects=3
outcome good /same/1 denied 307
outcome good /elsewhere denied 307 redirects=3
outcome good /down denied 308 redirects=3
outcome good /see refused 303 redirects=3
not_ok 'the other server saw nothing' grep -q '"server": "good2"' https/requests

# --- certificates
for cert in expired selfsigned wrongname; do
	outcome "$cert" /ok denied 0
done
outcome good /ok sent 200 "pin=$(cat "$certs/good.pin")"
outcome good /ok denied 0 \
	pin=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
"$send" http url="https://localhost:$(port https good)/ok" body=body >out
is "$(got outcome)" denied "the system's authorities do not know ours"
SSL_CERT_FILE=$certs/ca.pem CURL_CA_BUNDLE=$certs/ca.pem "$send" http \
	url="https://localhost:$(port https good)/ok" body=body >out
is "$(got outcome)" denied 'nor does the environment change that'
# It says on which port.
: >old
openssl s_server -accept 0 -naccept 1 -tls1_1 -cipher ALL:@SECLEVEL=0 -www \
	-cert "$certs/good.pem" </dev/null >old 2>&1 &
at_end "kill $! 2>/dev/null"
wait_until grep -q ^ACCEPT old
"$send" http url="https://localhost:$(sed -n 's/^ACCEPT.*://p' old)/" \
	ca="$certs/ca.pem" body=body connect=3 >out
is "$(got outcome)" denied 'TLS 1.1'

# --- the way
outcome good /ok sent 200 "proxy=http://127.0.0.1:$(port https proxy)"
ok 'through the proxy' grep -q '^CONNECT localhost:' https/proxied
outcome good /ok denied 407 "proxy=http://127.0.0.1:$(port https denies)"
https_proxy=http://127.0.0.1:$(port https denies)
export https_proxy
outcome good /ok denied 407
outcome good /ok sent 200 proxy=
unset https_proxy
outcome good /ok retry 0 proxy=http://127.0.0.1:1
# for the user that sends
chmod 755 "$work"
"$send" http url=http://localhost/echo plain=1 socket="$work/https/socket" \
	body=body >out
is "$(got outcome)" sent 'a local socket'
"$send" http url="http://127.0.0.1:$(port https plain)/ok" plain=1 body=body \
	>out
is "$(got outcome)" sent 'http:// on this machine when told'
"$send" http url=https://no-such-host.invalid/ body=body connect=2 total=2 >out
is "$(got outcome)" retry 'a name that is not known: the network may be away'

# --- what cannot be asked for
for url in "http://127.0.0.1:$(port https plain)/ok" file:///etc/passwd \
	https:// 'https://a b/' https://user:hunter22@localhost/; do
	"$send" http "url=$url" body=body >out
	ok "no request: $url" like "$(cat out)" '^error=-22 '
	ok 'not repeated' unlike "$(cat out)" hunter22
done
"$send" http url=http://elsewhere.example/ plain=1 body=body >out
ok 'http:// to another machine' like "$(cat out)" '^error=-22 '
for header in "$(printf 'X-A: b\r\nX-B: c')" 'Host: other' \
	'Content-Length: 1' 'transfer-encoding: chunked' 'no colon' ': none' \
	"$(printf 'X-A: b\nX-B')"; do
	http good /ok "header=$header"
	ok "no header: $header" like "$(cat out)" '^error=-22 '
done
http good /ok "method=$(printf 'GET / HTTP/1.1\r\nX:')"
ok 'no method' like "$(cat out)" '^error=-22 '
http wrongname /services/T0/SECRETPATH
ok 'the path of an address is not told' unlike "$(cat out)" SECRETPATH

# --- slow, silent: all at the same time
for path in never slow; do
	at=.$path
	http good "/$path" &
	pids="${pids-} $!"
done
# shellcheck disable=SC2086
wait $pids
for path in never slow; do
	is "$(got outcome "out.$path")" unsure "$path: unsure"
done

done_testing
