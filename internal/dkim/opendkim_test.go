package dkim

import (
	"net"
	"strings"
	"testing"

	"labelmilter/internal/dkim/dkimtest"
	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/mtalab"
)

// TestAgainstOpenDKIM has OpenDKIM verify each message after its edits, as
// both MTAs make them.
func TestAgainstOpenDKIM(t *testing.T) {
	mtalab.Require(t, "opendkim")
	o, err := dkimtest.StartOpenDKIM(t.Context(), key(t), "v")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Stop)
	h, body := signed(t, "relaxed/simple", usual...)
	for _, c := range editCases {
		for _, m := range mtas {
			got := verifiedBy(t, o.Port, edited(m, h, body, c.mods))
			want := "dkim=pass"
			switch {
			case c.name == "signature deleted":
				want = "dkim=none"
			case !c.safe:
				want = "dkim=fail"
			}
			if !strings.Contains(got, want) {
				t.Errorf("%s, %v: want %s, got %q", c.name, m, want, got)
			}
			if breaks := Preflight(h, body, c.mods)[0].Breaks; breaks == (want == "dkim=pass") {
				t.Errorf("%s: breaks %v, OpenDKIM finds %s", c.name, breaks, want)
			}
		}
	}
}

// verifiedBy gives the Authentication-Results that OpenDKIM adds.
func verifiedBy(t *testing.T, port int, msg []byte) string {
	t.Helper()
	c, err := miltertest.Dial(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// As LEADSPC is not offered, values go without their first blank.
	if err := c.NegotiateAs(miltertest.OfferVersion, miltertest.OfferActions, miltertest.OfferProtocol&^miltertest.LeadingSpace); err != nil {
		t.Fatal(err)
	}
	if err := c.Session(); err != nil {
		t.Fatal(err)
	}
	h, body := parse(t, msg)
	m := miltertest.Message{From: "<alice@agency.example>", To: []string{"<bob@other.example>"}, Body: body,
		Macros: map[byte][]string{'M': {"i", "q1"}}}
	for _, f := range h {
		m.Header = append(m.Header, [2]string{f.Name, f.Raw})
	}
	r, err := c.Send(m)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains("ca", string(r.Decision.Code)) {
		t.Fatalf("OpenDKIM answers %v", r.Decision)
	}
	for _, e := range r.Edits {
		if s := string(e.Data); e.Code == 'i' && strings.Contains(s, "Authentication-Results") {
			return s
		}
	}
	return ""
}
