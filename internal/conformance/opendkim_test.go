package conformance

import (
	"context"
	"strings"
	"sync"
	"testing"

	"labelmilter/internal/dkim"
	"labelmilter/internal/dkim/dkimtest"
	"labelmilter/internal/message"
	"labelmilter/internal/milter"
	"labelmilter/internal/mtalab"
	"labelmilter/internal/verdict"
)

var dkimKey = sync.OnceValues(dkimtest.NewKey)

func opendkim(t *testing.T, mode string, extra ...string) *dkimtest.OpenDKIM {
	t.Helper()
	mtalab.Require(t, "opendkim")
	k, err := dkimKey()
	must(t, err)
	o, err := dkimtest.StartOpenDKIM(t.Context(), k, mode, extra...)
	must(t, err)
	t.Cleanup(o.Stop)
	return o
}

// dkimEdits with what they do to a signature over From, To, Subject and Date,
// From and Subject oversigned, c=relaxed/simple.
var dkimEdits = []struct {
	name string
	mods []verdict.Modification
}{
	{"none", nil},
	{"insert", []verdict.Modification{insert(0, "X-Sensitivity-Label", "official")}},
	{"add", []verdict.Modification{add("X-Sensitivity-Label", "official")}},
	{"refold", []verdict.Modification{change(1, "Subject", "signed\n  subject")}},
	{"unsigned", []verdict.Modification{change(1, "X-Unsigned", "other"), remove(2, "X-Unsigned")}},
	{"same body", []verdict.Modification{replace("signed  body \n")}},
	{"reply-to", []verdict.Modification{add("Reply-To", "x@agency.example")}},
	{"subject", []verdict.Modification{change(1, "Subject", "signed subject [SEC=OFFICIAL]")}},
	{"second subject", []verdict.Modification{add("Subject", "another")}},
	{"second to", []verdict.Modification{add("To", "carol@other.example")}},
	{"to on top", []verdict.Modification{insert(0, "To", "carol@other.example")}},
	{"blank lost", []verdict.Modification{replace("signed  body\r\n")}},
	{"footer", []verdict.Modification{replace("signed  body \r\nfooter\r\n")}},
	{"signature", []verdict.Modification{remove(1, "DKIM-Signature")}},
}

// What the preflight says of each edit is what the real MTAs make of it: the
// filter edits, OpenDKIM behind it verifies.
func TestDKIMInbound(t *testing.T) {
	for _, name := range []string{postfix, sendmail} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mtalab.Require(t, name)
			l := &level{name: name}
			o := opendkim(t, "v")
			l.own(t, nil, l.filterAt(port(lab.filter(t))), l.filterAt(o.Port))
			key, err := dkimKey()
			must(t, err)
			for _, c := range dkimEdits {
				effects := make(chan []dkim.Effect, 1)
				s := &script{eom: func(_ context.Context, m *seen) milter.Final {
					var h message.Header
					for _, f := range m.header {
						h = append(h, message.Field{Name: f[0], Raw: f[1]})
					}
					effects <- dkim.Preflight(h, m.body, c.mods)
					return accept(c.mods...)
				}}
				k := play(s)
				m := mail(k)
				m.Data, err = key.Sign([]byte(text(k, "Subject: signed subject\r\nX-Unsigned: 1\r\nX-Unsigned: 2\r\n", "signed  body \r\n")),
					"relaxed/simple", []string{"From", "To", "Subject", "Date", "From", "Subject"})
				must(t, err)
				head := headOf(l.deliver(t, m, k))
				foreseen := <-effects
				results := strings.Join(fieldsOf(head, "Authentication-Results"), "")
				if len(foreseen) != 1 || foreseen[0].Signature.BodyHash != dkim.HashMatch {
					t.Fatalf("%s: foreseen %+v", c.name, foreseen)
				}
				pass := strings.Contains(results, "dkim=pass")
				switch e := foreseen[0]; {
				case pass && e.Breaks:
					// Preflight speaks for both MTAs; the reason names the one.
					if strings.Contains(strings.ToLower(e.Reason), "("+name+")") {
						t.Errorf("%s: verifies, foreseen %q", c.name, e.Reason)
					}
				case !pass && !e.Breaks:
					t.Errorf("%s: does not verify, foreseen safe: %q", c.name, results)
				}
			}
		})
	}
}

// OpenDKIM that signs behind the filter covers the edits; one that verifies
// before it sees the message as it came.
func TestDKIMOrder(t *testing.T) {
	for _, name := range []string{postfix, sendmail} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mtalab.Require(t, name)
			key, err := dkimKey()
			must(t, err)
			s := &script{eom: always(accept(change(1, "Subject", "edited"), insert(0, "X-Sensitivity-Label", "official"), replace("edited body\r\n")))}
			k := play(s)

			l := &level{name: name}
			signer := opendkim(t, "s", "Canonicalization relaxed/relaxed", "OversignHeaders From,Subject")
			l.own(t, nil, l.filterAt(port(lab.filter(t))), l.filterAt(signer.Port))
			d := l.deliver(t, marker(k, "out"), k+"out")
			if len(fieldsOf(headOf(d), "DKIM-Signature")) != 1 || !key.Verify(d.Data) || !strings.Contains(headOf(d), "Subject: edited") {
				t.Errorf("signed after us, does not verify:\n%s", d.Data)
			}

			verifier := opendkim(t, "v")
			l.own(t, nil, l.filterAt(verifier.Port), l.filterAt(port(lab.filter(t))))
			m := marker(k, "in")
			m.Data, err = key.Sign(m.Data, "relaxed/simple", []string{"From", "Subject"})
			must(t, err)
			d = l.deliver(t, m, k+"in")
			if got := strings.Join(fieldsOf(headOf(d), "Authentication-Results"), ""); !strings.Contains(got, "dkim=pass") {
				t.Errorf("verified before us: %q", got)
			}
			if key.Verify(d.Data) {
				t.Error("the signature survives a new subject and body")
			}
			seen := s.messages()
			if got := seen[len(seen)-1].values("Authentication-Results"); len(got) != 1 {
				t.Errorf("we saw %q of the verifier before us", got)
			}
		})
	}
}
