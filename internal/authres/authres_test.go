package authres

import (
	"fmt"
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
			if got := DKIM(h, Verifiers{IDs: ids}); got.State != c.state || got.Value != c.value {
				t.Errorf("got %s %q, want %s %q", got.State, got.Value, c.state, c.value)
			}
		})
	}
	if got := DKIM(message.Header{{Name: "Authentication-Results", Raw: " mx.agency.gov.au; dkim=pass header.d=a.gov.au"}}, Verifiers{}); got.State != facts.Absent {
		t.Errorf("without verifiers of our own: %v", got)
	}
}

func TestARC(t *testing.T) {
	seal := func(i int, d string) message.Field {
		return message.Field{Name: "ARC-Seal", Raw: fmt.Sprintf(" i=%d; a=rsa-sha256; cv=none;\n d=%s; s=s; b=AAAA", i, d)}
	}
	aar := message.Field{Name: "ARC-Authentication-Results", Raw: " i=1; lists.gov.au; dkim=pass header.d=Defence.gov.au; spf=pass"}
	result := func(arc string) message.Field {
		return message.Field{Name: "Authentication-Results", Raw: " mx.agency.gov.au; arc=" + arc + " smtp.remote-ip=1.2.3.4; dkim=pass header.d=lists.gov.au"}
	}
	v := Verifiers{IDs: []string{"mx.agency.gov.au"}, ARCSealers: []string{"lists.gov.au", ".relay.gov.au"}}
	for _, c := range []struct {
		name string
		h    message.Header
		v    Verifiers
		want string
	}{
		{"pass", message.Header{result("pass"), seal(1, "lists.gov.au"), aar}, v, "lists.gov.au defence.gov.au"},
		{"two sealers", message.Header{result("pass"), seal(2, "a.relay.gov.au"), seal(1, "Lists.gov.au"), {Name: "ARC-Authentication-Results", Raw: " i=2; a.relay.gov.au; dkim=fail header.d=x.example"}, aar}, v, "lists.gov.au defence.gov.au"},
		{"another sealer among them", message.Header{result("pass"), seal(2, "lists.gov.au"), seal(1, "evil.example"), aar}, v, "lists.gov.au"},
		{"chain fails", message.Header{result("fail"), seal(1, "lists.gov.au"), aar}, v, "lists.gov.au"},
		{"results that nobody sealed", message.Header{result("pass"), seal(1, "lists.gov.au"), aar, aar}, v, "lists.gov.au"},
		{"no seal", message.Header{result("pass"), aar}, v, "lists.gov.au"},
		{"no sealers", message.Header{result("pass"), seal(1, "lists.gov.au"), aar}, Verifiers{IDs: v.IDs}, "lists.gov.au"},
		{"another's result", message.Header{{Name: "Authentication-Results", Raw: " evil; arc=pass"}, seal(1, "lists.gov.au"), aar}, v, ""},
	} {
		if got := DKIM(c.h, c.v); got.Value != c.want {
			t.Errorf("%s: %q, want %q", c.name, got.Value, c.want)
		}
	}
}

func FuzzDKIM(f *testing.F) {
	f.Add("mx.agency.gov.au; dkim=pass header.d=a.gov.au")
	f.Add("mx.agency.gov.au 1; arc=pass (x) ; dkim=pass reason=\"x;y\" header.d=a")
	f.Fuzz(func(t *testing.T, s string) {
		got := DKIM(message.Header{{Name: "authentication-results", Raw: s}}, Verifiers{IDs: []string{"mx.agency.gov.au"}})
		for _, r := range got.Value {
			if r > '~' || r < ' ' {
				t.Fatalf("unprintable in the fact: %q", got.Value)
			}
		}
	})
}
