#!/bin/sh
# Makes the documents of Office 97 here out of their sources, with LibreOffice.
set -eu
cd "$(dirname "$0")"
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
office() { soffice "-env:UserInstallation=file://$profile" --headless --convert-to "$1" "$2" >/dev/null 2>&1; }
office "doc:MS Word 97" minute.fodt
office "rtf:Rich Text Format" minute.fodt
office "xls:MS Excel 97" register.fods
