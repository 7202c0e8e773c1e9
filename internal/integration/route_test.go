package integration

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/manual"
	"labelmilter/internal/mtalab"
)

// TestRoutes does with Postfix what the guide says: the field that rules write
// chooses the way. Mail that must be encrypted stays in the queue where no TLS
// is offered, and goes encrypted where it is.
func TestRoutes(t *testing.T) {
	mtalab.Require(t, "postfix")
	guide, ok := manual.Get("policy")
	if !ok {
		t.Fatal("no guide")
	}
	checks, service := recipe(t, guide.Text)

	files := map[string]string{"site/pack.yaml": "id: site\nversion: 1.0.0\ndescription: d\n", "site/rules.yaml": `policies:
  - id: ways
    when: {direction: [outbound]}
    rules:
      - {id: tls, when: {subject: {words: [secret]}}, then: [require_tls]}
      - {id: gateway, when: {subject: {words: [sealed]}}, then: [{route: gateway}]}
`}
	d := serve(t, "rules: {packs: [au-pspf], dirs: [site]}\n", files)
	plain, gateway, behind := newSink(t), newSink(t), newSink(t)

	// The gateway of the recipe is a sink; the table stands in the lab's folder.
	table := filepath.Join(d.dir, "labelmilter_route")
	checks = regexp.MustCompile(`\[gateway[^\]]*\]:\d+`).ReplaceAllString(checks, "[127.0.0.1]:"+port(gateway.Addr()))
	if !strings.Contains(checks, gateway.Addr()[strings.LastIndex(gateway.Addr(), ":"):]) {
		t.Fatalf("the recipe has no gateway:\n%s", checks)
	}
	writeTable := func(hop string) { // the recipe has the recipient's own server, or a relay
		if err := os.WriteFile(table, []byte(regexp.MustCompile(`smtp-tls:.*`).ReplaceAllString(checks, "smtp-tls:[127.0.0.1]:"+port(hop))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	writeTable(plain.Addr())
	pf := mtalab.PostfixFor(t, mtalab.Options{Milters: []string{"unix:" + d.socket}, NextHop: plain.Addr(), Settings: map[string]string{"milter_header_checks": "regexp:" + table}})
	name, rest, _ := strings.Cut(service, " ")
	entry := name + "/unix=" + name + " " + strings.Join(strings.Fields(rest), " ")
	if out, err := exec.Command("postconf", "-c", pf.ConfigDir(), "-M", strings.Replace(entry, " y ", " n ", 1)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := pf.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	l := &lab{"postfix", pf.SMTPAddr(), plain, pf, nil}
	send := func(subject string) {
		t.Helper()
		r := l.sendAs(t, mtalab.Message{From: "carol@agency.gov.au", To: []string{"x@example.com"}, Data: crlf("From: carol@agency.gov.au\nSubject: " + subject + "\nX-Labelmilter-Route: gateway\nMessage-ID: <" + subject + "@agency.gov.au>\n\nbody of " + subject + "\n")})
		if !r.Accepted() {
			t.Fatalf("%s: %v", subject, r.Last())
		}
	}
	send("ordinary") // the field that came with it chooses nothing
	l.delivered(t, "body of ordinary")

	send("sealed")
	if _, err := gateway.Wait(1, 30*time.Second); err != nil {
		t.Errorf("the gateway got nothing: %v\n%s", err, pf.Log())
	}
	if n, _ := plain.Count(); n != 1 {
		t.Errorf("%d messages went the ordinary way", n)
	}

	send("secret")
	if text, err := pf.WaitLog("TLS is required", 30*time.Second); err != nil {
		t.Errorf("not put off for want of TLS: %v\n%s", err, text)
	}
	if n, _ := plain.Count(); n != 1 {
		t.Error("it went in clear")
	}

	// The next hop offers TLS now.
	cert, key := keyPair(t, "mx@example.com")
	pemFile := filepath.Join(d.dir, "mx.pem")
	if err := os.WriteFile(pemFile, []byte(key+cert), 0o600); err != nil {
		t.Fatal(err)
	}
	mx := mtalab.PostfixFor(t, mtalab.Options{NextHop: behind.Addr(), Domain: "mx.example", Settings: map[string]string{
		"smtpd_tls_chain_files": pemFile, "smtpd_tls_security_level": "may", "smtpd_tls_received_header": "yes"}})
	writeTable(mx.SMTPAddr())
	if err := pf.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	send("secret")
	got, err := behind.WaitFor(func(x mtalab.Delivery) bool { return strings.Contains(string(x.Data), "body of secret") }, 60*time.Second)
	if err != nil {
		t.Fatalf("not delivered over TLS: %v\n%s\n%s", err, pf.Log(), mx.Log())
	}
	if !strings.Contains(string(got.Data), "using TLSv1") {
		t.Errorf("delivered without TLS:\n%s", got.Data)
	}
}

func port(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }

// recipe takes the lines of the table and of master.cf out of the guide.
func recipe(t *testing.T, guide string) (checks, service string) {
	t.Helper()
	var lines []string
	for line := range strings.Lines(guide) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "/^X-Labelmilter-Route:"):
			lines = append(lines, line)
		case strings.HasPrefix(line, "smtp-tls "):
			service = line
		}
	}
	if len(lines) != 2 || service == "" {
		t.Fatalf("the guide's recipe is not found: %q, %q", lines, service)
	}
	return fmt.Sprintln(strings.Join(lines, "\n")), service
}
