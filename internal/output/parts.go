package output

import (
	"fmt"
	"slices"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
)

// parts writes the inspection receipt as a tree: what each part is, what of it was
// read, and at each part why something was not.
func (p *Printer) parts(parts []extract.PartInfo, skipped []budget.Skip) {
	parents, children := tree(parts)
	listed := map[string]bool{}
	for _, x := range parts {
		listed[x.Part] = true
	}
	var write func(i int, lead string)
	write = func(i int, lead string) {
		name := ""
		if parents[i] < 0 {
			name = "part"
		}
		p.field(name, "%s", lead+partLine(parts[i], skipped))
		// The branch of this part becomes the stem of what is in it.
		stem := strings.NewReplacer("├ ", "│ ", "└ ", "  ").Replace(lead)
		for k, c := range children[i] {
			branch := "├ "
			if k == len(children[i])-1 {
				branch = "└ "
			}
			write(c, stem+branch)
		}
	}
	for i := range parts {
		if parents[i] < 0 {
			write(i, "")
		}
	}
	for _, s := range skipped { // of parts that have no line, such as beyond the limit of parts
		if !listed[s.Part] && s.Part != "" {
			p.field("part", "%s not opened: %s", s.Part, s.Reason)
		}
	}
}

// tree finds the part that each part is in: the nearest one listed before whose
// section number it goes on from. -1 is none.
func tree(parts []extract.PartInfo) (parents []int, children [][]int) {
	at := map[string]int{}
	parents, children = make([]int, len(parts)), make([][]int, len(parts))
	for i, x := range parts {
		parents[i] = -1
		for path := x.Part; parents[i] < 0; {
			cut := strings.LastIndexAny(path, "/.")
			if cut < 0 {
				break
			}
			path = path[:cut]
			if j, ok := at[path]; ok {
				parents[i] = j
				children[j] = append(children[j], i)
			}
		}
		if _, ok := at[x.Part]; !ok {
			at[x.Part] = i
		}
	}
	return parents, children
}

func partLine(x extract.PartInfo, skipped []budget.Skip) string {
	var b strings.Builder
	const unknown = "application/octet-stream"
	switch {
	case x.TrueType == "" || x.TrueType == x.Type || x.TrueType == unknown:
		b.WriteString(x.Part + " " + x.Type)
	case x.Type == unknown: // it says nothing
		b.WriteString(x.Part + " " + x.TrueType)
	default:
		b.WriteString(x.Part + " " + x.Type + " (" + x.TrueType + ")")
	}
	if x.Name != "" {
		fmt.Fprintf(&b, " %q", x.Name)
	}
	fmt.Fprintf(&b, ", %d bytes, %d of text", x.Bytes, x.Text)
	for _, f := range x.Facts {
		b.WriteString(", " + string(f))
	}
	var reasons []string
	for _, s := range skipped {
		if s.Part == x.Part && !slices.Contains(reasons, string(s.Reason)) {
			reasons = append(reasons, string(s.Reason))
		}
	}
	if len(reasons) > 0 {
		b.WriteString("; not fully inspected: " + strings.Join(reasons, ", "))
	}
	return b.String()
}
