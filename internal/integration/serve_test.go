package integration

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"labelmilter/internal/mtalab"
)

func mail(id, marking, subject, more string) string {
	s := "From: sender@example.org\nTo: user@agency.gov.au\nSubject: " + subject + "\nDate: Mon, 02 Nov 2026 09:14:00 +1100\nMessage-ID: <" + id + "@example.org>\n"
	if marking != "" {
		s += "X-Protective-Marking: " + marking + "\n"
	}
	return s + more + "\nbody of " + id + "\n"
}

const os2 = "VER=2024.1, NS=gov.au,\n SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege, ORIGIN=a@b.gov.au"

func wantLabel(t *testing.T, msg, id string) {
	t.Helper()
	got := fields(msg, "X-Sensitivity-Label")
	if len(got) != 1 || !strings.HasPrefix(got[0], id+"; ") {
		t.Errorf("X-Sensitivity-Label = %q, want one of %s\n%s", got, id, msg)
	}
}

// allPacks is what a site has that says nothing about packs.
const allPacks = "rules: {packs: [au-pspf, sit]}\n"

func TestLabel(t *testing.T) {
	eachMTA(t, allPacks, nil, func(t *testing.T, d *daemon, l *lab) {
		r := l.send(t, mail("label-1", os2, "advice", ""))
		if !r.Accepted() {
			t.Fatalf("refused: %s", r.Last())
		}
		msg := l.delivered(t, "body of label-1")
		wantLabel(t, msg, "official-sensitive-lp")
		// The marking passes byte for byte, folds and all.
		if !strings.Contains(msg, "X-Protective-Marking: "+os2+"\n") {
			t.Errorf("the marking was changed:\n%s", msg)
		}
		rec := d.record("<label-1@example.org>")
		if got := rec["outcome"]; got != "label" {
			t.Errorf("record: outcome %v", got)
		}
		if q := r.QueueID(); q != "" {
			if got := d.record(q)["message_id"]; got != "<label-1@example.org>" {
				t.Errorf("log show %s: message id %v", q, got)
			}
		}
		line := d.waitLog(0, `"label":"official-sensitive-lp"`)
		if strings.Contains(line, "advice") || strings.Contains(line, "sender@") || strings.Contains(line, "user@") {
			t.Errorf("content in the log: %s", line)
		}
	})
}

func TestForgedLabelIsRemoved(t *testing.T) {
	forged := "X-Sensitivity-Label: official; name=\"x\"; catalogue=au-pspf; source=rule\nX-Sensitivity-Label: unofficial\nX-Labelmilter-Reason: none\n"
	eachMTA(t, "", nil, func(t *testing.T, _ *daemon, l *lab) {
		l.send(t, mail("forged-1", os2, "x", forged))
		msg := l.delivered(t, "body of forged-1")
		wantLabel(t, msg, "official-sensitive-lp")
		if got := fields(msg, "X-Labelmilter-Reason"); len(got) > 0 {
			t.Errorf("forged reason passed: %q", got)
		}
		l.send(t, mail("forged-2", "", "x", forged))
		if got := fields(l.delivered(t, "body of forged-2"), "X-Sensitivity-Label"); len(got) > 0 {
			t.Errorf("forged label of an unmarked mail passed: %q", got)
		}
	})
}

func TestIdempotent(t *testing.T) {
	eachMTA(t, "", nil, func(t *testing.T, _ *daemon, l *lab) {
		l.send(t, mail("twice-1", os2, "x", ""))
		once := l.delivered(t, "body of twice-1")
		l.sink.Reset()
		l.send(t, once)
		twice := l.delivered(t, "body of twice-1")
		if a, b := fields(once, "X-Sensitivity-Label"), fields(twice, "X-Sensitivity-Label"); len(b) != 1 || a[0] != b[0] {
			t.Errorf("second pass: %q, first %q", b, a)
		}
	})
}

