package app

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"database/sql"

	"labelmilter/internal/facts"
	"labelmilter/internal/filter"
	"labelmilter/internal/message"
	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/store"
)

const official = `i0 X-Sensitivity-Label: official; name="OFFICIAL"; catalogue=au-pspf; source=marking:header`

func TestMessages(t *testing.T) {
	t.Parallel()
	d := start(t, "", nil)
	for i, tt := range []struct {
		name     string
		mail     miltertest.Message
		decision string
		edits    string
		verdict  string
		label    string
	}{
		{"marked", mail("M1", "x", marked("OFFICIAL")), "a", official, "accept", "official"},
		{"unmarked", mail("M2", "x"), "a", "", "accept", ""},
		{"rejected", mail("M3", "refuseme", marked("OFFICIAL")), "y 550 5.7.1 refused by the tests", "", "reject", "official"},
		{"quarantined", mail("M4", "holdme"), "a", "i0 X-Labelmilter-Reason: words/hold; id=", "quarantine", ""},
		{"above the ceiling", mail("M5", "x", marked("SECRET")), "y 550 5.7.1", "", "reject", ""},
		{"tagged", mail("M6", "tagme"), "a", "h X-Tag: first rules", "accept", ""},
		{"forged", mail("M7", "x", [2]string{"X-Sensitivity-Label", " forged"}, marked("OFFICIAL"), [2]string{"x-labelmilter-reason", " forged"},
			[2]string{"X-Sensitivity-Label", " forged"}), "a", official, "accept", "official"},
	} {
		c := d.dial(i % 2)
		r := d.send(c, tt.mail)
		got := r.Decision.Text()
		if r.Decision.Code != 'y' {
			got = string(r.Decision.Code)
		} else {
			got = "y " + got
		}
		if !strings.HasPrefix(got, tt.decision) || !strings.Contains(edits(r), tt.edits) || tt.edits == "" && len(r.Edits) > 0 {
			t.Errorf("%s: got %q, edits\n%s\nwant %q,\n%s", tt.name, got, edits(r), tt.decision, tt.edits)
		}
		rec := d.record(tt.mail.Macros['E'][1])
		if rec.Verdict != tt.verdict || rec.Label != tt.label || rec.Answer != store.Sent || rec.SenderDomain != "sender.example" ||
			rec.Direction != []string{"inbound", "outbound"}[i%2] || rec.MessageID != "<"+rec.QueueID+"@sender.example>" {
			t.Errorf("%s: record %+v", tt.name, rec)
		}
		var result map[string]any
		if err := json.Unmarshal(rec.Result, &result); err != nil || result["schema"] != "labelmilter.result/v1" {
			t.Errorf("%s: result %v, %v", tt.name, result, err)
		}
		switch tt.name {
		case "quarantined":
			if q := r.Edits[len(r.Edits)-1]; q.Code != 'q' {
				t.Errorf("last edit is %v, want the quarantine", q)
			}
		case "forged":
			if n := len(r.Edits); n != 4 { // three removed, the own one inserted
				t.Errorf("%d edits:\n%s", n, edits(r))
			}
		}
	}
	d.wantMetric(`labelmilter_messages_total{direction="inbound",label="official",outcome="label",verdict="accept"} 2`)
	d.wantMetric(`labelmilter_rule_hits_total{mode="enforce",policy="words",rule="refuse"} 1`)
	d.noContent()
	if n := strings.Count(d.log.String(), `"msg":"message"`); n != 7 {
		t.Errorf("%d message lines in the log, want 7", n)
	}
}

func TestThreeMessagesInOneSession(t *testing.T) {
	t.Parallel()
	d := start(t, "", nil)
	c := d.dial(0)
	for i, want := range []string{official, "", official} {
		m := mail("S"+string(rune('1'+i)), "x")
		if want != "" {
			m.Header = append(m.Header, marked("OFFICIAL"))
		}
		if r := d.send(c, m); r.Decision.Code != 'a' || edits(r) != want {
			t.Errorf("message %d: %v, edits %s", i+1, r.Decision, edits(r))
		}
		rec := d.record(m.Macros['E'][1])
		if !strings.Contains(string(rec.Result), `"client_ip":"192.0.2.1"`) {
			t.Errorf("message %d: client not known: %s", i+1, rec.Result)
		}
	}
	if err := c.Quit(); err != nil {
		t.Error(err)
	}
}

// Simulation records everything and changes nothing, whatever fails.
func TestSimulate(t *testing.T) {
	t.Parallel()
	var fail atomic.Bool
	d := start(t, "fail: {inbound: reject}\n", func(o *Options) {
		o.Simulate = true
		o.process = func(p *pipeline.Pipeline) filter.Process {
			return func(ctx context.Context, m *message.Message, f facts.Facts) pipeline.Result {
				if fail.Load() {
					panic("canary")
				}
				return p.Process(ctx, m, f)
			}
		}
	})
	c := d.dial(0)
	for _, m := range []miltertest.Message{mail("R1", "refuseme", marked("OFFICIAL")), mail("R2", "holdme", [2]string{"X-Sensitivity-Label", " forged"}),
		mail("R3", "x", marked("SECRET"))} {
		if r := d.send(c, m); r.Decision.Code != 'a' || len(r.Edits) > 0 {
			t.Errorf("%v, edits %s", r.Decision, edits(r))
		}
	}
	if rec := d.record("R1"); rec.Verdict != "accept" || rec.Label != "official" || !strings.Contains(string(rec.Result), `"rule":"refuse"`) {
		t.Errorf("record %s", rec.Result)
	}
	fail.Store(true)
	if r := d.send(c, mail("R4", "x")); r.Decision.Code != 'a' || len(r.Edits) > 0 {
		t.Errorf("fail mode: %v", r.Decision)
	}
	if rec := d.record("R4"); rec.Fail != "panic" {
		t.Errorf("record %+v", rec)
	}
	d.wantMetric(`labelmilter_fail_mode_total{direction="inbound",reason="panic",verdict="accept"} 1`)
	d.noContent()
}

