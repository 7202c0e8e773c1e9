package rulepack

import "labelmilter/internal/strictyaml"

// Schema is the JSON Schema of a pack's files: pack.yaml and rule files have
// different keys, so it takes either.
func Schema() ([]byte, error) { return strictyaml.Schema(fileY{}, "labelmilter rule pack file") }

// PackSchema is the JSON Schema of pack.yaml.
func PackSchema() ([]byte, error) { return strictyaml.Schema(packMeta{}, "labelmilter pack.yaml") }
