package label

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	guid1   = "aaaaaaaa-0000-4000-8000-000000000001"
	guid2   = "bbbbbbbb-0000-4000-8000-000000000002"
	tenant1 = "11111111-2222-3333-4444-555555555555"
	tenant2 = "99999999-8888-7777-6666-555555555555"
)

func items(guid, tenant, name string) []string {
	return MSIPWrite{Tenant: tenant, Label: Label{Name: name, GUID: guid}, Method: "Standard", SetDate: "2025-02-14T01:52:31Z"}.Items()
}

func unfolded(s string) string { return strings.ReplaceAll(s, "\n", "") }

func TestParseMSIP(t *testing.T) {
	t.Parallel()
	e := func(guid, kv string) string { return "MSIP_Label_" + guid + "_" + kv }
	tests := []struct {
		name, in string
		want     []MSIPLabel
	}{
		{"one label", strings.Join(items(guid1, tenant1, "OFFICIAL"), "; "), []MSIPLabel{{guid1, tenant1, "OFFICIAL", "Standard", true}}},
		{"two tenants", strings.Join(append(items(guid1, tenant1, "OFFICIAL"), items(guid2, tenant2, "General")...), "; "),
			[]MSIPLabel{{guid1, tenant1, "OFFICIAL", "Standard", true}, {guid2, tenant2, "General", "Standard", true}}},
		{"no blanks, semicolon at the end", strings.Join(items(guid1, tenant1, "X"), ";") + ";", []MSIPLabel{{guid1, tenant1, "X", "Standard", true}}},
		{"fold inside a name", e(guid1, "Enabled=true; ") + e(guid1, "Name=Acme  Official Use   Only"), []MSIPLabel{{GUID: guid1, Name: "Acme Official Use Only", Enabled: true}}},
		{"not enabled", e(guid1, "Enabled=False; ") + e(guid1, "SiteId="+tenant1), []MSIPLabel{{GUID: guid1, SiteID: tenant1}}},
		{"braces and case", e(strings.ToUpper(guid1), "EnabledV2=TRUE; ") + e(guid1, "SiteId={"+strings.ToUpper(tenant1)+"}"), []MSIPLabel{{GUID: guid1, SiteID: tenant1, Enabled: true}}},
		{"no guid", "MSIP_Label_not-a-guid_Enabled=True", nil},
		{"foreign item", "aiplabel=External Public", nil},
		{"guid too short", "MSIP_Label_aaaaaaaa-0000-4000-8000-00000000000_Enabled=True", nil},
		{"no key", "MSIP_Label_" + guid1 + "_", nil},
		{"no equals sign", e(guid1, "Enabled"), nil},
		{"empty", "", nil},
		{"semicolons", ";;; ;", nil},
		{"long value", e(guid1, "Name="+strings.Repeat("x", 300)), []MSIPLabel{{GUID: guid1, Name: strings.Repeat("x", 300)}}},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, ParseMSIP(tt.in).Labels); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}

func TestOfTenant(t *testing.T) {
	t.Parallel()
	m := ParseMSIP(strings.Join(slices.Concat(items(guid2, tenant2, "General"), items(guid1, tenant1, "OFFICIAL")), "; "))
	if l, ok := m.OfTenant(strings.ToUpper(tenant1)); !ok || l.GUID != guid1 {
		t.Errorf("own label %+v, %v", l, ok)
	}
	for _, tenant := range []string{"", "00000000-0000-0000-0000-000000000000"} {
		if l, ok := m.OfTenant(tenant); ok {
			t.Errorf("tenant %q has label %+v", tenant, l)
		}
	}
	// A name without a tenant is text anyone can write.
	if _, ok := ParseMSIP("MSIP_Label_" + guid1 + "_Enabled=True; MSIP_Label_" + guid1 + "_Name=PROTECTED").OfTenant(""); ok {
		t.Error("a label without SiteId counts as somebody's")
	}
}

