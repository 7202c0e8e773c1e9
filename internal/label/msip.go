package label

import (
	"fmt"
	"slices"
	"strings"
)

// The msip_labels field (Microsoft Purview Information Protection, MIP SDK
// metadata): items "MSIP_Label_<guid>_<key>=<value>" separated by ";". One
// label per tenant; several tenants stand one after the other. Only label id
// and SiteId identify a label: the name is text anyone can write.

// MSIPHeader is the name of the field.
const MSIPHeader = "msip_labels"

const msipPrefix = "MSIP_Label_"

// MSIPItem is one item of the field as written.
type MSIPItem struct {
	GUID  string // label id, lower case; "" for an item that is none of ours
	Key   string // "Enabled", "SiteId", …
	Value string
	Raw   string // the item as it stands, trimmed
}

// MSIPLabel is the items of one label id.
type MSIPLabel struct {
	GUID    string
	SiteID  string // lower case, without braces
	Name    string
	Method  string // "Standard" (automatic) or "Privileged" (by a person)
	Enabled bool
}

// MSIP is a parsed field.
type MSIP struct {
	Items  []MSIPItem
	Labels []MSIPLabel // in order of first appearance
}

// ParseMSIP reads an unfolded field value. It never fails: what it does not
// understand stays as an item without GUID.
func ParseMSIP(value string) MSIP {
	var m MSIP
	index := map[string]int{}
	for _, raw := range strings.Split(value, ";") {
		raw = strings.TrimSpace(raw)
		if raw == "" {
			continue
		}
		it := MSIPItem{Raw: raw}
		name, val, found := strings.Cut(strings.Join(strings.Fields(raw), " "), "=")
		guid, key, ok := splitMSIPName(strings.TrimSpace(name))
		if found && ok {
			it.GUID, it.Key, it.Value = guid, key, strings.TrimSpace(val)
			i, known := index[guid]
			if !known {
				i = len(m.Labels)
				index[guid] = i
				m.Labels = append(m.Labels, MSIPLabel{GUID: guid})
			}
			m.Labels[i].take(key, it.Value)
		}
		m.Items = append(m.Items, it)
	}
	return m
}

func (l *MSIPLabel) take(key, value string) {
	switch strings.ToLower(key) {
	case "enabled", "enabledv2":
		l.Enabled = strings.EqualFold(value, "true")
	case "siteid":
		l.SiteID = strings.ToLower(strings.Trim(value, "{}"))
	case "name":
		l.Name = value
	case "method":
		l.Method = value
	}
}

// splitMSIPName splits "MSIP_Label_<guid>_<key>".
func splitMSIPName(s string) (guid, key string, ok bool) {
	if len(s) < len(msipPrefix)+36+2 || !strings.EqualFold(s[:len(msipPrefix)], msipPrefix) {
		return "", "", false
	}
	guid, rest := s[len(msipPrefix):len(msipPrefix)+36], s[len(msipPrefix)+36:]
	if rest[0] != '_' || !IsGUID(guid) {
		return "", "", false
	}
	return strings.ToLower(guid), rest[1:], true
}

// IsGUID reports the form 8-4-4-4-12 hexadecimal digits, without braces.
func IsGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return true
}

// OfTenant gives the enabled label of a tenant, if the field has one.
func (m MSIP) OfTenant(tenant string) (MSIPLabel, bool) {
	for _, l := range m.Labels {
		if l.Enabled && tenant != "" && strings.EqualFold(l.SiteID, tenant) {
			return l, true
		}
	}
	return MSIPLabel{}, false
}

// Without gives the field's items, as written, less those of one tenant and
// of the given label ids.
func (m MSIP) Without(tenant string, guids ...string) []string {
	drop := map[string]bool{}
	for _, g := range guids {
		drop[strings.ToLower(g)] = true
	}
	for _, l := range m.Labels {
		if tenant != "" && strings.EqualFold(l.SiteID, tenant) {
			drop[l.GUID] = true
		}
	}
	var out []string
	for _, it := range m.Items {
		if it.GUID == "" || !drop[it.GUID] {
			out = append(out, it.Raw)
		}
	}
	return out
}

// MSIPWrite is what is needed to write the items of one label.
type MSIPWrite struct {
	Tenant  string // GUID
	Label   Label  // with GUID
	Method  string // "Standard" or "Privileged"
	SetDate string // RFC 3339 UTC, "" to leave it out
}

// Items gives the items of one label in the order Enabled, SiteId, Name,
// Method, SetDate, ContentBits. Characters that would break the field are
// taken out of the name.
func (w MSIPWrite) Items() []string {
	name := strings.Map(func(r rune) rune {
		if r == ';' || r == '=' || r < 0x20 || r > 0x7e {
			return -1
		}
		return r
	}, w.Label.Name)
	kv := [][2]string{{"Enabled", "True"}, {"SiteId", strings.ToLower(w.Tenant)}, {"Name", name}, {"Method", w.Method}}
	if w.SetDate != "" {
		kv = append(kv, [2]string{"SetDate", w.SetDate})
	}
	kv = append(kv, [2]string{"ContentBits", "0"})
	var out []string
	for _, p := range kv {
		out = append(out, fmt.Sprintf("%s%s_%s=%s", msipPrefix, strings.ToLower(w.Label.GUID), p[0], p[1]))
	}
	return out
}

// JoinMSIP writes items as one field value: "; " between items, folded after
// a separator so that no line is much over 78 characters where that can be
// had, no trailing semicolon (some clients reject one).
func JoinMSIP(items []string) string {
	var b strings.Builder
	col := len(MSIPHeader) + 2
	for i, it := range items {
		if i > 0 {
			b.WriteByte(';')
			if col+2+len(it) > 76 {
				b.WriteString("\n ")
				col = 1
			} else {
				b.WriteByte(' ')
				col += 2
			}
		}
		b.WriteString(it)
		col += len(it)
	}
	return b.String()
}

// Same reports whether two field values hold the same items in the same
// order, folding and blanks aside.
func (m MSIP) Same(items []string) bool {
	have := make([]string, 0, len(m.Items))
	for _, it := range m.Items {
		have = append(have, it.Raw)
	}
	return slices.Equal(have, items)
}
