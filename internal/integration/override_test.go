package integration

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"labelmilter/internal/manual"
	"labelmilter/internal/mtalab"
)

var tokenForm = regexp.MustCompile(`LM(?:-[B-Z]{4}){6}`)

// cards is a message of carol's.
type cards struct {
	id, subject, text string
	more              string // header fields
	from              string
	to                []string
}

func (c cards) message() mtalab.Message {
	if c.from == "" {
		c.from = "carol@agency.gov.au"
	}
	if len(c.to) == 0 {
		c.to = []string{"x@example.com"}
	}
	return mtalab.Message{From: c.from, To: c.to, Data: crlf("From: " + c.from + "\nTo: " + strings.Join(c.to, ", ") + "\nSubject: " + c.subject +
		"\nMessage-ID: <" + c.id + "@agency.gov.au>\nDate: Mon, 02 Nov 2026 09:14:00 +1100\n" + c.more + "\n" + c.text + "\n")}
}

// refusedToken sends a message that is refused and gives the token.
func (l *lab) refusedToken(t *testing.T, c cards) (token, reply string) {
	t.Helper()
	r := l.sendAs(t, c.message())
	reply = r.Last().String()
	if r.Last().Code != 550 {
		t.Fatalf("%s: not refused: %s", c.id, reply)
	}
	if token = tokenForm.FindString(reply); token == "" {
		t.Fatalf("%s: no token in %q", c.id, reply)
	}
	return token, reply
}

// metrics reads what the admin server shows.
func (d *daemon) metrics(t *testing.T) string {
	t.Helper()
	c := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", d.admin)
	}}}
	defer c.CloseIdleConnections()
	r, err := c.Get("http://admin/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func overrides(t *testing.T, d *daemon, args ...string) []map[string]any {
	t.Helper()
	out, err := exec.Command(binary, append([]string{"override", "list", "--config", d.config, "--format", "json"}, args...)...).Output()
	if err != nil {
		t.Fatalf("override list: %v", err)
	}
	var list []map[string]any
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for dec.More() {
		var x map[string]any
		if err := dec.Decode(&x); err != nil {
			t.Fatal(err)
		}
		list = append(list, x)
	}
	return list
}

const sixCardsText = "Here are the numbers for this month:\n\n" + sixCards + "\n\nRegards, Carol\n"

// TestOverride does what the guide override tells its reader.
func TestOverride(t *testing.T) {
	guide, ok := manual.Get("override")
	if !ok {
		t.Fatal("no guide")
	}
	files := guide.Files()
	config := files["labelmilter.yaml"]
	delete(files, "labelmilter.yaml")
	eachMTA(t, config, files, func(t *testing.T, d *daemon, l *lab) {
		first := cards{id: "o-1", subject: "cards", text: sixCardsText}
		token, reply := l.refusedToken(t, first)
		for _, want := range []string{"more than 5 payment cards may not be sent", "It would pass with at most 5 different values of Credit card number (found: 6).",
			"[override " + token + "]", "False positive:"} {
			if !strings.Contains(reply, want) {
				t.Errorf("reply without %q: %s", want, reply)
			}
		}
		if strings.Contains(reply, "4111") {
			t.Errorf("the reply holds what was found: %s", reply)
		}
		rec := d.record("<o-1@agency.gov.au>")
		if data, _ := json.Marshal(rec); strings.Contains(string(data), token) {
			t.Error("the record holds the token")
		}

		second := first
		second.id, second.subject, second.text = "o-2", "cards [override "+token+"]", "Justification: the processor needs them\n\n"+sixCardsText
		if r := l.sendAs(t, second.message()); !r.Accepted() {
			t.Fatalf("override refused: %s", r.Last())
		}
		msg := l.delivered(t, "<o-2@agency.gov.au>")
		if got := fields(msg, "Subject"); len(got) != 1 || got[0] != "cards" {
			t.Errorf("subject %q", got)
		}
		if strings.Contains(msg, "LM-") || strings.Contains(msg, "Justification") || !strings.Contains(msg, "\n\nHere are the numbers") || !strings.Contains(msg, "4111 1111") {
			t.Errorf("delivered:\n%s", msg)
		}
		list := overrides(t, d)
		if len(list) != 1 || list[0]["kind"] != "justification" || list[0]["justification"] != "the processor needs them" || list[0]["sender"] != "carol@agency.gov.au" ||
			list[0]["state"] != "used" || list[0]["rule"] != "site/cards/more-than-five" {
			t.Fatalf("override list: %v", list)
		}
		shown, err := exec.Command(binary, "log", "show", "<o-2@agency.gov.au>", "--config", d.config).CombinedOutput()
		if err != nil || !strings.Contains(string(shown), "the processor needs them") || !strings.Contains(string(shown), "overridden by the sender") {
			t.Errorf("log show: %v\n%s", err, shown)
		}
		out, err := exec.Command(binary, "override", "show", list[0]["id"].(string), "--config", d.config).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "the processor needs them") {
			t.Errorf("override show: %v\n%s", err, out)
		}

		// The same for a false positive, with a typo mended.
		token, _ = l.refusedToken(t, cards{id: "fp-1", subject: "ordr numbers", text: sixCardsText})
		fp := cards{id: "fp-2", subject: "order numbers [false-positive " + token + "]", text: "False positive: these are order numbers\n\n" + sixCardsText}
		if r := l.sendAs(t, fp.message()); !r.Accepted() {
			t.Fatalf("report refused: %s", r.Last())
		}
		if msg := l.delivered(t, "<fp-2@agency.gov.au>"); strings.Contains(msg, "False positive") || strings.Contains(msg, "LM-") {
			t.Errorf("delivered:\n%s", msg)
		}
		metrics := d.metrics(t)
		for _, want := range []string{`labelmilter_overrides_total{kind="justification",policy="cards",rule="more-than-five"} 1`,
			`labelmilter_overrides_total{kind="false-positive",policy="cards",rule="more-than-five"} 1`, `labelmilter_override_offers_total{policy="cards",rule="more-than-five"} 2`} {
			if !strings.Contains(metrics, want+"\n") {
				t.Errorf("metrics without %s", want)
			}
		}
		if list := overrides(t, d, "--kind", "false-positive"); len(list) != 1 || list[0]["justification"] != "these are order numbers" {
			t.Errorf("override list: %v", list)
		}
	})
}

