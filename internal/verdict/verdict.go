// Package verdict holds what the MTA is told: the disposition of a message,
// the SMTP reply that goes with it, and the modifications made to the copy
// that is delivered. It knows neither policy nor the milter protocol.
package verdict

// Disposition is the one answer given for a message. The zero value is
// invalid on purpose: every path must choose.
type Disposition string

// The dispositions, from the least to the most restrictive.
const (
	Accept     Disposition = "accept"     // SMFIR_ACCEPT
	TempFail   Disposition = "tempfail"   // SMFIR_TEMPFAIL or a 4xx reply
	Discard    Disposition = "discard"    // SMFIR_DISCARD
	Quarantine Disposition = "quarantine" // SMFIR_QUARANTINE, then accept: Postfix HOLD, Sendmail quarantine
	Reject     Disposition = "reject"     // a 5xx reply
)

// Restrictiveness orders dispositions: accept < tempfail < discard <
// quarantine < reject. An unknown value is the most restrictive.
func (d Disposition) Restrictiveness() int {
	switch d {
	case Accept:
		return 0
	case TempFail:
		return 1
	case Discard:
		return 2
	case Quarantine:
		return 3
	}
	return 4
}

// Valid reports whether d is one of the five dispositions.
func (d Disposition) Valid() bool {
	switch d {
	case Accept, TempFail, Discard, Quarantine, Reject:
		return true
	}
	return false
}

// Verdict is the disposition with the reply that carries it.
type Verdict struct {
	Disposition Disposition
	Reply       Reply  // zero for accept and discard
	Reason      string // quarantine reason, shown by the MTA's queue tools
}
