package config

import (
	"labelmilter/internal/budget"
	"labelmilter/internal/strictyaml"
)

// Limits are the bounds of budget.Limits with the same defaults.
type Limits struct {
	Message       strictyaml.Size `yaml:"message" min:"1kB" max:"2GiB" default:"100MiB" doc:"Size of a message that is inspected."`
	SpoolAbove    strictyaml.Size `yaml:"spool_above" min:"0B" max:"1GiB" default:"1MiB" doc:"Size above which a message is kept in a file."`
	Header        strictyaml.Size `yaml:"header" min:"1kB" max:"16MiB" default:"256KiB" doc:"Size of one header block."`
	HeaderReport  strictyaml.Size `yaml:"header_report" min:"1kB" max:"16MiB" default:"60kB" doc:"Size of a header block from which it is reported: Postfix may have cut it."`
	Depth         int             `yaml:"depth" min:"1" max:"100" default:"20" doc:"Containers within containers (MIME, archives, embedded files)."`
	Parts         int             `yaml:"parts" min:"1" max:"1000000" default:"5000" doc:"Parts of all kinds."`
	ExpandedTotal strictyaml.Size `yaml:"expanded_total" min:"1MB" max:"16GiB" default:"256MiB" doc:"Decoded and unpacked bytes of a message."`
	ExpandedPart  strictyaml.Size `yaml:"expanded_part" min:"1MB" max:"4GiB" default:"32MiB" doc:"Decoded and unpacked bytes of one part."`
	Ratio         int64           `yaml:"ratio" min:"2" max:"100000" default:"250" doc:"Unpacked to packed bytes."`
	RatioFloor    strictyaml.Size `yaml:"ratio_floor" min:"0B" max:"4GiB" default:"10MiB" doc:"Unpacked bytes below which the ratio does not count."`
	TextTotal     strictyaml.Size `yaml:"text_total" min:"1MB" max:"4GiB" default:"64MiB" doc:"Text of a message that is looked at."`
	TextPart      strictyaml.Size `yaml:"text_part" min:"1MB" max:"4GiB" default:"32MiB" doc:"Text of one part that is looked at."`
	MetadataValue strictyaml.Size `yaml:"metadata_value" min:"1kB" max:"16MiB" default:"64KiB" doc:"One document property or name."`
	MetadataTotal strictyaml.Size `yaml:"metadata_total" min:"1kB" max:"64MiB" default:"1MiB" doc:"All document properties of a message."`
	Memory        strictyaml.Size `yaml:"memory" min:"64MiB" max:"1TiB" default:"1GiB" doc:"Unpacked content and text of all messages in hand together; a message that finds none waits."`
	Work          int64           `yaml:"work" min:"1000000" max:"1000000000000" default:"4000000000" doc:"Steps of detection."`
}

// Budget gives the limits as the engine takes them.
func (l Limits) Budget() budget.Limits {
	return budget.Limits{
		MessageBytes: int64(l.Message), SpoolAbove: int64(l.SpoolAbove),
		HeaderBytes: int64(l.Header), HeaderReport: int64(l.HeaderReport),
		Depth: l.Depth, Parts: l.Parts,
		ExpandedTotal: int64(l.ExpandedTotal), ExpandedPart: int64(l.ExpandedPart),
		Ratio: l.Ratio, RatioFloor: int64(l.RatioFloor),
		TextTotal: int64(l.TextTotal), TextPart: int64(l.TextPart),
		MetadataValue: int64(l.MetadataValue), MetadataTotal: int64(l.MetadataTotal),
		Work: l.Work,
	}
}
