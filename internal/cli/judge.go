package cli

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"labelmilter/internal/assemble"
	"labelmilter/internal/config"
	"labelmilter/internal/detect"
	"labelmilter/internal/fixture"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/replay"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
)

// rulesFlags choose the rule set.
type rulesFlags struct {
	config    string
	dirs      []string
	packs     []string
	catalogue string
	stores    map[string]string
	edmKey    string
}

// judgeFlags are common to the commands that judge stored mail.
type judgeFlags struct {
	format      string
	explain     bool
	showParts   bool
	showContent bool
	mailFrom    string
	rcptTo      []string
	clientIP    string
	authUser    string
	direction   string
	now         string
	failOn      string
	jobs        int
}

func (j *judgeFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&j.format, "format", "text", "output: text, json, junit")
	f.BoolVar(&j.explain, "explain", false, "show every rule with its conditions and the values seen")
	f.BoolVar(&j.showContent, "show-content", false, "show the values found (content of the mail)")
	f.BoolVar(&j.showParts, "show-parts", false, "show the parts of the message")
	f.StringVar(&j.mailFrom, "mail-from", "", "envelope `ADDRESS` of the sender (default: the From field)")
	f.StringArrayVar(&j.rcptTo, "rcpt-to", nil, "envelope `ADDRESS` of a recipient (default: To, Cc, Bcc; repeatable)")
	f.StringVar(&j.clientIP, "client-ip", "", "`ADDRESS` of the SMTP client")
	f.StringVar(&j.authUser, "auth-user", "", "SASL `LOGIN` of the sender")
	f.StringVar(&j.direction, "direction", "", "inbound, outbound or internal (default: derived)")
	f.StringVar(&j.now, "now", "", "clock of the decision, RFC 3339 or YYYY-MM-DD (default: the Date field)")
	f.StringVar(&j.failOn, "fail-on", "", "exit 3 on any of: reject,quarantine,discard,tempfail,findings,incomplete,hold,block,label>=ID")
	f.IntVar(&j.jobs, "jobs", runtime.GOMAXPROCS(0), "messages judged at the same time")
}

// options checks the flags and makes the options of a run.
func (j *judgeFlags) options(cmd *cobra.Command, a *command) (replay.Options, error) {
	o := replay.Options{Jobs: j.jobs, Stdin: a.stdin, GivenFrom: cmd.Flags().Changed("mail-from"), GivenRcpt: len(j.rcptTo) > 0}
	if err := oneOf("format", j.format, "text", "json", "junit"); err != nil {
		return o, err
	}
	if err := oneOf("color", a.color, "auto", "always", "never"); err != nil {
		return o, err
	}
	if j.direction != "" {
		if err := oneOf("direction", j.direction, "inbound", "outbound", "internal"); err != nil {
			return o, err
		}
	}
	if j.clientIP != "" {
		if _, err := netip.ParseAddr(j.clientIP); err != nil {
			return o, usage("use the form 192.0.2.1", "--client-ip: %q is not an address", j.clientIP)
		}
	}
	if j.now != "" {
		t, err := time.Parse(time.RFC3339, j.now)
		if err != nil {
			t, err = time.Parse("2006-01-02", j.now)
		}
		if err != nil {
			return o, usage("use the form 2026-11-01T10:00:00Z", "--now: %q is not a time", j.now)
		}
		o.Now = t
	}
	trim := func(s string) string { return strings.TrimSuffix(strings.TrimPrefix(s, "<"), ">") }
	o.Envelope = message.Envelope{MailFrom: trim(j.mailFrom), ClientIP: j.clientIP, AuthUser: j.authUser, Direction: message.Direction(j.direction)}
	for _, r := range j.rcptTo {
		o.Envelope.RcptTo = append(o.Envelope.RcptTo, trim(r))
	}
	return o, nil
}

// pipelines builds the pipelines that expectations ask for, each rule set once.
type pipelines struct {
	base  assemble.Options
	proto pipeline.Pipeline // limits and switches
	mu    sync.Mutex
	made  map[string]*made
	// stores opens the stores of a rule set's tables.
	stores func(*rulepack.Ruleset) (detect.Stores, strictyaml.Problems)
}

type made struct {
	p  *pipeline.Pipeline
	ps strictyaml.Problems
}

