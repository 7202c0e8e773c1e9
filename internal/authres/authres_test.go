package authres

import (
	"testing"

	"labelmilter/internal/facts"
	"labelmilter/internal/message"
)

func TestDKIM(t *testing.T) {
	ids := []string{"mx.agency.gov.au"}
	for _, c := range []struct {
		name   string
		fields []string
		state  facts.State
		value  string
	}{
		{"none", nil, facts.Absent, ""},
		{"another's word", []string{"mx.evil.example; dkim=pass header.d=defence.gov.au"}, facts.Absent, ""},
		{"pass", []string{"MX.agency.gov.au; spf=fail smtp.mailfrom=x.org; dkim=pass header.d=Defence.gov.au header.s=a"}, facts.Known, "defence.gov.au"},
		{"version", []string{"mx.agency.gov.au 1; dkim=pass header.d=a.gov.au"}, facts.Known, "a.gov.au"},
		{"fail", []string{"mx.agency.gov.au; dkim=fail header.d=defence.gov.au"}, facts.Known, ""},
		{"several", []string{"mx.agency.gov.au; dkim=pass header.d=a.gov.au; dkim=pass header.d=b.gov.au", "other; dkim=pass header.d=c.gov.au"}, facts.Known, "a.gov.au b.gov.au"},
		{"odd domain", []string{"mx.agency.gov.au; dkim=pass header.d=\"a b\""}, facts.Known, ""},
		{"garbage", []string{";;;===", "dkim=pass header.d=a.gov.au"}, facts.Absent, ""},
		{"no results", []string{"mx.agency.gov.au; none"}, facts.Known, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var h message.Header
			for _, f := range c.fields {
				h = append(h, message.Field{Name: "Authentication-Results", Raw: " " + f})
			}
			if got := DKIM(h, ids); got.State != c.state || got.Value != c.value {
				t.Errorf("got %s %q, want %s %q", got.State, got.Value, c.state, c.value)
			}
		})
	}
	if got := DKIM(message.Header{{Name: "Authentication-Results", Raw: " mx.agency.gov.au; dkim=pass header.d=a.gov.au"}}, nil); got.State != facts.Absent {
		t.Errorf("without verifiers of our own: %v", got)
	}
}

func FuzzDKIM(f *testing.F) {
	f.Add("mx.agency.gov.au; dkim=pass header.d=a.gov.au")
	f.Add("mx.agency.gov.au 1; arc=pass (x) ; dkim=pass reason=\"x;y\" header.d=a")
	f.Fuzz(func(t *testing.T, s string) {
		got := DKIM(message.Header{{Name: "authentication-results", Raw: s}}, []string{"mx.agency.gov.au"})
		for _, r := range got.Value {
			if r > '~' || r < ' ' {
				t.Fatalf("unprintable in the fact: %q", got.Value)
			}
		}
	})
}
