package milter

import (
	"strings"

	"labelmilter/internal/verdict"
)

// safeReply gives r if it is a valid reply of the class (4 or 5, 0 for
// either), else a plain one of that class: Postfix answers "451 4.3.5 server
// configuration error" to a bad reply, Sendmail takes some as they are.
func safeReply(r verdict.Reply, class int) verdict.Reply {
	if r.Valid() == nil && (class == 0 || r.Code/100 == class) {
		return r
	}
	if class == 5 {
		return verdict.Reply{Code: 550, Enhanced: "5.7.1"}
	}
	return verdict.Reply{Code: 451, Enhanced: "4.7.1"}
}

// appendReply appends an SMFIR_REPLYCODE frame. Percent signs are doubled:
// Postfix removes single ones, Sendmail drops a text that has one.
func appendReply(b []byte, r verdict.Reply) []byte {
	return appendFrame(b, ansReply, strings.ReplaceAll(r.String(), "%", "%%"), "\x00")
}

// appendDecision appends the frame for a disposition other than quarantine.
func appendDecision(b []byte, v verdict.Verdict) []byte {
	switch v.Disposition {
	case verdict.Accept:
		return appendFrame(b, ansAccept)
	case verdict.Discard:
		return appendFrame(b, ansDiscard)
	case verdict.Reject:
		return appendReply(b, safeReply(v.Reply, 5))
	}
	if v.Reply.IsZero() {
		return appendFrame(b, ansTempFail)
	}
	return appendReply(b, safeReply(v.Reply, 4))
}

// finalOf turns an answer into what it means for the message, nil to go on.
func finalOf(a Answer) *Final {
	switch a.Kind {
	case Continue, SkipBody:
		return nil
	case AcceptAll:
		return &Final{Verdict: verdict.Verdict{Disposition: verdict.Accept}}
	case Drop:
		return &Final{Verdict: verdict.Verdict{Disposition: verdict.Discard}}
	case Refuse:
		v := verdict.Verdict{Disposition: verdict.TempFail, Reply: safeReply(a.Reply, 0)}
		if v.Reply.Code >= 500 {
			v.Disposition = verdict.Reject
		}
		return &Final{Verdict: v}
	}
	return tempFail()
}

func tempFail() *Final {
	return &Final{Verdict: verdict.Verdict{Disposition: verdict.TempFail}}
}

// early reports whether f can be told before end of message.
func (f *Final) early(s stage) bool {
	switch f.Verdict.Disposition {
	case verdict.Quarantine: // both MTAs take it at end of message only
		return false
	case verdict.Accept:
		return len(f.Modifications) == 0
	case verdict.Discard: // ignored by both MTAs at CONNECT and HELO
		return s >= stageMail
	}
	return true
}