func TestThreeMessagesInOneSession(t *testing.T) {
	eachMTA(t, "", nil, func(t *testing.T, d *daemon, l *lab) {
		x := func(id, marking string) mtalab.Message {
			return mtalab.Message{From: "sender@example.org", To: []string{"user@agency.gov.au"}, Data: crlf(mail(id, marking, "s "+id, "X-Only-"+id+": yes\n"))}
		}
		first := x("three-1", os2)
		if l.pf != nil {
			first.XClient = map[string]string{"ADDR": "203.0.113.9"}
		}
		rs := mtalab.SendAll(context.Background(), l.addr, []mtalab.Message{first, x("three-2", ""), x("three-3", "VER=2018.4, NS=gov.au, SEC=PROTECTED, ORIGIN=a@b.gov.au")})
		for i, r := range rs {
			if !r.Accepted() {
				t.Fatalf("message %d: %v %s", i+1, r.Err, r.Last())
			}
		}
		wantLabel(t, l.delivered(t, "body of three-1"), "official-sensitive-lp")
		if got := fields(l.delivered(t, "body of three-2"), "X-Sensitivity-Label"); len(got) > 0 {
			t.Errorf("the unmarked message got the label of another: %q", got)
		}
		wantLabel(t, l.delivered(t, "body of three-3"), "protected")
		for _, id := range []string{"three-1", "three-2", "three-3"} {
			env := d.record("<" + id + "@example.org>")["envelope"].(map[string]any)
			if env["client_ip"] == "" {
				t.Errorf("%s: the client was forgotten", id)
			}
			if l.pf != nil && env["client_ip"] != "203.0.113.9" {
				t.Errorf("%s: client %v", id, env["client_ip"])
			}
		}
	})
}

func TestBlockAndHold(t *testing.T) {
	eachMTA(t, "", nil, func(t *testing.T, d *daemon, l *lab) {
		r := l.send(t, mail("secret-1", "VER=2024.1, NS=gov.au, SEC=SECRET, ORIGIN=a@b.gov.au", "x", ""))
		if got := r.Last(); got.Code != 550 || !strings.Contains(got.String(), "5.7.1") || !strings.Contains(got.String(), "SECRET") {
			t.Errorf("reply to SECRET: %s", got)
		}
		r = l.send(t, mail("hold-1", "VER=2024.1, NS=gov.au, SEC=OFFICIAL, CAVEAT=ZZ:what, ORIGIN=a@b.gov.au", "x", ""))
		if !r.Accepted() {
			t.Fatalf("reply to a marking to be held: %s", r.Last())
		}
		id, reason := l.held(t)
		if l.sm != nil && reason == "" {
			t.Error("Sendmail keeps no reason")
		}
		if l.pf != nil {
			raw, err := l.pf.Message(context.Background(), id)
			if err != nil {
				t.Fatal(err)
			}
			if got := fields(string(raw), "X-Labelmilter-Reason"); len(got) != 1 || !strings.HasPrefix(got[0], "label/hold; id=") {
				t.Errorf("X-Labelmilter-Reason of the held copy: %q", got)
			}
		}
		if v := d.record("<hold-1@example.org>")["verdict"].(map[string]any); v["disposition"] != "quarantine" || v["winning_rule"] != "label/hold" {
			t.Errorf("record of the held message: %v", v)
		}
		before := strings.Count(d.logged(), "hold-1@example.org")
		l.release(t, id)
		l.delivered(t, "body of hold-1")
		if after := strings.Count(d.logged(), "hold-1@example.org"); after != before {
			t.Error("the released message was judged again")
		}
	})
}