// TestMSIPRoundTrip writes items and reads the field again after any fold: the
// items of other tenants are byte for byte what they were, and there is no
// semicolon at the end.
func TestMSIPRoundTrip(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 7))
	odd := []string{"aiplabel=External Public", "MSIP_Label_not-a-guid_Enabled=True", "x", "=", "a=b=c", "  spaced   out = yes",
		"MSIP_Label_" + guid2 + "_Tag=10, 0, 1, 1", "MSIP_Label_" + strings.ToUpper(guid2) + "_Name=Gen=eral"}
	for range 5000 {
		var other []string
		for range rnd.IntN(6) {
			other = append(other, strings.TrimSpace(odd[rnd.IntN(len(odd))]))
		}
		if rnd.IntN(2) == 0 {
			other = append(other, items(guid2, tenant2, "General")...)
		}
		all := slices.Insert(slices.Clone(other), rnd.IntN(len(other)+1), items(guid1, tenant1, "OFFICIAL")...)
		value := JoinMSIP(all)
		if strings.HasSuffix(value, ";") {
			t.Fatalf("semicolon at the end: %q", value)
		}
		for _, line := range strings.Split(value, "\n") {
			if len(line) > 998 {
				t.Fatalf("line of %d octets", len(line))
			}
		}
		m := ParseMSIP(unfolded(value))
		if !m.Same(all) {
			t.Fatalf("read again %+v, wrote %q", m.Items, all)
		}
		if l, ok := m.OfTenant(tenant1); !ok || l.GUID != guid1 || l.Name != "OFFICIAL" {
			t.Fatalf("own label lost: %+v", m.Labels)
		}
		if left := m.Without(tenant1); !slices.Equal(left, other) && len(left)+len(other) > 0 {
			t.Fatalf("other items changed:\n%q\n%q", left, other)
		}
	}
}

func TestMSIPWithoutLabelIDs(t *testing.T) {
	t.Parallel()
	m := ParseMSIP("MSIP_Label_" + guid1 + "_Enabled=True; keep=me")
	if d := cmp.Diff([]string{"keep=me"}, m.Without(tenant1, strings.ToUpper(guid1))); d != "" {
		t.Errorf("an own label id without SiteId stays (-want +got):\n%s", d)
	}
}

func TestMSIPItemsAreSafe(t *testing.T) {
	t.Parallel()
	for _, it := range items(guid1, tenant1, "A;B=C\r\nX: y ü") {
		if strings.ContainsAny(it, ";\r\nü") || strings.Count(it, "=") != 1 {
			t.Errorf("item %q can break the field", it)
		}
	}
}

func FuzzParseMSIP(f *testing.F) {
	f.Add(strings.Join(items(guid1, tenant1, "OFFICIAL"), "; "))
	f.Add("MSIP_Label_not-a-guid_Enabled=True;;=;aiplabel=External")
	f.Add("MSIP_Label_" + guid1 + "_Name=a\tb\n c;")
	f.Fuzz(func(t *testing.T, s string) {
		m := ParseMSIP(s)
		raw := make([]string, 0, len(m.Items))
		for _, it := range m.Items {
			raw = append(raw, it.Raw)
			if it.Raw != strings.TrimSpace(it.Raw) || it.Raw == "" || strings.Contains(it.Raw, ";") {
				t.Fatalf("item %q", it.Raw)
			}
		}
		if again := ParseMSIP(strings.Join(raw, "; ")); !again.Same(raw) {
			t.Fatalf("items %q read again as %+v", raw, again.Items)
		}
		for _, l := range m.Labels {
			if !IsGUID(l.GUID) {
				t.Fatalf("label id %q", l.GUID)
			}
		}
	})
}

func TestHeaderRoundTrip(t *testing.T) {
	t.Parallel()
	l := Label{ID: "protected-c", Name: `PROTECTED "CABINET"` + "\r\nX: y"}
	v := FormatHeader(Assignment{Label: &l, Source: FromHeader}, "au-pspf")
	if strings.ContainsAny(v, "\r\n") || strings.Count(v, `"`) != 2 {
		t.Errorf("unsafe value %q", v)
	}
	id, cat, src, ok := ParseHeader(v)
	if !ok || id != l.ID || cat != "au-pspf" || src != FromHeader {
		t.Errorf("read %q %q %q %v of %q", id, cat, src, ok, v)
	}
	for _, bad := range []string{"", "protected", "protected; catalogue=au-pspf", "; catalogue=a; source=b", "x; source=b"} {
		if id, _, _, ok := ParseHeader(bad); ok {
			t.Errorf("%q is read as %q", bad, id)
		}
	}
	if got := FormatHeader(Assignment{}, "c"); got != "" {
		t.Errorf("no label gives %q", got)
	}
}