// A panic meets the fail mode; the third time the message is quarantined.
func TestPanicAndPoison(t *testing.T) {
	t.Parallel()
	d := start(t, "", func(o *Options) {
		o.process = func(p *pipeline.Pipeline) filter.Process {
			return func(ctx context.Context, m *message.Message, f facts.Facts) pipeline.Result {
				if strings.Contains(m.Subject(), "bomb") {
					panic("canary " + m.Subject())
				}
				return p.Process(ctx, m, f)
			}
		}
	})
	bomb := mail("P1", "bomb")
	for i, want := range []string{"y", "y", "a", "a"} {
		c := d.dial(0) // each time another session, as a client that tries again
		r := d.send(c, bomb)
		if string(r.Decision.Code) != want {
			t.Errorf("time %d: %v", i+1, r.Decision)
		}
		if want == "y" && r.Decision.Text() != "451 4.3.0 message cannot be inspected now, try again later" {
			t.Errorf("time %d: %v", i+1, r.Decision)
		}
		if want == "a" && (len(r.Edits) != 2 || r.Edits[1].Code != 'q' || !strings.Contains(edits(r), "X-Labelmilter-Reason: fail/poison; id=")) {
			t.Errorf("time %d: edits %s", i+1, edits(r))
		}
		if r := d.send(c, mail("OK", "x", marked("OFFICIAL"))); r.Decision.Code != 'a' || edits(r) != official {
			t.Errorf("after the panic: %v", r.Decision)
		}
	}
	got, err := d.store.Find(bg, "P1", 10)
	if err != nil || len(got) != 4 || got[0].Fail != "panic" || got[0].Verdict != "quarantine" || got[0].Rule != "fail/poison" || got[3].Verdict != "tempfail" {
		t.Errorf("records %+v, %v", got, err)
	}
	if !strings.Contains(string(got[0].Result), `"type":"incident"`) {
		t.Errorf("no incident in %s", got[0].Result)
	}
	d.noContent()
}

// While decisions cannot be recorded the fail mode answers and readiness says
// so; afterwards all is well.
func TestStoreFailure(t *testing.T) {
	t.Parallel()
	d := start(t, "", nil)
	dir := filepath.Join(d.dir, "state", store.DecisionsDir)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	c := d.dial(0)
	for range 4 {
		if r := d.send(c, mail("L1", "x", marked("OFFICIAL"))); r.Decision.Code != 'y' || !strings.HasPrefix(r.Decision.Text(), "451 4.3.0") {
			t.Errorf("nowhere to write: %v", r.Decision)
		}
	}
	if code, body := d.get("GET", "/readyz"); code != 503 || !strings.Contains(body, "cannot be read or written") {
		t.Errorf("ready: %d %s", code, body)
	}
	d.wantMetric(`labelmilter_fail_mode_total{direction="inbound",reason="store",verdict="tempfail"} 4`)
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	if r := d.send(c, mail("L2", "x", marked("OFFICIAL"))); r.Decision.Code != 'a' {
		t.Errorf("afterwards: %v", r.Decision)
	}
	if rec := d.record("L2"); rec.Label != "official" {
		t.Errorf("afterwards: %+v", rec)
	}
	if !strings.Contains(d.log.String(), "decision cannot be recorded") {
		t.Error("nothing in the log")
	}
	d.noContent()
}

// A database that another process has locked keeps no ordinary message, but
// one whose decision must be there; readiness says so.
func TestDatabaseLocked(t *testing.T) {
	t.Parallel()
	d := site(t, "")
	d.write("packs/site/policy.yaml", "policies: [{id: p, rules: [{id: r, when: {subject: {words: [openone]}}, then: [incident]}]}]\n")
	o := d.options()
	o.busy = 20 * time.Millisecond
	d.run(o)
	other, err := sql.Open("sqlite", "file:"+filepath.Join(d.dir, "state", store.FileName)+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	c := d.dial(0)
	if r := d.send(c, mail("D1", "x", marked("OFFICIAL"))); r.Decision.Code != 'a' {
		t.Errorf("ordinary message: %v", r.Decision)
	}
	if r := d.send(c, mail("D2", "openone")); r.Decision.Code != 'y' || !strings.HasPrefix(r.Decision.Text(), "451 4.3.0") {
		t.Errorf("message with an incident: %v", r.Decision)
	}
	if code, body := d.get("GET", "/readyz"); code != 503 || !strings.Contains(body, "locked") {
		t.Errorf("ready: %d %s", code, body)
	}
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if r := d.send(c, mail("D3", "openone")); r.Decision.Code != 'a' {
		t.Errorf("after the lock: %v", r.Decision)
	}
	for _, id := range []string{"D1", "D3"} {
		if rec := d.record(id); rec.Verdict != "accept" || rec.Fail != "" {
			t.Errorf("%s: record %+v", id, rec)
		}
	}
	d.noContent()
}
