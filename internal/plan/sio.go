package plan

import (
	"strings"

	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/message"
)

// Fields of RFC 7444.
const (
	SIOHeader        = "SIO-Label"
	SIOHistoryHeader = "SIO-Label-History"
)

// SIOOptions say what an SIO-Label field carries beside the words of the
// label's banner.
type SIOOptions struct {
	Policy  string           // object identifier of the security policy, "" for the words alone
	Classes map[label.ID]int // security-classification of each label in that policy
}

// sio writes the label into an SIO-Label field of mail that leaves or stays
// inside. A field that was there is replaced, and the change recorded in
// SIO-Label-History (RFC 7444 3).
func (e *editor) sio(in Input, a label.Assignment, o Options) {
	if in.Direction != message.Outbound && in.Direction != message.Internal || a.Label == nil || a.Outcome != label.Labelled || !o.Writes(SIOHeader) {
		return
	}
	s := marking.SIO{Shown: a.Label.Banner}
	if s.Shown == "" {
		s.Shown = a.Label.Name
	}
	if class, ok := o.SIO.Classes[a.Label.ID]; ok && o.SIO.Policy != "" {
		s.Policy, s.Class = o.SIO.Policy, class
	}
	value, err := marking.FormatSIO(s, "", "\n")
	if err != nil {
		return
	}
	now, err := marking.FormatSIO(s, "new-", "\n")
	if err != nil {
		return
	}
	if !e.claim(SIOHeader, ourselves) {
		return
	}
	have := e.msg.Header.All(SIOHeader)
	if e.removeAll(SIOHeader, value) {
		return
	}
	e.insert(SIOHeader, value)
	for _, f := range have {
		old := strings.TrimRight(f.Value(), "; \t")
		if old == "" || len(old) > maxSIOHistory || !printable(old) {
			continue
		}
		e.insert(SIOHistoryHeader, old+";\n "+now+";\n change=replace; changed-by=labelmilter")
	}
}

// maxSIOHistory is the longest field of which the history is written.
const maxSIOHistory = 2048

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r > '~' })
}
