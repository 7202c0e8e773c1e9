#!/bin/sh
# Makes signed.p7m: an opaque-signed MIME entity, with a key that is thrown away.
set -eu
cd "$(dirname "$0")"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" -days 3650 -subj "/CN=a@agency.example" 2>/dev/null
printf 'Content-Type: text/plain; charset=utf-8\r\n\r\nOFFICIAL: Sensitive\r\n\r\nThe tax file number 123 456 782 is in a signed message.\r\n' > "$dir/entity"
openssl cms -sign -nodetach -binary -in "$dir/entity" -signer "$dir/cert.pem" -inkey "$dir/key.pem" -outform DER -out signed.p7m
