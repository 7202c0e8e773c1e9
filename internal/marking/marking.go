package marking

import (
	"fmt"
	"strings"
	"time"
)

// Schemes a marking can belong to.
const (
	// SchemeAU is the Australian EPMS.
	SchemeAU = "au-epms"
	// SchemeForeign is a marking whose NS element names another vocabulary.
	// Such a marking carries no class, caveat or IMM: its words are not ours
	// to read (EPMS 2024 §5, Table 1).
	SchemeForeign = "foreign"
)

// Source says where a marking was found.
type Source string

// The sources.
const (
	SourceHeader     Source = "header"     // the X-Protective-Marking field
	SourceSubject    Source = "subject"    // a tag in the Subject field
	SourceBody       Source = "body"       // text of the message
	SourceAttachment Source = "attachment" // text of an attachment
	SourceProperty   Source = "property"   // a document property
)

// Use says whether a marking speaks for the text it stands in.
type Use string

// The uses.
const (
	Own     Use = "own"     // a field, a tag, or a line of its own in new text
	Quoted  Use = "quoted"  // part of an earlier message
	Mention Use = "mention" // talked about: in a sentence, a list, a code block
)

// Marking is one protective marking as read. Slices are never nil.
type Marking struct {
	Source Source `json:"source"`
	// Part is the path of the part it was found in; the caller sets it.
	Part   string `json:"part"`
	Scheme string `json:"scheme"`
	// Raw is the marking as it stood in the input, folds included.
	Raw string `json:"raw"`
	// Version is the VER value, "" if absent or not of the form YYYY.N.
	Version   string `json:"version"`
	Namespace string `json:"namespace"`
	// Classification is the canonical spelling of the class: one of the six
	// of EPMS 2024, a historical one (see [IsHistorical]), or "".
	Classification string `json:"classification"`
	// Caveats in order of appearance, duplicates removed, in canonical
	// spelling with their type: "SH:CABINET". Both spellings of a release
	// list are canonical and kept as written; compare with [CaveatKey].
	// Unknown caveats are kept as written.
	Caveats []string `json:"caveats"`
	// IMMs are the ACCESS values (information management markers), as above.
	IMMs []string `json:"imms"`
	// DLM is the dissemination limiting marker of EPMS 2012, canonical.
	DLM string `json:"dlm"`
	// Expires is a date, a date-time or an event, without escapes.
	Expires string `json:"expires"`
	// Downto is the class after Expires, canonical, "" if unreadable.
	Downto string `json:"downto"`
	Note   string `json:"note"`   // without escapes
	Origin string `json:"origin"` // as written
	Use    Use    `json:"use"`
	// Diagnostics in the order they were noticed.
	Diagnostics []Diagnostic `json:"diagnostics"`
}

func newMarking(src Source, raw string) Marking {
	return Marking{
		Source: src, Scheme: SchemeAU, Raw: raw, Use: Own,
		Caveats: []string{}, IMMs: []string{}, Diagnostics: []Diagnostic{},
	}
}

// HasErrors reports whether a diagnostic of severity error is present, not
// counting the codes in except. A caller whose historical table maps the
// class of m leaves out [UnknownClassification].
func (m Marking) HasErrors(except ...Code) bool {
next:
	for _, d := range m.Diagnostics {
		if d.Severity != Error {
			continue
		}
		for _, c := range except {
			if d.Code == c {
				continue next
			}
		}
		return true
	}
	return false
}

// Has reports whether a diagnostic with the code is present.
func (m Marking) Has(code Code) bool {
	for _, d := range m.Diagnostics {
		if d.Code == code {
			return true
		}
	}
	return false
}

// Strict is the verdict of the strict mode, for linting what we or others
// write: any diagnostic at all is an error. It names codes and places, never
// content.
func (m Marking) Strict() error {
	if len(m.Diagnostics) == 0 {
		return nil
	}
	d := m.Diagnostics[0]
	if n := len(m.Diagnostics) - 1; n > 0 {
		return fmt.Errorf("%w: %s at octet %d (and %d more)", ErrNotStrict, d.Code, d.Offset, n)
	}
	return fmt.Errorf("%w: %s at octet %d: %s", ErrNotStrict, d.Code, d.Offset, d.Message)
}

// WithSenderDomain judges a subject marking against the domain of the From
// address. The tag has no NS element: gov.au is implied by a sender below
// gov.au (EPMS 2024 Table 1). From any other sender it is an assumption, and
// says so. Other markings are returned unchanged.
func (m Marking) WithSenderDomain(domain string) Marking {
	if m.Source != SourceSubject || m.Scheme != SchemeAU || m.Namespace != "" {
		return m
	}
	d := strings.ToLower(strings.TrimSuffix(domain, "."))
	if d == "gov.au" || strings.HasSuffix(d, ".gov.au") {
		return m
	}
	ds := make([]Diagnostic, 0, len(m.Diagnostics)+1)
	ds = append(ds, m.Diagnostics...)
	m.Diagnostics = append(ds, diagnostic(SubjectNamespaceAssumed, 0,
		"the sender is not below gov.au, the namespace of the tag is assumed"))
	return m
}

// ExpiresAt is the moment Expires names, if it is a date and not an event.
// A date without a time means midnight UTC (EPMS 2024 Table 1), a time
// without a zone is taken as UTC.
func (m Marking) ExpiresAt() (time.Time, bool) { return parseDate(m.Expires) }

// Released is the marking as it is once its EXPIRES date is past: of the
// DOWNTO class, with the caveats and markers that class may carry. ok is false
// before that date, for an event, and for a marking without a lower class.
func (m Marking) Released(now time.Time) (Marking, bool) {
	at, dated := m.ExpiresAt()
	if !dated || now.IsZero() || now.Before(at) || m.Scheme != SchemeAU || !Lower(m.Downto, m.Classification) {
		return m, false
	}
	r := m
	r.Classification, r.DLM, r.Expires, r.Downto = m.Downto, "", "", ""
	r.Caveats, r.IMMs = []string{}, []string{}
	for _, c := range m.Caveats {
		if CaveatPermitted(c, r.Classification) {
			r.Caveats = append(r.Caveats, c)
		}
	}
	if IMMPermitted(r.Classification) {
		r.IMMs = append(r.IMMs, m.IMMs...)
	}
	return r, true
}

// CaveatPermitted reports whether a class may carry a caveat: PROTECTED or
// above, NATIONAL-CABINET from OFFICIAL:Sensitive on (EPMS 2024 Table 1).
func CaveatPermitted(caveat, class string) bool {
	if caveat == CaveatNationalCabinet {
		return IMMPermitted(class)
	}
	return !Lower(class, Protected)
}

// IMMPermitted reports whether a class may carry information management
// markers: OFFICIAL:Sensitive or above (EPMS 2024 Table 1).
func IMMPermitted(class string) bool { return !Lower(class, OfficialSensitive) }

func parseDate(s string) (time.Time, bool) {
	if len(s) < len("2006-01-02") || s[4] != '-' {
		return time.Time{}, false
	}
	for _, layout := range [...]string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
