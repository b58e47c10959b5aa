#!/bin/sh
# SPDX-License-Identifier: MIT
# certs.sh - an authority of our own, and certificates that are good and bad
#
# certs.sh DIR - makes there ca.pem, and for each of good, expired, selfsigned
# and wrongname NAME.pem (certificate and key) and, of good, good.pin
set -eu

mkdir -p "$1"
cd "$1"
cat >ca.conf <<'END'
[ca]
default_ca = ours
[ours]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
copy_extensions = copy
default_days = 30
[any]
commonName = supplied
[req]
distinguished_name = empty
[empty]
END
: >index
echo 1000 >serial

# key NAME
key() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
		-out "$1.key" 2>/dev/null
}

# request NAME HOST - with the names of HOST in it
request() {
	key "$1"
	openssl req -new -key "$1.key" -subj "/CN=$1" -config ca.conf \
		-addext "subjectAltName=$2" -out "$1.csr"
}

# sign NAME [ARGUMENT…]
sign() {
	local name="$1"

	shift
	openssl ca -batch -config ca.conf -cert ca.pem -keyfile ca.key \
		-notext -in "$name.csr" -out "$name.crt" "$@" 2>/dev/null
	cat "$name.crt" "$name.key" >"$name.pem"
}

key ca
openssl req -x509 -new -key ca.key -subj '/CN=the authority of a test' \
	-config ca.conf -addext basicConstraints=critical,CA:TRUE -days 30 \
	-out ca.pem
here=DNS:localhost,IP:127.0.0.1,IP:::1
request good "$here"
sign good
request expired "$here"
sign expired -startdate 20200101000000Z -enddate 20200201000000Z
request wrongname DNS:elsewhere.example
sign wrongname
key selfsigned
openssl req -x509 -new -key selfsigned.key -subj /CN=selfsigned \
	-config ca.conf -addext "subjectAltName=$here" -days 30 \
	-out selfsigned.crt
cat selfsigned.crt selfsigned.key >selfsigned.pem
printf 'sha256//%s\n' "$(openssl pkey -in good.key -pubout -outform DER |
	openssl dgst -sha256 -binary | openssl base64 -A)" >good.pin
