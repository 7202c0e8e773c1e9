package config

import (
	"maps"
	"slices"
	"strings"

	"labelmilter/internal/marking"
	"labelmilter/internal/strictyaml"
)

// maxID bounds ids of packs, policies and labels, in bytes.
const maxID = 128

func (k *checker) rules() {
	r := &k.c.Rules
	seen := map[string]int{}
	k.each(r.Packs, given(k.root, "rules", "packs"), func(n *strictyaml.Node, value string) string {
		if !validRef(value) {
			k.d.Problem(n, "lower-case letters, digits and hyphens", "%q is no id of a pack", short(value))
		} else {
			k.once(seen, n, "pack", value)
		}
		return value
	})
	folders := map[string]int{}
	k.each(r.Dirs, given(k.root, "rules", "dirs"), func(n *strictyaml.Node, value string) string {
		if value == "" {
			k.d.Problem(n, "", "an empty path")
			return ""
		}
		p := k.path(n, value)
		k.once(folders, n, "folder", p)
		return p
	})
	for i, n := range elements(given(k.root, "rules", "assign")) {
		if i < len(r.Assign) {
			k.assign(n, &r.Assign[i])
		}
	}
	k.lists(given(k.root, "rules", "lists"))
}

func (k *checker) assign(n *strictyaml.Node, a *Assign) {
	if p := given(n, "policy"); p != nil && p.Text() != "" {
		pack, id, both := strings.Cut(a.Policy, "/")
		if !both || !validRef(pack) || id != "*" && !validRef(strings.ReplaceAll(id, "*", "x")) {
			k.d.Problem(p, "such as au-pspf-dlp/*", "policy: %q is not PACK/ID", short(a.Policy))
		}
	}
	if a.Name == "" {
		a.Name = a.Policy
	}
	for _, x := range []struct {
		key    string
		values []string
	}{{"senders", a.Scope.Senders}, {"recipients", a.Scope.Recipients}} {
		seen := map[string]int{}
		k.each(x.values, given(n, "scope", x.key), func(n *strictyaml.Node, value string) string {
			who := k.correspondent(n, value)
			if who != "" {
				k.once(seen, n, "entry", who)
			}
			return who
		})
	}
	seen := map[string]int{}
	k.each(a.Scope.Directions, given(n, "scope", "directions"), func(n *strictyaml.Node, value string) string {
		k.once(seen, n, "direction", value)
		return value
	})
}

// correspondent gives a domain or an address in canonical form. Of an address
// only the domain is: RFC 5321, 2.4 leaves the local part to its host.
func (k *checker) correspondent(n *strictyaml.Node, value string) string {
	at := strings.LastIndexByte(value, '@')
	if at < 0 {
		return k.domain(n, value)
	}
	local := value[:at]
	if local == "" || len(local) > 64 || strings.ContainsAny(local, " \t\r\n<>") {
		fix := ""
		if local == "" {
			fix = "did you mean " + value[1:] + "?"
		}
		k.d.Problem(n, fix, "%q is no address", short(value))
		return ""
	}
	d := k.domain(n, value[at+1:])
	if d == "" {
		return ""
	}
	if d[0] == '.' {
		k.d.Problem(n, "", "%q is no address", short(value))
		return ""
	}
	return local + "@" + d
}

// lists resolves the paths of list files.
func (k *checker) lists(n *strictyaml.Node) {
	for _, name := range slices.Sorted(maps.Keys(k.c.Rules.Lists)) {
		l := k.c.Rules.Lists[name]
		if !validRef(name) {
			for _, e := range n.Entries() {
				if e.Key.Text() == name {
					k.d.Problem(e.Key, "lower-case letters, digits and hyphens", "%q is no name of a list", short(name))
				}
			}
		}
		if l.File != "" {
			l.File = k.path(given(n, name, "file"), l.File)
			k.c.Rules.Lists[name] = l
		}
	}
}

// validRef reports an id, or ids joined by "/": lower-case letters, digits,
// hyphens, underscores and dots, beginning with a letter or digit.
func validRef(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" || strings.IndexByte("-_.", part[0]) >= 0 {
			return false
		}
	}
	return true
}

