package strictyaml

// Add reports a problem found elsewhere, for callers that read several files
// with one decoder.
func (d *Decoder) Add(p Problem) { d.problems.add(p) }
