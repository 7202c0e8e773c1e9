#!/bin/sh
# Makes the archives of testdata with 7-Zip: two text files, one with a name
# that is not ASCII, in every method.
set -e
out=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
mkdir ordner
for i in 1 2 3 4 5 6 7 8 9 10; do printf 'first 4111111111111111\n'; done > a.txt
printf 'zweite \303\274 4242424242424242\n' > 'ordner/b ü.txt'
touch -d 2026-01-01T00:00:00Z a.txt ordner ordner/*
a() { f=$1; shift; rm -f "$out/$f"; 7z a -bd -bso0 "$@" "$out/$f" a.txt ordner > /dev/null; }
for m in Copy LZMA LZMA2 PPMd BZip2 Deflate Deflate64; do a "$m.7z" -m0=$m; done
a encrypted.7z -psecret
a encrypted-header.7z -psecret -mhe=on
for m in Copy Deflate Deflate64 BZip2 LZMA PPMd; do a "$m.zip" -tzip -mm=$m; done
a zipcrypto.zip -tzip -psecret -mem=ZipCrypto
a aes.zip -tzip -psecret -mem=AES256
a plain.tar -ttar
for f in bzip2:bz2 xz:xz gzip:gz; do rm -f "$out/a.txt.${f#*:}"; 7z a -bd -bso0 -t${f%:*} "$out/a.txt.${f#*:}" a.txt > /dev/null; done
# Cabinets with gcab: one that needs the window of the block before, one stored.
seq -f 'line %.0f of the first file in a cabinet' 0 2999 > first.txt
printf 'the second file 4111111111111111\n' > second.txt
touch -d 2026-01-01T00:00:00Z first.txt second.txt
rm -f "$out/mszip.cab" "$out/stored.cab"
gcab -c -z -n "$out/mszip.cab" first.txt second.txt
gcab -c -n "$out/stored.cab" second.txt
