package marking

import (
	"encoding/base64"
	"mime"
	"strings"
)

// parseSIO reads an SIO-Label field (RFC 7444 2): parameters in the form of
// RFC 2045 and RFC 2231, among them marking (the words shown to people), type
// (the syntax of the label) and label (base64). Labels of the types :ess and
// :x411 are read; of other types, and without a label, the words shown are
// the class.
func parseSIO(value string) Marking {
	m := newMarking(SourceHeader, value)
	m.Scheme = SchemeSIO
	if value == "" {
		r := reader{m: &m}
		r.add(EmptyMarking, 0, "the field is empty")
		return m
	}
	_, params, err := mime.ParseMediaType("label/sio; " + strings.TrimRight(value, "; \t"))
	if err != nil {
		m.unreadable("the parameters cannot be read")
		return m
	}
	shown, typ := params["marking"], strings.ToLower(trimBlank(params["type"]))
	if b64 := params["label"]; b64 != "" && (typ == ":ess" || typ == ":x411") {
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(b64), ""))
		l, ok := parseSecurityLabel(der)
		if err != nil || !ok {
			m.unreadable("the label in the field cannot be read")
			return m
		}
		l.fill(&m)
		if len(shown) <= maxName && plainASCII(shown) {
			m.Note = shown
		}
		return m
	}
	m.setName(shown)
	return m
}