// TestOverrideTokens: what a token is not good for.
func TestOverrideTokens(t *testing.T) {
	guide, _ := manual.Get("override")
	files := guide.Files()
	config := files["labelmilter.yaml"]
	delete(files, "labelmilter.yaml")
	d := serve(t, config, files)
	l := postfix(t, d)
	first := cards{id: "t-1", subject: "cards", text: sixCardsText}
	with := func(token, id string, change func(*cards)) mtalab.Result {
		c := first
		c.id, c.subject, c.text = id, "cards [override "+token+"]", "Justification: asked for\n\n"+sixCardsText
		change(&c)
		return l.sendAs(t, c.message())
	}
	token, _ := l.refusedToken(t, first)
	for _, tt := range []struct {
		id, want string
		change   func(*cards)
	}{
		{"theft", "another sender", func(c *cards) { c.from = "mallory@agency.gov.au" }},
		{"recipient", "recipients the override token was not given for", func(c *cards) { c.to = append(c.to, "y@example.org") }},
		{"finding", "holds more", func(c *cards) { c.text += "\n5555 5555 5555 4444\n" }},
		{"exchanged", "holds more", func(c *cards) { c.text = strings.ReplaceAll(c.text, "4111 1111 1111 1111", "5555 5555 5555 4444") }},
		{"text", "differs too much", func(c *cards) {
			c.text = "Justification: asked for\n\n" + sixCards + "\n" + strings.Repeat("Quite another letter about something else entirely. See the plans below.\n", 3) +
				"One may wonder whether these numbers belong to the same people as those before, or to none of them at all."
		}},
		{"reason", "justification is missing", func(c *cards) { c.text = sixCardsText }},
		{"unknown", "not known", func(c *cards) { c.subject = "cards [override LM-BCDF-GHJK-LMNP-QRST-VWXZ-BCDF]" }},
	} {
		if r := with(token, "t-"+tt.id, tt.change); r.Last().Code != 550 || !strings.Contains(r.Last().String(), tt.want) {
			t.Errorf("%s: %s, want %q", tt.id, r.Last(), tt.want)
		}
	}
	// Still good for its own message, fewer recipients or not, and once only,
	// however many come at the same time.
	var mu sync.Mutex
	var wg sync.WaitGroup
	passed, refused := 0, 0
	for _, id := range []string{"t-a", "t-b", "t-c", "t-d"} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			r := with(token, id, func(*cards) {})
			mu.Lock()
			defer mu.Unlock()
			if r.Accepted() {
				passed++
			} else if strings.Contains(r.Last().String(), "used already") {
				refused++
			}
		}()
	}
	wg.Wait()
	if passed != 1 || refused != 3 {
		t.Errorf("one token at the same time: %d passed, %d refused", passed, refused)
	}
	if r := with(token, "t-replay", func(*cards) {}); !strings.Contains(r.Last().String(), "used already") {
		t.Errorf("replay: %s", r.Last())
	}

	// In a header field, and in the address.
	token, _ = l.refusedToken(t, cards{id: "h-1", subject: "cards", text: sixCardsText})
	if r := l.sendAs(t, cards{id: "h-2", subject: "cards", text: sixCardsText, more: "X-Labelmilter-Override: " + token + "\nX-Label-Justification: in a field\n"}.message()); !r.Accepted() {
		t.Errorf("token in a field: %s", r.Last())
	}
	if msg := l.delivered(t, "<h-2@agency.gov.au>"); strings.Contains(msg, "LM-") || strings.Contains(msg, "in a field") {
		t.Errorf("delivered:\n%s", msg)
	}
	token, _ = l.refusedToken(t, cards{id: "p-1", subject: "cards", text: sixCardsText})
	if r := l.sendAs(t, cards{id: "p-2", subject: "cards", text: "Justification: by address\n" + sixCardsText, to: []string{"x@example.com", "override+" + token + "@agency.gov.au"}}.message()); !r.Accepted() {
		t.Errorf("token in the address: %s", r.Last())
	}
	msg := l.delivered(t, "<p-2@agency.gov.au>")
	if strings.Contains(msg, "LM-") || strings.Contains(msg, "by address") || fields(msg, "To")[0] != "x@example.com" {
		t.Errorf("delivered:\n%s", msg)
	}
	for _, x := range l.sink.Messages() {
		for _, to := range x.To {
			if to != "x@example.com" {
				t.Errorf("delivered to %s", to)
			}
		}
	}
	if rec, _ := json.Marshal(d.record("<p-2@agency.gov.au>")); strings.Contains(string(rec), token) {
		t.Error("the record holds the token")
	}
}