// labels checks the names of labels and what writing msip_labels needs.
func (k *checker) labels() {
	l := &k.c.Labels
	if n := given(k.root, "labels", "catalogue"); n != nil && l.Catalogue != "" && !validRef(l.Catalogue) {
		k.d.Problem(n, "such as au-pspf", "catalogue: %q is no id", short(l.Catalogue))
	}
	if n := given(k.root, "labels", "ceiling"); n != nil && strings.TrimSpace(l.Ceiling) == "" {
		k.d.Problem(n, "such as PROTECTED", "ceiling must not be empty")
	}
	seen := map[string]int{}
	k.each(l.Write, given(k.root, "labels", "write"), func(n *strictyaml.Node, value string) string {
		k.once(seen, n, "field", value)
		return value
	})
	if node := given(k.root, "labels", "default"); node != nil {
		for _, e := range node.Entries() {
			k.d.OneOf(e.Key, "direction", e.Key.Text(), []string{"inbound", "internal", "outbound"})
		}
	}
	k.trust(&l.Trust)
	k.written(l)
	guids := map[string]int{}
	if node := given(k.root, "labels", "guids"); node != nil {
		for _, e := range node.Entries() {
			id := e.Key.Text()
			if !validRef(id) || strings.Contains(id, "/") {
				k.d.Problem(e.Key, "such as official-sensitive", "%q is no id of a label", short(id))
				continue
			}
			value, ok := l.GUIDs[id]
			if !ok || !e.Value.IsScalar() {
				continue
			}
			if g := k.guid(e.Value, id, value); g != "" {
				k.once(guids, e.Value, "GUID", g)
				l.GUIDs[id] = g
			}
		}
	}
	k.tenant(len(l.GUIDs) > 0)
}

// tenant checks that a tenant and GUIDs are there together.
func (k *checker) tenant(guids bool) {
	if !k.whole {
		return
	}
	written := slices.Contains(k.c.Labels.Write, "msip_labels")
	has := given(k.root, "organisation", "tenant_id") != nil && k.at("organisation", "tenant_id").Text() != ""
	const fix = "set organisation.tenant_id"
	switch {
	case written && !has:
		k.d.Problem(k.at("labels", "write"), fix, "msip_labels cannot be written without a tenant")
	case guids && !has:
		k.d.Problem(k.at("labels", "guids"), fix, "GUIDs of labels mean nothing without a tenant")
	}
	if written && !guids {
		k.d.Warn(k.at("labels", "write"), "set labels.guids", "msip_labels is written for labels with a GUID only, and none has one")
	}
}

// written checks what is written about labels.
func (k *checker) written(l *Labels) {
	if n := given(k.root, "labels", "marking", "version"); n != nil && !marking.IsVersion(l.Marking.Version) {
		k.d.Problem(n, "such as 2024.1", "version: %q is no year and number", short(l.Marking.Version))
	}
	k.each(l.Marking.SingleIMM, given(k.root, "labels", "marking", "single_imm"), k.domain)
	k.each(l.Trust.ARCSealers, given(k.root, "labels", "trust", "arc_sealers"), k.domain)
	if n := given(k.root, "labels", "trust", "arc_sealers"); n != nil && len(l.Trust.ARCSealers) > 0 && len(l.Trust.AuthServIDs) == 0 {
		k.d.Problem(n, "give labels.trust.authserv_ids", "ARC seals need a verifier of our own")
	}
	policy := given(k.root, "labels", "sio", "policy")
	if policy != nil {
		if _, ok := marking.ParseOID(l.SIO.Policy); !ok {
			k.d.Problem(policy, "such as 1.2.36.1.333.1", "policy: %q is no object identifier", short(l.SIO.Policy))
		}
	}
	node := given(k.root, "labels", "sio", "classes")
	if node == nil {
		return
	}
	if policy == nil {
		k.d.Problem(node, "set labels.sio.policy", "classes mean nothing without a policy")
	}
	seen := map[string]int{}
	for _, e := range node.Entries() {
		c, ok := l.SIO.Classes[e.Key.Text()]
		if !ok || !e.Value.IsScalar() {
			continue
		}
		if c < 0 || c > 256 {
			k.d.Problem(e.Value, "RFC 2634 allows 0 to 256", "%d is no security classification", c)
		}
		k.once(seen, e.Value, "class", e.Value.Text())
	}
}

// trust checks the peers whose markings are believed.
func (k *checker) trust(t *Trust) {
	domains := false
	for i, n := range elements(given(k.root, "labels", "trust", "peers")) {
		if i >= len(t.Peers) {
			break
		}
		p := &t.Peers[i]
		k.each(p.Domains, given(n, "domains"), k.domain)
		domains = domains || len(p.Domains) > 0
		if len(p.Domains)+len(p.Networks) == 0 {
			k.d.Problem(n, "give domains or networks", "a peer without domains and networks is nobody")
		}
		if _, ok := marking.Rank(p.UpTo); p.UpTo != "" && !ok {
			k.d.OneOf(given(n, "up_to"), "class", p.UpTo, marking.Classes())
		}
	}
	if n := given(k.root, "labels", "trust", "peers"); domains && len(t.AuthServIDs) == 0 && n != nil {
		k.d.Problem(n, "give labels.trust.authserv_ids", "domains of peers need a verifier of our own")
	}
}