// held waits for the one message that is on hold.
func (l *lab) held(t *testing.T) (id, reason string) {
	t.Helper()
	for range 200 {
		var q []mtalab.QueueEntry
		var err error
		want := "hold"
		if l.pf != nil {
			q, err = l.pf.Queue(context.Background())
		} else {
			q, err = l.sm.Queue()
			want = "quarantine"
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range q {
			if e.Queue == want {
				return e.ID, e.Reason
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("nothing is on hold")
	return "", ""
}

func (l *lab) release(t *testing.T, id string) {
	t.Helper()
	var err error
	if l.pf != nil {
		err = l.pf.Release(context.Background(), id)
	} else {
		err = l.sm.Release(context.Background(), id)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestOutboundHoldIsRefused(t *testing.T) {
	d := serve(t, "", nil)
	l := postfix(t, d)
	r := l.sendAs(t, mtalab.Message{XClient: map[string]string{"ADDR": "203.0.113.9", "LOGIN": "carol"}, From: "carol@agency.gov.au", To: []string{"x@example.com"},
		Data: crlf(mail("out-1", "", "x [SEC=PROTECTED, ACCESS=Sideways]", ""))})
	if got := r.Last(); got.Code != 550 || !strings.Contains(got.String(), "5.6.0") || !strings.Contains(got.String(), "unknown-imm") {
		t.Errorf("reply: %s", got)
	}
	if got := d.record("<out-1@example.org>"); got["direction"] != "outbound" {
		t.Errorf("direction %v", got["direction"])
	}
}

func TestNullSenderIsNeverHeld(t *testing.T) {
	eachMTA(t, "", nil, func(t *testing.T, _ *daemon, l *lab) {
		r := l.sendAs(t, mtalab.Message{From: "", Data: crlf(mail("null-1", "VER=2024.1, NS=gov.au, SEC=NONSENSE, ORIGIN=a@b.gov.au", "x", ""))})
		if !r.Accepted() {
			t.Fatalf("refused: %s", r.Last())
		}
		l.delivered(t, "body of null-1")
	})
}

func TestSimulate(t *testing.T) {
	d := serve(t, "", nil, "--simulate")
	l := postfix(t, d)
	r := l.send(t, mail("sim-1", "VER=2024.1, NS=gov.au, SEC=SECRET, ORIGIN=a@b.gov.au", "x", "X-Sensitivity-Label: forged\n"))
	if !r.Accepted() {
		t.Fatalf("refused: %s", r.Last())
	}
	if got := fields(l.delivered(t, "body of sim-1"), "X-Sensitivity-Label"); len(got) != 1 || got[0] != "forged" {
		t.Errorf("the message was changed: %q", got)
	}
	rec := d.record("<sim-1@example.org>")
	if rec["outcome"] != "block" || len(rec["rules"].([]any)) == 0 {
		t.Errorf("what it would have done is not recorded: %v", rec["rules"])
	}
}

func TestSubmittedLocally(t *testing.T) {
	d := serve(t, "", nil)
	l := postfix(t, d)
	msg := mail("local-1", "", "x [SEC=OFFICIAL]", "")
	if err := l.pf.Sendmail(context.Background(), []string{"-f", "root@agency.gov.au", "user@agency.gov.au"}, []byte(msg)); err != nil {
		t.Fatal(err)
	}
	wantLabel(t, l.delivered(t, "body of local-1"), "official")
	if got := d.record("<local-1@example.org>")["direction"]; got != "internal" {
		t.Errorf("direction %v, want internal", got)
	}
}

// peak is the daemon's highest resident size in bytes.
func (d *daemon) peak() int64 {
	d.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, l := range strings.Split(string(b), "\n") {
		if f := strings.Fields(l); len(f) == 3 && f[0] == "VmHWM:" {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				d.t.Fatal(err)
			}
			return kb << 10
		}
	}
	d.t.Fatal("no VmHWM")
	return 0
}

func TestLargeMessage(t *testing.T) {
	eachMTA(t, "", nil, func(t *testing.T, d *daemon, l *lab) {
		before := d.peak()
		line := strings.Repeat("All work and no play makes a long message. ", 1)[:40] + "\n"
		big := mail("big-1", os2, "x", "") + strings.Repeat(line, 20<<20/len(line)) + "the very end\n"
		if r := l.send(t, big); !r.Accepted() {
			t.Fatalf("refused: %s", r.Last())
		}
		msg := l.delivered(t, "the very end")
		wantLabel(t, msg, "official-sensitive-lp")
		if len(msg) < 20<<20 {
			t.Errorf("%d bytes delivered", len(msg))
		}
		if grown := d.peak() - before; grown > 256<<20 {
			t.Errorf("the daemon grew by %d MB for a 20 MB message", grown>>20)
		} else {
			t.Logf("the daemon grew by %d MB for a 20 MB message", grown>>20)
		}
	})
}

const goodPack = "id: site\nversion: \"%d\"\ndescription: rules of the site\nrequires: [au-pspf]\n"

const goodRules = `policies:
  - id: site
    rules:
      - id: tag
        when: {subject: {words: [reloaded]}}
        then: [{add_header: {name: X-Site-Rules, value: "version %d"}}]
`

// badRules has several mistakes in it.
const badRules = `policies:
  - id: site
    rules:
      - id: tag
        when: {subjekt: {words: [reloaded]}}
        then: [{rejekt: {}}]
`

func TestReloadUnderLoad(t *testing.T) {
	files := map[string]string{"site/pack.yaml": fmt.Sprintf(goodPack, 0), "site/rules.yaml": fmt.Sprintf(goodRules, 0)}
	d := serve(t, "rules: {packs: [au-pspf], dirs: [site]}\n", files)
	l := postfix(t, d)
	const messages, reloads, senders = 1000, 20, 4
	var sent atomic.Int64
	var wg sync.WaitGroup
	var failed sync.Map
	for s := range senders {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var batch []mtalab.Message
			for i := range messages / senders {
				batch = append(batch, mtalab.Message{From: "sender@example.org", To: []string{"user@agency.gov.au"},
					Data: crlf(mail(fmt.Sprintf("load-%d-%d", s, i), os2, "reloaded", ""))})
			}
			for i := 0; i < len(batch); i += 25 {
				for j, r := range mtalab.SendAll(context.Background(), l.addr, batch[i:i+25]) {
					if !r.Accepted() {
						failed.Store(fmt.Sprintf("%d-%d", s, i+j), fmt.Sprintf("%v %s", r.Err, r.Last()))
					}
					sent.Add(1)
				}
			}
		}()
	}
	stop := make(chan struct{})
	go func() { wg.Wait(); close(stop) }()
	good, bad := 0, 0
	for n := 1; n <= reloads; n++ {
		from := len(d.logged())
		isBad := n%4 == 0
		if isBad {
			d.file("site/rules.yaml", badRules)
		} else {
			d.file("site/pack.yaml", fmt.Sprintf(goodPack, n))
			d.file("site/rules.yaml", fmt.Sprintf(goodRules, n))
		}
		if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		if isBad {
			bad++
			d.waitLog(from, `rules.yaml","line":5,"column":16`, "subjekt", "subject")
			d.waitLog(from, `rules.yaml","line":6,"column":17`, "rejekt", "reject")
		} else {
			good++
			d.waitLog(from, "reload", `"level":"info"`)
		}
	}
	<-stop
	failed.Range(func(k, v any) bool { t.Errorf("message %v: %v", k, v); return true })
	if _, err := l.sink.Wait(messages, time.Minute); err != nil {
		t.Fatalf("of %d messages: %v", sent.Load(), err)
	}
	versions := map[string]int{}
	for _, m := range l.sink.Messages() {
		text := strings.ReplaceAll(string(m.Data), "\r\n", "\n")
		wantLabel(t, text, "official-sensitive-lp")
		v := fields(text, "X-Site-Rules")
		if len(v) != 1 {
			t.Fatalf("a message passed without rules: %q", v)
		}
		versions[v[0]]++
	}
	t.Logf("%d messages, %d good and %d bad reloads, rule versions seen: %d", messages, good, bad, len(versions))
	if got := len(l.sink.Messages()); got != messages {
		t.Errorf("%d messages delivered, %d sent", got, messages)
	}
}

func TestReplyBelowItsThread(t *testing.T) {
	eachMTA(t, "", nil, func(t *testing.T, d *daemon, l *lab) {
		l.send(t, mail("thread-1", "VER=2018.4, NS=gov.au, SEC=PROTECTED, ORIGIN=a@b.gov.au", "x", ""))
		wantLabel(t, l.delivered(t, "body of thread-1"), "protected")
		l.send(t, mail("thread-2", "", "Re: x [SEC=OFFICIAL]", "In-Reply-To: <thread-1@example.org>\n"))
		wantLabel(t, l.delivered(t, "body of thread-2"), "protected")
		if got := d.record("<thread-2@example.org>")["label"].(map[string]any); got["source"] != "thread" || got["by_standard"] != "official" {
			t.Errorf("label of the reply: %v", got)
		}
		// A conversation of its own is not touched.
		l.send(t, mail("thread-3", "", "y [SEC=OFFICIAL]", ""))
		wantLabel(t, l.delivered(t, "body of thread-3"), "official")
	})
}

// TestWritesMarkings holds the order, folding and idempotence of all that is
// written, on both MTAs.
func TestWritesMarkings(t *testing.T) {
	const more = "labels: {write: [X-Sensitivity-Label, msip_labels, X-Protective-Marking, subject, SIO-Label], banner: {position: top}, sio: {policy: 1.2.36.1.5, classes: {official-sensitive-lp: 2}}, guids: {official-sensitive-lp: 11111111-2222-3333-4444-555555555555}}\n"
	tenant := strings.Replace(base, "organisation:\n", "organisation:\n  tenant_id: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee\n", 1)
	run := func(t *testing.T, start func(*testing.T, *daemon) *lab) {
		d := serveWith(t, tenant, more, nil)
		l := start(t, d)
		msg := "From: carol@agency.gov.au\nTo: x@example.com\nSubject: =?utf-8?q?Re=3A_Caf=C3=A9?= [SEC=OFFICIAL] budget\nDate: Mon, 02 Nov 2026 09:14:00 +1100\n" +
			"Message-ID: <written-1@agency.gov.au>\nmsip_labels: MSIP_Label_99999999-8888-7777-6666-555555555555_Enabled=True;\n MSIP_Label_99999999-8888-7777-6666-555555555555_SiteId=77777777-7777-7777-7777-777777777777\n" +
			"X-Protective-Marking: VER=2018.1, NS=gov.au, SEC=OFFICIAL: Sensitive,ACCESS=Legal-Privilege\n\nbody of written-1\n"
		r := l.sendAs(t, mtalab.Message{From: "carol@agency.gov.au", To: []string{"x@example.com"}, Data: crlf(msg)})
		if !r.Accepted() {
			t.Fatalf("refused: %s", r.Last())
		}
		got := l.delivered(t, "body of written-1")
		want := `SIO-Label: marking="OFFICIAL: Sensitive//Legal Privilege";
 type=":ess"; label="MQkGBCokAQUCAQI="
X-Protective-Marking: VER=2024.1, NS=gov.au, SEC=OFFICIAL:Sensitive,
 ACCESS=Legal-Privilege, ORIGIN=carol@agency.gov.au
msip_labels: MSIP_Label_99999999-8888-7777-6666-555555555555_Enabled=True;
 MSIP_Label_99999999-8888-7777-6666-555555555555_SiteId=77777777-7777-7777-7777-777777777777;
 MSIP_Label_11111111-2222-3333-4444-555555555555_Enabled=True;
 MSIP_Label_11111111-2222-3333-4444-555555555555_SiteId=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee;
 MSIP_Label_11111111-2222-3333-4444-555555555555_Name=OFFICIAL Sensitive Legal Privilege;
 MSIP_Label_11111111-2222-3333-4444-555555555555_Method=Standard;
 MSIP_Label_11111111-2222-3333-4444-555555555555_SetDate=2026-11-01T22:14:00Z;
 MSIP_Label_11111111-2222-3333-4444-555555555555_ContentBits=0
X-Sensitivity-Label: official-sensitive-lp; name="OFFICIAL Sensitive Legal Privilege"; catalogue=au-pspf; source=marking:header
`
		if !strings.HasPrefix(got, want) {
			t.Errorf("the header begins with\n%s\nwant\n%s", got[:min(len(got), 1600)], want)
		}
		if subject := "Subject: =?utf-8?q?Re:_Caf=C3=A9_budget?=\n [SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege]\n"; !strings.Contains(got, subject) {
			t.Errorf("subject: %q", fields(got, "Subject"))
		}
		const text = "\n\nOFFICIAL: Sensitive//Legal Privilege\n\nbody of written-1\n"
		if !strings.HasSuffix(got, text) {
			t.Errorf("the text ends with %q", got[max(0, len(got)-100):])
		}
		l.sink.Reset()
		l.sendAs(t, mtalab.Message{From: "carol@agency.gov.au", To: []string{"x@example.com"}, Data: crlf(got)})
		again := l.delivered(t, "body of written-1")
		for _, name := range []string{"X-Protective-Marking", "msip_labels", "X-Sensitivity-Label", "Subject", "SIO-Label", "SIO-Label-History"} {
			if a, b := fields(got, name), fields(again, name); strings.Join(a, "|") != strings.Join(b, "|") {
				t.Errorf("second pass: %s\n%q\n%q", name, a, b)
			}
		}
		if !strings.HasSuffix(again, text) {
			t.Errorf("second pass: the text ends with %q", again[max(0, len(again)-100):])
		}
	}
	t.Run("postfix", func(t *testing.T) { mtalab.Require(t, "postfix"); run(t, postfix) })
	t.Run("sendmail", func(t *testing.T) { mtalab.Require(t, "sendmail"); run(t, sendmail) })
}