// pipelines loads the rule set that the flags choose and checks it.
func (a *command) pipelines(j *judgeFlags) (*pipelines, error) {
	opt, proto, err := a.assemble()
	if err != nil {
		return nil, err
	}
	proto.Explain, proto.ShowContent = j.explain, j.showContent
	opt.Engines = &rulepack.Engines{}
	ps := &pipelines{base: opt, made: map[string]*made{}, proto: proto}
	ps.stores = func(rs *rulepack.Ruleset) (detect.Stores, strictyaml.Problems) { return a.stores(a.given, rs) }
	_, problems := ps.Pipeline(nil)
	if problems.HasErrors() {
		return nil, a.problems(problems)
	}
	a.warnings(problems)
	return ps, nil
}

// Pipeline implements replay.Pipelines.
func (ps *pipelines) Pipeline(w *fixture.Want) (*pipeline.Pipeline, strictyaml.Problems) {
	o := ps.base
	write := ps.proto.Write
	var problems strictyaml.Problems
	if w != nil {
		if len(w.Packs) > 0 {
			o.Packs, o.AddPacks, o.RulesDirs, o.Assign = w.Packs, nil, nil, nil
		}
		for _, dir := range w.PackDirs {
			o.Dirs = append(slices.Clip(o.Dirs), filepath.Join(filepath.Dir(w.File), filepath.FromSlash(dir)))
		}
		if w.Catalogue != "" {
			o.Catalogue = w.Catalogue
		}
		if w.Organisation != nil {
			o.Site, problems = w.Organisation.Site()
			o.GUIDs = w.Organisation.GUIDs
		}
		if w.Write != nil {
			write = w.Write
		}
	}
	key := fmt.Sprintf("%q %q %q %q %v %v %q", o.Packs, o.Catalogue, o.RulesDirs, o.Dirs, o.Site, o.GUIDs, write)
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if m, ok := ps.made[key]; ok {
		return m.p, m.ps
	}
	rs, more := assemble.Rules(o)
	problems = append(problems, more...)
	m := &made{ps: problems}
	if rs != nil && !problems.HasErrors() {
		p := ps.proto
		p.Rules, p.Write = rs, write
		p.Stores, more = ps.stores(rs)
		if m.ps = append(m.ps, more...); !more.HasErrors() {
			m.p = &p
		}
	}
	ps.made[key] = m
	return m.p, m.ps
}

// failOn reports whether a result is one that --fail-on names.
func (j *judgeFlags) failsOn(p *pipeline.Pipeline, r pipeline.Result) bool {
	for _, want := range strings.Split(j.failOn, ",") {
		want = strings.TrimSpace(want)
		id, isLabel := strings.CutPrefix(want, "label>=")
		switch {
		case want == "":
		case isLabel:
			l, _ := p.Rules.Catalogue.Get(label.ID(id))
			if r.Outcome == label.Block || r.Outcome == label.Hold && r.Label == nil || r.Label != nil && r.Label.ID != "" && r.Label.Rank >= l.Rank {
				return true
			}
		case want == "findings" && len(r.Findings) > 0,
			want == "incomplete" && !r.Inspection.Complete,
			want == string(r.Verdict.Disposition),
			want == string(r.Outcome):
			return true
		}
	}
	return false
}

// checkFailOn reports unknown words before any work.
func (j *judgeFlags) checkFailOn(p *pipeline.Pipeline, more ...string) error {
	known := append([]string{"reject", "quarantine", "discard", "tempfail", "accept", "findings", "incomplete", "hold", "block", "none"}, more...)
	for _, w := range strings.Split(j.failOn, ",") {
		w = strings.TrimSpace(w)
		if id, ok := strings.CutPrefix(w, "label>="); ok {
			if _, known := p.Rules.Catalogue.Get(label.ID(id)); !known {
				return oneOf("fail-on", id, p.Rules.Catalogue.IDs()...)
			}
			continue
		}
		if w != "" {
			if err := oneOf("fail-on", w, known...); err != nil {
				return err
			}
		}
	}
	return nil
}

// flags are what the command line says about rules.
func (a *command) flags() assemble.Flags {
	return assemble.Flags{RulesDirs: a.rules.dirs, AddPacks: a.rules.packs, Catalogue: a.rules.catalogue}
}

// assemble makes the options of the rule set, and the pipeline without rules,
// out of flags and configuration.
func (a *command) assemble() (assemble.Options, pipeline.Pipeline, error) {
	c := config.Default(".")
	var given *config.Config
	if a.rules.config != "" {
		var err error
		if given, err = a.loadConfig(); err != nil {
			return assemble.Options{}, pipeline.Pipeline{}, err
		}
		a.given, c = given, given
	}
	o, ps := assemble.FromConfig(given, a.flags())
	if ps.HasErrors() {
		return o, pipeline.Pipeline{}, a.problems(ps)
	}
	return o, assemble.Judge(c), nil
}
