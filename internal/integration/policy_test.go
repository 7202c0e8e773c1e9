package integration

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"labelmilter/internal/manual"
	"labelmilter/internal/mtalab"
)

const (
	fiveCards = "4111 1111 1111 1111, 5500 0000 0000 0004, 6011 0000 0000 0004,\n3530 1113 3330 0000, 5105 1051 0510 5100"
	sixCards  = fiveCards + ", 4012 8888 8888 1881"
)

func fromCarol(id, text string) mtalab.Message {
	return mtalab.Message{From: "carol@agency.gov.au", To: []string{"x@example.com"}, Data: crlf("From: carol@agency.gov.au\nTo: x@example.com\nSubject: cards\n" +
		"Message-ID: <" + id + "@agency.gov.au>\nDate: Mon, 02 Nov 2026 09:14:00 +1100\n\n" + text + "\nbody of " + id + "\n")}
}

// TestFirstPolicy does what the guide first-policy tells its reader to do.
func TestFirstPolicy(t *testing.T) {
	guide, ok := manual.Get("first-policy")
	if !ok {
		t.Fatal("no guide")
	}
	files := guide.Files()
	d := serve(t, files["simulate.yaml"], files)
	l := postfix(t, d)

	if out, err := exec.Command(binary, "rules", "test", filepath.Join(d.dir, "site")).CombinedOutput(); err != nil || !strings.Contains(string(out), "2 passed") {
		t.Fatalf("rules test: %v\n%s", err, out)
	}

	if r := l.sendAs(t, fromCarol("cards-1", sixCards)); !r.Accepted() {
		t.Fatalf("refused in simulation: %s", r.Last())
	}
	l.delivered(t, "body of cards-1")
	shown, err := exec.Command(binary, "log", "show", "<cards-1@agency.gov.au>", "--config", d.config).CombinedOutput()
	if err != nil || !bytes.Contains(shown, []byte("cards/more-than-five")) || !bytes.Contains(shown, []byte("simulate")) {
		t.Fatalf("log show does not say what the rule would have done: %v\n%s", err, shown)
	}

	from := len(d.logged())
	d.file("labelmilter.yaml", strings.ReplaceAll(base, "%[1]s", d.dir)+files["enforce.yaml"])
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	d.waitLog(from, "reload", `"level":"info"`)

	r := l.sendAs(t, fromCarol("cards-2", sixCards))
	if got := r.Last(); got.Code != 550 || !strings.Contains(got.String(), "5.7.1 more than 5 payment cards may not be sent (incident ") {
		t.Errorf("reply: %s", got)
	}
	if v := d.record("<cards-2@agency.gov.au>")["verdict"].(map[string]any); v["disposition"] != "reject" || v["winning_rule"] != "cards/more-than-five" {
		t.Errorf("record: %v", v)
	}
	listed, err := exec.Command(binary, "incident", "list", "--config", d.config).Output()
	if err != nil || !bytes.Contains(listed, []byte("cards/more-than-five")) || !bytes.Contains(listed, []byte("high")) || bytes.Count(listed, []byte("\n")) != 2 {
		t.Errorf("incident list: %v\n%s", err, listed)
	}
	if r := l.sendAs(t, fromCarol("cards-3", fiveCards+", 4111 1111 1111 1111")); !r.Accepted() {
		t.Errorf("five cards are refused: %s", r.Last())
	}
	l.delivered(t, "body of cards-3")
}

const editRules = `policies:
  - id: edits
    when: {direction: [outbound]}
    rules:
      - id: footer
        then: [{disclaimer: {text: "For the addressee only."}}]
      - id: mask
        when: {sit: {type: credit-card-number, min_confidence: low}}
        then: [{redact: {types: [credit-card-number], min_confidence: low, keep: 4}}]
      - id: rival
        when: {recipient: {domain: [rival.example]}}
        recipients: drop
        then: [{reject: {text: "not to rival.example"}}]
      - id: way
        then: [{route: gateway}]
`

// TestBodyAndRecipientEdits: what the MTA delivers is what was planned.
func TestBodyAndRecipientEdits(t *testing.T) {
	files := map[string]string{"site/pack.yaml": "id: site\nversion: 1.0.0\ndescription: d\nrequires: [sit-financial]\n", "site/rules.yaml": editRules}
	eachMTA(t, "rules: {packs: [au-pspf, sit-financial], dirs: [site]}\n", files, func(t *testing.T, _ *daemon, l *lab) {
		m := fromCarol("edit-1", "card 4111 1111 1111 1111")
		m.To = []string{"x@example.com", "y@rival.example"}
		if r := l.sendAs(t, m); !r.Accepted() {
			t.Fatalf("refused: %s", r.Last())
		}
		got, err := l.sink.Wait(1, 30*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(got[0].Data), "\r\n", "\n")
		if !strings.Contains(text, "card **** **** **** 1111\nbody of edit-1\n\nFor the addressee only.\n") || strings.Contains(text, "4111") {
			t.Errorf("delivered:\n%s", text)
		}
		if way := fields(text, "X-Labelmilter-Route"); len(way) != 1 || way[0] != "gateway" {
			t.Errorf("route %q", way)
		}
		for _, x := range l.sink.Messages() {
			for _, to := range x.To {
				if strings.Contains(to, "rival") {
					t.Errorf("delivered to %s", to)
				}
			}
		}
		// A second pass changes nothing.
		l.sink.Reset()
		m.Data, m.To = crlf(text), []string{"x@example.com"}
		l.sendAs(t, m)
		again := l.delivered(t, "body of edit-1")
		if strings.Count(again, "For the addressee only.") != 1 {
			t.Errorf("second pass:\n%s", again)
		}
	})
}
