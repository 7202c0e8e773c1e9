package rulepack

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"labelmilter/internal/bodyedit"
	"labelmilter/internal/policy"
	"labelmilter/internal/sit"
	"labelmilter/internal/strictyaml"
	"labelmilter/internal/verdict"
)

// bannerY is text put into the body.
type bannerY struct {
	strictyaml.Pos
	Text       string `yaml:"text,required" doc:"plain text, at most 64 kB; variables as in reject"`
	HTML       string `yaml:"html" doc:"the same in HTML; made of text if missing; variables are written as text"`
	Place      string `yaml:"place" enum:"top|bottom" doc:"default: top for banner, bottom for disclaimer"`
	WhenSigned string `yaml:"when_signed" enum:"ignore|wrap|reject" default:"ignore" doc:"in signed or encrypted mail: no banner, a part before the message, or refuse it"`
	KeepDKIM   bool   `yaml:"keep_dkim" doc:"no banner where it would break a valid DKIM signature"`
}

// redactY masks findings.
type redactY struct {
	strictyaml.Pos
	Types         []string   `yaml:"types,required" doc:"ids of types"`
	MinConfidence confidence `yaml:"min_confidence" doc:"default: what the type recommends, else medium"`
	Mask          string     `yaml:"mask" enum:"*|X|#|•|█" doc:"default *; stands for each letter and digit; signs between them stay"`
	Keep          int        `yaml:"keep" min:"0" max:"8" doc:"letters and digits at the end that stay"`
	Fallback      string     `yaml:"fallback" enum:"quarantine|reject" default:"quarantine" doc:"when something would be left, or stands in signed or unreadable parts"`
}

// removeY removes attachments.
type removeY struct {
	strictyaml.Pos
	attachmentY `yaml:",inline"`
	Notice      string `yaml:"notice" default:"An attachment was removed by policy." doc:"text in its place"`
	Fallback    string `yaml:"fallback" enum:"quarantine|reject" default:"quarantine" doc:"when one stands in a signed or ambiguous part"`
}

// encryptY encrypts.
type encryptY struct {
	strictyaml.Pos
	Missing string `yaml:"missing" enum:"reject|quarantine|route" default:"reject" doc:"when a recipient has no valid certificate"`
	Route   string `yaml:"route" doc:"with missing: route, the name of the way that it takes instead, not encrypted by us"`
}

// routeName is the form of a route: it stands in a header and in a table of
// the MTA.
var routeName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// edit compiles the actions that edit the message or its way.
func (c *compiler) edit(pack string, y *Act, a *policy.Action) {
	switch a.Kind {
	case policy.ActBanner:
		c.banner(y, y.Banner, a, false)
	case policy.ActDisclaimer:
		c.banner(y, y.Disclaimer, a, true)
	case policy.ActRedact:
		if r := y.Redact; r != nil {
			mask := '*'
			if r.Mask != "" {
				mask, _ = utf8.DecodeRuneInString(r.Mask)
			}
			a.Redact = &policy.Redact{Types: c.sitTypes(r.Pos, r.Types, r.MinConfidence), Mask: mask, Keep: r.Keep, Fallback: verdict.Disposition(r.Fallback)}
		}
	case policy.ActRemove:
		if r := y.RemoveAtt; r != nil {
			if len(r.Notice) > bodyedit.MaxBanner {
				c.at(r.Pos, "", "the notice has %d bytes, the limit is %d", len(r.Notice), bodyedit.MaxBanner)
			}
			a.Remove = &policy.Remove{Match: c.attachment(pack, &r.attachmentY), Notice: r.Notice, Fallback: verdict.Disposition(r.Fallback)}
		}
	case policy.ActRedirect:
		a.Addresses = y.Redirect
		c.people(y.node, a.Addresses, policy.TheManager)
	case policy.ActBcc:
		a.Addresses = y.Bcc
		c.people(y.node, a.Addresses, policy.TheManager)
	case policy.ActRoute:
		a.Route = y.Route
		if !routeName.MatchString(a.Route) {
			c.d.Problem(y.node, "use lower case letters, digits and hyphens, at most 64", "route %q is not well formed", a.Route)
		}
	case policy.ActEncrypt:
		a.Encrypt = c.encrypt(y)
	case policy.ActRequireTLS:
		a.Route = "tls"
	}
}

func (c *compiler) encrypt(y *Act) *policy.Encrypt {
	e := y.Encrypt
	if e == nil {
		e = &encryptY{Missing: "reject"}
	}
	if e.Missing != "route" {
		if e.Route != "" {
			c.d.Problem(y.node, "missing: route", "route is for missing: route only")
		}
		return &policy.Encrypt{Missing: verdict.Disposition(e.Missing)}
	}
	if !routeName.MatchString(e.Route) {
		c.d.Problem(y.node, "use lower case letters, digits and hyphens, at most 64", "route %q is not well formed", e.Route)
	}
	return &policy.Encrypt{Route: e.Route}
}

func (c *compiler) banner(y *Act, b *bannerY, a *policy.Action, bottom bool) {
	if b == nil {
		return
	}
	if b.Place != "" {
		bottom = b.Place == "bottom"
	}
	for _, s := range []string{b.Text, b.HTML} {
		if len(s) > bodyedit.MaxBanner {
			c.at(b.Pos, "", "the text has %d bytes, the limit is %d", len(s), bodyedit.MaxBanner)
		}
		c.variables(y.node, s)
	}
	if strings.TrimSpace(b.Text) == "" {
		c.at(b.Pos, "give it a text", "the banner is empty")
	}
	a.Banner = &policy.Banner{Text: b.Text, HTML: b.HTML, Bottom: bottom, WhenSigned: policy.WhenSigned(b.WhenSigned), KeepDKIM: b.KeepDKIM}
}

// sitTypes resolves types, each with the confidence asked for.
func (c *compiler) sitTypes(pos strictyaml.Pos, ids []string, min confidence) []policy.SITType {
	var out []policy.SITType
	for _, id := range ids {
		t, ok := c.types[id]
		if !ok {
			c.at(pos, nearest(id, sortedKeys(c.types)), "unknown sensitive information type %q", id)
			continue
		}
		c.useMarkingType(id)
		n := int(min)
		if n == 0 {
			n = t.Recommended
		}
		if n == 0 {
			n = sit.Medium
		}
		out = append(out, policy.SITType{ID: id, MinConfidence: n})
	}
	return out
}
