// Package rules holds the shipped rule packs as they stand in this folder: a
// folder with a pack.yaml is a pack, its *_test.yaml files are its tests.
package rules

import "embed"

// FS holds all packs, their tests and the JSON Schemas.
//
//go:embed all:au-pspf all:au-pspf-asd all:au-pspf-content all:au-pspf-dlp all:au-pspf-foreign all:au-pspf-purview all:nz-psr all:uk-gsc all:us-cui all:uninspected all:examples all:schema all:sit all:templates
var FS embed.FS
