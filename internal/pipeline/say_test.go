package pipeline_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"labelmilter/internal/assemble"
	"labelmilter/internal/budget"
	"labelmilter/internal/config"
	"labelmilter/internal/dkim/dkimtest"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/verdict"
)

const site = `
organisation: {domains: [agency.gov.au]}
rules: {packs: [au-pspf, au-pspf-foreign]}
`

// judge makes a pipeline of a configuration.
func judge(t *testing.T, text string) *pipeline.Pipeline {
	t.Helper()
	c, ps := config.Parse("labelmilter.yaml", []byte(site+text))
	if c == nil {
		t.Fatal(ps)
	}
	p, ps := assemble.Pipeline(c, assemble.Flags{})
	if p == nil {
		t.Fatal(ps)
	}
	return p
}

// build makes a message of header lines and a body.
func build(t *testing.T, env message.Envelope, raw string) *message.Message {
	t.Helper()
	head, body, _ := strings.Cut(strings.ReplaceAll(raw, "\r\n", "\n"), "\n\n")
	b := message.NewBuilder(message.Options{Limits: budget.Default()})
	lines := strings.Split(strings.NewReplacer("\n ", "\x00 ", "\n\t", "\x00\t").Replace(head), "\n")
	for _, l := range lines {
		name, value, _ := strings.Cut(strings.ReplaceAll(l, "\x00", "\n"), ":")
		b.AddField(name, value)
	}
	if _, err := b.Write([]byte(strings.ReplaceAll(body, "\n", "\r\n"))); err != nil {
		t.Fatal(err)
	}
	m, err := b.Finish(context.Background(), env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

var outbound = message.Envelope{MailFrom: "kim.lee@agency.gov.au", RcptTo: []string{"ben@partner.example"}, AuthUser: "kim"}

func writes(r pipeline.Result) string {
	var out []string
	for _, m := range r.Modifications {
		s := fmt.Sprintf("%s %s: %s", m.Op, m.Name, strings.Join(strings.Fields(m.Value), " "))
		if m.Op == verdict.ReplaceBody {
			s = "body: " + strings.ReplaceAll(string(m.Body), "\r\n", "|")
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

func codes(r pipeline.Result) string {
	var out []string
	for _, c := range r.Conflicts {
		out = append(out, c.Code)
	}
	return strings.Join(out, " ")
}

func TestSay(t *testing.T) {
	t.Parallel()
	const head = "From: kim.lee@agency.gov.au\nMessage-ID: <1@agency.gov.au>\n"
	const text = "\nhello\n"
	for _, tt := range []struct {
		name, config, mail, want, conflicts string
		env                                 *message.Envelope
	}{
		{name: "marking and tag", config: "labels: {write: [X-Protective-Marking, subject]}", mail: head + "Subject: budget [SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege]\n" + text,
			want: "insert_header X-Protective-Marking: VER=2024.1, NS=gov.au, SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege, ORIGIN=kim.lee@agency.gov.au"},
		{name: "version, order and place", config: "labels: {write: [X-Protective-Marking, subject], marking: {version: 2025.1, expiry: first, subject: start}}",
			mail: head + "Subject: budget\nX-Protective-Marking: SEC=PROTECTED, ACCESS=Legal-Privilege, EXPIRES=2030-01-01, DOWNTO=OFFICIAL, ORIGIN=a@b.gov.au\n" + text,
			want: "delete_header X-Protective-Marking: \nchange_header Subject: [SEC=PROTECTED, EXPIRES=2030-01-01, DOWNTO=OFFICIAL, ACCESS=Legal-Privilege] budget\ninsert_header X-Protective-Marking: VER=2025.1, NS=gov.au, SEC=PROTECTED, EXPIRES=2030-01-01, DOWNTO=OFFICIAL, ACCESS=Legal-Privilege, ORIGIN=a@b.gov.au"},
		{name: "one marker for a peer", config: "labels: {write: [X-Protective-Marking, subject], marking: {single_imm: [partner.example]}}",
			mail: head + "Subject: budget [SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege, ACCESS=Personal-Privacy]\n" + text,
			want: "change_header Subject: budget [SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege]\ninsert_header X-Protective-Marking: VER=2024.1, NS=gov.au, SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege, NOTE=also Personal-Privacy, ORIGIN=kim.lee@agency.gov.au", conflicts: "imms-reduced"},
		{name: "several markers for others", config: "labels: {write: [subject], marking: {single_imm: [.partner.example]}}",
			mail: head + "Subject: budget [SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege, ACCESS=Personal-Privacy]\n" + text},
		{name: "banner at the top", config: "labels: {write: [], banner: {position: top}}", mail: head + "Subject: x [SEC=OFFICIAL:Sensitive]\n" + text,
			want: "body: OFFICIAL: Sensitive||hello|"},
		{name: "banner around", config: "labels: {write: [], banner: {position: both}}", mail: head + "Subject: x [SEC=PROTECTED]\n" + text,
			want: "body: PROTECTED||hello||PROTECTED|"},
		{name: "banner that is there", config: "labels: {write: [], banner: {position: top}}", mail: head + "Subject: x [SEC=OFFICIAL:Sensitive]\n\n\n  OFFICIAL:  Sensitive \n\nhello\n"},
		{name: "banner of another label", config: "labels: {write: [], banner: {position: top}}", mail: head + "Subject: x [SEC=PROTECTED]\n\nOFFICIAL\n\nhello\n",
			want: "body: PROTECTED||OFFICIAL||hello|"},
		{name: "banner that stands in HTML", config: "labels: {write: [], banner: {position: both}}",
			mail: head + "Subject: x [SEC=PROTECTED]\nMIME-Version: 1.0\nContent-Type: text/html\n\n<html><body><p><b>PRO</b>TECTED</p>\n<p>hello</p><div>PROTECTED</div></body></html>\n"},
		{name: "no banner in signed parts", config: "labels: {write: [], banner: {position: top}}",
			mail: head + "Subject: x [SEC=PROTECTED]\nMIME-Version: 1.0\nContent-Type: multipart/signed; boundary=b; micalg=sha-256; protocol=\"application/pkcs7-signature\"\n\n--b\nContent-Type: text/plain\n\nhello\n--b\nContent-Type: application/pkcs7-signature\n\nAAAA\n--b--\n", conflicts: "modification-overridden"},
		{name: "no banner on inbound mail", config: "labels: {write: [], banner: {position: top}}", mail: head + "Subject: x [SEC=PROTECTED]\n" + text,
			env: &message.Envelope{MailFrom: "a@b.gov.au", RcptTo: []string{"kim@agency.gov.au"}}, want: ""},
		{name: "SIO-Label", config: "labels: {write: [SIO-Label], sio: {policy: 1.2.36.1.5, classes: {protected: 3}}}", mail: head + "Subject: x [SEC=PROTECTED]\n" + text,
			want: `insert_header SIO-Label: marking="PROTECTED"; type=":ess"; label="MQkGBCokAQUCAQM="`},
		{name: "SIO-Label in place of another", config: "labels: {write: [SIO-Label]}", mail: head + "Subject: x [SEC=PROTECTED]\nSIO-Label: marking=\"OFFICIAL\"; fgcolor=red\n" + text,
			want: "delete_header SIO-Label: \ninsert_header SIO-Label: marking=\"PROTECTED\"\ninsert_header SIO-Label-History: marking=\"OFFICIAL\"; fgcolor=red; new-marking=\"PROTECTED\"; change=replace; changed-by=labelmilter"},
		{name: "SIO-Label that says so", config: "labels: {write: [SIO-Label]}", mail: head + "SIO-Label: marking=\"PROTECTED\"\n" + text},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := outbound
			if tt.env != nil {
				env = *tt.env
			}
			p := judge(t, tt.config)
			m := build(t, env, tt.mail)
			f := facts.Facts{Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
			r := p.Process(context.Background(), m, f)
			got := writes(r)
			got = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(got, "change_header Content-Type: text/plain; charset=utf-8\n", ""), "delete_header X-Labelmilter-Inspection: \n", ""))
			if strings.Contains(got, "\nadd_header MIME-Version") {
				t.Errorf("a MIME version is added: %s", got)
			}
			if got != tt.want || codes(r) != tt.conflicts {
				t.Errorf("got\n%s\nwant\n%s\nconflicts %q, want %q", got, tt.want, codes(r), tt.conflicts)
			}
			// What went out is what is meant, and a second pass writes nothing.
			again := rebuild(t, m, r)
			r2 := p.Process(context.Background(), again, f)
			if r2.Label == nil || r.Label == nil || r2.Label.ID != r.Label.ID {
				t.Errorf("second pass: label %+v, first %+v", r2.Label, r.Label)
			}
			if w := writes(r2); w != "" {
				t.Errorf("second pass writes %s", w)
			}
		})
	}
}

// rebuild is the message as the MTA would send it on.
func rebuild(t *testing.T, m *message.Message, r pipeline.Result) *message.Message {
	t.Helper()
	b := message.NewBuilder(message.Options{Limits: budget.Default()})
	for _, f := range apply(m.Header, r.Modifications) {
		b.AddField(f.Name, f.Raw)
	}
	body := m.Body
	for _, x := range r.Modifications {
		if x.Op == verdict.ReplaceBody {
			body = x.Body
		}
	}
	if _, err := b.Write(body); err != nil {
		t.Fatal(err)
	}
	out, err := b.Finish(context.Background(), m.Envelope)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	return out
}

var signer = sync.OnceValues(dkimtest.NewKey)

// TestDKIMPolicy has edits that would break a signature made, left out and
// skipped, and verifies what goes out.
func TestDKIMPolicy(t *testing.T) {
	t.Parallel()
	key, err := signer()
	if err != nil {
		t.Fatal(err)
	}
	mail := "From: kim.lee@agency.gov.au\r\nTo: ben@partner.example\r\nSubject: budget\r\nX-Protective-Marking: VER=2024.1, NS=gov.au, SEC=PROTECTED, ORIGIN=kim.lee@agency.gov.au\r\n" +
		"Date: Mon, 02 Nov 2026 09:14:00 +1100\r\nMessage-ID: <2@agency.gov.au>\r\n\r\nhello\r\n"
	signed, err := key.Sign([]byte(mail), "relaxed/relaxed", []string{"From", "To", "Subject", "Date"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		policy, write   string
		holds           bool
		want, conflicts string
	}{
		{"proceed", "[X-Sensitivity-Label, subject]", false, "change_header Subject, insert_header X-Sensitivity-Label", "dkim-signature-broken"},
		{"unsigned", "[X-Sensitivity-Label, subject]", true, "insert_header X-Sensitivity-Label", "modification-overridden"},
		{"skip", "[X-Sensitivity-Label, subject]", true, "", "modification-overridden"},
		{"skip", "[X-Sensitivity-Label]", true, "insert_header X-Sensitivity-Label", ""},
		{"unsigned", "[X-Sensitivity-Label], banner: {position: top}", true, "insert_header X-Sensitivity-Label", "modification-overridden"},
		{"proceed", "[X-Sensitivity-Label], banner: {position: bottom}", false, "insert_header X-Sensitivity-Label, replace_body", "dkim-signature-broken"},
	} {
		p := judge(t, "labels: {dkim: "+tt.policy+", write: "+tt.write+"}")
		m := build(t, outbound, string(signed))
		r := p.Process(context.Background(), m, facts.Facts{})
		var ops []string
		for _, x := range r.Modifications {
			ops = append(ops, strings.TrimSpace(string(x.Op)+" "+x.Name))
		}
		slices.Sort(ops)
		if got := strings.Join(ops, ", "); got != tt.want || codes(r) != tt.conflicts {
			t.Errorf("%s %s: %s (%s), want %s (%s)", tt.policy, tt.write, got, codes(r), tt.want, tt.conflicts)
		}
		out := rebuild(t, m, r)
		var b strings.Builder
		for _, f := range out.Header {
			b.WriteString(f.Name + ":" + strings.ReplaceAll(strings.ReplaceAll(f.Raw, "\r\n", "\n"), "\n", "\r\n") + "\r\n")
		}
		b.WriteString("\r\n" + string(out.Body))
		if key.Verify([]byte(b.String())) != tt.holds {
			t.Errorf("%s %s: the signature holds: %v, want %v", tt.policy, tt.write, !tt.holds, tt.holds)
		}
	}
}

// TestExpiry lets a marking fall to DOWNTO by date where the site wants it.
func TestExpiry(t *testing.T) {
	t.Parallel()
	before, after := time.Date(2026, 6, 30, 23, 59, 0, 0, time.UTC), time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		mode, marking string
		now           time.Time
		want          label.ID
		outcome       label.Outcome
		then          label.ID
	}{
		{"honour", "SEC=PROTECTED, ACCESS=Legal-Privilege, EXPIRES=2026-07-01, DOWNTO=OFFICIAL:Sensitive", before, "protected-lp", label.Labelled, "official-sensitive-lp"},
		{"honour", "SEC=PROTECTED, ACCESS=Legal-Privilege, EXPIRES=2026-07-01, DOWNTO=OFFICIAL:Sensitive", after, "official-sensitive-lp", label.Labelled, ""},
		{"honour", "SEC=PROTECTED, CAVEAT=SH:CABINET, EXPIRES=2026-07-01, DOWNTO=OFFICIAL", after, "official", label.Labelled, ""},
		{"honour", "SEC=SECRET, EXPIRES=2026-07-01, DOWNTO=PROTECTED", before, "", label.Block, ""},
		{"honour", "SEC=SECRET, EXPIRES=2026-07-01, DOWNTO=PROTECTED", after, "protected", label.Labelled, ""},
		{"honour", "SEC=PROTECTED, EXPIRES=the release, DOWNTO=OFFICIAL", after, "protected", label.Labelled, ""},
		{"honour", "SEC=PROTECTED, EXPIRES=2026-07-01, DOWNTO=OFFICIAL, ACCESS=Unknown", after, "protected", label.Hold, ""},
		{"ignore", "SEC=PROTECTED, EXPIRES=2026-07-01, DOWNTO=OFFICIAL", after, "protected", label.Labelled, ""},
	} {
		p := judge(t, "labels: {expiry: "+tt.mode+"}")
		m := build(t, outbound, "From: kim.lee@agency.gov.au\nMessage-ID: <3@agency.gov.au>\nX-Protective-Marking: VER=2024.1, NS=gov.au, "+tt.marking+", ORIGIN=a@b.gov.au\n\nhello\n")
		r := p.Process(context.Background(), m, facts.Facts{Now: tt.now})
		got := label.ID("")
		if r.Label != nil {
			got = r.Label.ID
		}
		if got != tt.want || r.Outcome != tt.outcome {
			t.Errorf("%s %s at %s: %s %s, want %s %s", tt.mode, tt.marking, tt.now, r.Outcome, got, tt.outcome, tt.want)
		}
		then := label.ID("")
		if r.Plan.Thread != nil && !r.Plan.Thread.Until.IsZero() {
			then = r.Plan.Thread.Then
		}
		if then != tt.then {
			t.Errorf("%s %s at %s: the conversation falls to %q, want %q", tt.mode, tt.marking, tt.now, then, tt.then)
		}
	}
}

// TestStrangersMark: what an outsider writes marks what answers it, not the
// conversation it claims to belong to.
func TestStrangersMark(t *testing.T) {
	t.Parallel()
	mail := "From: a@b.gov.au\nMessage-ID: <4@b.gov.au>\nReferences: <1@agency.gov.au>\nX-Protective-Marking: VER=2024.1, NS=gov.au, SEC=PROTECTED, ORIGIN=a@b.gov.au\n\nhello\n"
	env := message.Envelope{MailFrom: "a@b.gov.au", RcptTo: []string{"kim@agency.gov.au"}, ClientIP: "203.0.113.9"}
	for _, tt := range []struct {
		config string
		env    message.Envelope
		ids    int
		new    bool
	}{
		{"", env, 1, true},
		{"labels: {trust: {peers: [{networks: [203.0.113.0/24]}]}}", env, 2, false},
		{"", outbound, 2, false},
	} {
		r := judge(t, tt.config).Process(context.Background(), build(t, tt.env, mail), facts.Facts{})
		if th := r.Plan.Thread; th == nil || len(th.IDs) != tt.ids || th.New != tt.new {
			t.Errorf("%q from %s: %+v, want %d ids", tt.config, tt.env.MailFrom, th, tt.ids)
		}
	}
}

// TestLowered records by what right a reply is below its conversation.
func TestLowered(t *testing.T) {
	t.Parallel()
	mail := "From: kim.lee@agency.gov.au\nMessage-ID: <5@agency.gov.au>\nReferences: <1@agency.gov.au>\nSubject: x [SEC=OFFICIAL]\nX-Label-Justification: =?utf-8?q?released_today,_card_4111_1111-1111.1111,_ref_12345678?=\n\nhello\n"
	floor := map[string]facts.Fact{pipeline.FactThreadFloor: {State: facts.Known, Value: "protected"}}
	group := map[string]facts.Fact{pipeline.FactThreadFloor: floor[pipeline.FactThreadFloor], pipeline.FactSenderGroups: {State: facts.Known, Value: "staff, Declassifiers"}}
	for _, tt := range []struct {
		config     string
		env        message.Envelope
		facts      map[string]facts.Fact
		label      label.ID
		by, reason string
	}{
		{"labels: {thread: {justify: true}}", outbound, floor, "official", "justification", "released today, card …, ref …"},
		{"labels: {thread: {justify: false}}", outbound, floor, "protected", "", ""},
		{"labels: {thread: {declassifiers: [declassifiers]}}", outbound, group, "official", "declassifier", ""},
		{"labels: {thread: {declassifiers: [others]}}", outbound, group, "protected", "", ""},
		{"labels: {thread: {justify: true}}", message.Envelope{MailFrom: "kim.lee@agency.gov.au", RcptTo: outbound.RcptTo}, floor, "protected", "", ""},
	} {
		r := judge(t, tt.config).Process(context.Background(), build(t, tt.env, mail), facts.Facts{Named: tt.facts})
		if r.Label == nil || r.Label.ID != tt.label || r.Label.LoweredBy != tt.by || r.Label.Justification != tt.reason {
			t.Errorf("%s: %+v", tt.config, r.Label)
		}
		if !strings.Contains(writes(r), "delete_header X-Label-Justification") {
			t.Errorf("%s: the justification goes on", tt.config)
		}
	}
}
