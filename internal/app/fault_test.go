package app

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"labelmilter/internal/failpoint"
	"labelmilter/internal/filter"
	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/mtalab"
	"labelmilter/internal/store"
)

// faultPolicy edits everything that can be edited, so that a half edit would
// show, and asks for everything that is gathered.
const faultPolicy = `policies:
  - id: words
    rules:
      - id: edit
        when: {subject: {words: [editme]}}
        then:
          - add_header: {name: X-Tag, value: edited}
          - subject_prefix: "[EDITED]"
          - banner: {text: "a banner"}
          - bcc: [reviewer@agency.gov.au]
          - notify: {to: [dlp@agency.gov.au]}
      - {id: staff, mode: simulate, when: {recipient: {group: staff}}, then: [incident]}
      - {id: no-directory, when: {fact: {name: recipient.groups, state: unavailable}}, then: [{add_header: {name: X-Unknown, value: groups}}]}
      - {id: no-history, when: {fact: {name: "sender.messages:1h", state: unavailable}}, then: [{add_header: {name: X-Unknown-History, value: "yes"}}]}
      - {id: first, mode: simulate, when: {recipient: {first_time: true}}, then: [incident]}
label_rules:
  - {id: word, label: official, when: {subject: {words: [labelme]}}}
`

const faultPeople = `dn: dc=example
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: cn=Bob,dc=example
objectClass: inetOrgPerson
cn: Bob
sn: Bob
mail: canarybob@agency.gov.au
departmentNumber: staff
`

// everyWhy is what the fail mode calls the failure of a place.
var everyWhy = map[failpoint.Name]filter.Why{
	failpoint.Spool: filter.WhySpool, failpoint.Intent: filter.WhyStore, failpoint.Append: filter.WhyStore,
	failpoint.Extract: filter.WhyPanic, failpoint.Detect: filter.WhyPanic, failpoint.Marking: filter.WhyPanic, failpoint.LabelRule: filter.WhyPanic,
	failpoint.Label: filter.WhyPanic, failpoint.Condition: filter.WhyPanic, failpoint.Action: filter.WhyPanic, failpoint.Plan: filter.WhyPanic, failpoint.Edit: filter.WhyPanic,
}

// sources are the places whose failure is a fact that policy can act on, or
// costs nothing but the note; the message is judged.
var sources = []failpoint.Name{failpoint.Thread, failpoint.History, failpoint.Directory, failpoint.Outcome}

// whole are the edits of a message that was judged with all sources at hand.
var whole = []string{"X-Tag: edited", "[EDITED]", "a banner", "reviewer@agency.gov.au"}

// TestFaults makes every place fail in every fail mode. The declared answer is
// given, nothing is half edited, and the next message is judged as ever. It
// does not run beside other tests: the places are those of the process.
func TestFaults(t *testing.T) {
	ldap := mtalab.StartSlapd(t, faultPeople)
	hit := map[failpoint.Name]bool{}
	for _, mode := range []string{"tempfail", "quarantine", "reject", "accept"} {
		d := site(t, fmt.Sprintf("fail: {inbound: %[1]s, outbound: %[1]s, internal: %[1]s}\ndirectory: {ldap: {url: %[2]s, base: 'dc=example', filter: '(mail={address})', group_attribute: departmentNumber, fresh: 0s, stale: 0s, retry: 0s, timeout: 300ms}}\n", mode, ldap.URL))
		d.write("packs/site/policy.yaml", faultPolicy)
		d.run(d.options())
		c := d.dial(0)
		n := 0
		send := func() (miltertest.Result, store.Record) {
			n++
			id := fmt.Sprintf("%s%d", mode, n)
			r := d.send(c, mail(id, "editme labelme", [2]string{"References", " <before@sender.example>"}))
			got, err := d.store.Find(bg, id, 1)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) == 0 {
				return r, store.Record{}
			}
			return r, got[0]
		}
		judged := func(doing string, r miltertest.Result) {
			t.Helper()
			if text := edits(r); r.Decision.Code != 'a' || slices.ContainsFunc(whole, func(s string) bool { return !strings.Contains(text, s) }) {
				t.Errorf("%s, %s: %v, edits\n%s", mode, doing, r.Decision, text)
			}
		}
		r, rec := send()
		judged("nothing wrong", r)
		if rec.Label != "official" || !strings.Contains(string(rec.Result), `"rule":"staff"`) || !strings.Contains(string(rec.Result), `"rule":"first"`) || strings.Contains(edits(r), "X-Unknown") {
			t.Errorf("%s, nothing wrong: %s", mode, rec.Result)
		}
		for name, why := range everyWhy {
			as := func() error { return errors.New("no space left on device") }
			if why == filter.WhyPanic {
				as = func() error { panic("canary at " + string(name)) }
			}
			r, rec := failing(name, as, &hit, send)
			want := map[string]string{"tempfail": "451 4.3.0", "reject": "554 5.3.0", "quarantine": "a", "accept": "a"}[mode]
			got := string(r.Decision.Code)
			if got == "y" {
				got = r.Decision.Text()
			}
			text := edits(r)
			if !strings.HasPrefix(got, want) || slices.ContainsFunc(whole, func(s string) bool { return strings.Contains(text, s) }) {
				t.Errorf("%s, %s: %s, edits\n%s", mode, name, got, text)
			}
			if held := strings.Contains(text, "q "); held != (mode == "quarantine") {
				t.Errorf("%s, %s: held %v", mode, name, held)
			}
			if mode == "accept" && !strings.Contains(text, "X-Labelmilter-Inspection: incomplete; reason=") {
				t.Errorf("%s, %s: it does not show that nobody looked:\n%s", mode, name, text)
			}
			if why != filter.WhyStore && (rec.Fail != string(why) || strings.Contains(string(rec.Result), `"type":"notify"`)) {
				t.Errorf("%s, %s: record %s %s", mode, name, rec.Fail, rec.Result)
			}
			r, _ = send()
			judged("after "+string(name), r)
		}
		for _, name := range sources {
			r, rec := failing(name, func() error { return errors.New("down") }, &hit, send)
			judged(string(name), r)
			if name == failpoint.History && !strings.Contains(edits(r), "X-Unknown-History") {
				t.Errorf("%s: the rule for it does not act: %s", name, rec.Result)
			}
			if name == failpoint.Thread && !strings.Contains(string(rec.Result), `:{"state":"unavailable","value":"","source":"ledger"`) {
				t.Errorf("%s: not among the facts: %s", name, rec.Result)
			}
		}
		// The directory itself: down, slow, and back.
		for doing, f := range map[string][2]func() error{"down": {ldap.Stop, ldap.Start}, "slow": {ldap.Freeze, ldap.Thaw}} {
			if err := f[0](); err != nil {
				t.Fatal(err)
			}
			r, rec := send()
			judged("directory "+doing, r)
			if !strings.Contains(edits(r), "X-Unknown: groups") || strings.Contains(string(rec.Result), `"rule":"staff"`) {
				t.Errorf("%s, directory %s: %s", mode, doing, rec.Result)
			}
			if err := f[1](); err != nil {
				t.Fatal(err)
			}
			r, _ = send()
			judged("directory back", r)
			if strings.Contains(edits(r), "X-Unknown") {
				t.Errorf("%s, directory back: %s", mode, edits(r))
			}
		}
		d.noContent()
	}
	sealFault(t, hit)
	journalFault(t, hit)
	for _, name := range failpoint.Names {
		if !hit[name] {
			t.Errorf("failpoint %s was not hit", name)
		}
	}
}

// journalFault makes fail what happens to ordinary messages alone: their
// records go to the journal, and marks from there to the database.
func journalFault(t *testing.T, hit map[failpoint.Name]bool) {
	t.Helper()
	d := start(t, "fail: {inbound: quarantine}\n", nil)
	c := d.dial(0)
	down := func() error { return syscall.ENOSPC }
	send := func(id string, header ...[2]string) func() (miltertest.Result, error) {
		return func() (miltertest.Result, error) { return d.send(c, mail(id, "x", header...)), nil }
	}
	r, _ := failing(failpoint.Journal, down, &hit, send("J1", marked("OFFICIAL")))
	if text := edits(r); !strings.Contains(text, "X-Labelmilter-Reason: fail/store") || !strings.Contains(text, "q ") || strings.Contains(text, "X-Sensitivity-Label") {
		t.Errorf("%v %s", r.Decision, text)
	}
	if r, _ := send("J2", marked("OFFICIAL"))(); edits(r) != official {
		t.Errorf("after it: %s", edits(r))
	}
	answer := [2]string{"References", " <J2@sender.example>"}
	r, _ = failing(failpoint.Marks, down, &hit, send("J3", answer))
	if r.Decision.Code != 'a' || !strings.Contains(string(d.record("J3").Result), `:{"state":"unavailable","value":"","source":"ledger"`) {
		t.Errorf("%v, record %s", r.Decision, d.record("J3").Result)
	}
	_, _ = send("J4", answer)()
	if !strings.Contains(string(d.record("J4").Result), `:{"state":"value","value":"official","source":"ledger"`) {
		t.Errorf("the mark is lost: %s", d.record("J4").Result)
	}
	d.noContent()
}

// sealFault makes the encryption fail: nothing goes out in clear.
func sealFault(t *testing.T, hit map[failpoint.Name]bool) {
	t.Helper()
	d := site(t, "smime: {certificates: certificates}\nfail: {inbound: quarantine}\n")
	d.write("packs/site/policy.yaml", "policies: [{id: words, rules: [{id: secret, when: {subject: {words: [editme]}}, then: [encrypt, {add_header: {name: X-Tag, value: edited}}]}]}]\n")
	d.write("certificates/bob.pem", certificate(t, "canarybob@agency.gov.au"))
	d.run(d.options())
	c := d.dial(0)
	if r := d.send(c, mail("S1", "editme")); r.Decision.Code != 'a' || !strings.Contains(edits(r), "X-Tag: edited") || !strings.Contains(edits(r), "application/pkcs7-mime") || strings.Contains(edits(r), "canarybody") {
		t.Errorf("%v %s", r.Decision, edits(r))
	}
	r, _ := failing(failpoint.Seal, func() error { return errors.New("no randomness") }, &hit, func() (miltertest.Result, error) { return d.send(c, mail("S2", "editme")), nil })
	if text := edits(r); !strings.Contains(text, "X-Labelmilter-Reason: fail/encrypt") || !strings.Contains(text, "q ") || strings.Contains(text, "X-Tag") {
		t.Errorf("%v %s", r.Decision, text)
	}
	if rec := d.record("S2"); rec.Fail != string(filter.WhyEncrypt) {
		t.Errorf("record %+v", rec)
	}
	// A message to somebody without a certificate is refused, as the rule says.
	m := mail("S3", "editme")
	m.To = append(m.To, "<pat@agency.gov.au>")
	if r := d.send(c, m); !strings.HasPrefix(r.Decision.Text(), "550 5.7.10") {
		t.Errorf("%v %s", r.Decision, edits(r))
	}
	if rec := d.record("S1"); !strings.Contains(string(rec.Result), `"sealed":true`) || !strings.Contains(string(rec.Result), `"type":"encrypt"`) {
		t.Errorf("record %s", rec.Result)
	}
	d.noContent()
}

// certificate is one for a mailbox, PEM.
func certificate(t *testing.T, box string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, EmailAddresses: []string{box}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func failing[A, B any](name failpoint.Name, as func() error, hit *map[failpoint.Name]bool, send func() (A, B)) (A, B) {
	defer failpoint.Arm(name, func() error { (*hit)[name] = true; return as() })()
	return send()
}

// What a reload cannot read leaves the rules as they are.
func TestFaultyReload(t *testing.T) {
	t.Parallel()
	d := site(t, "")
	d.write("domains.txt", "agency.gov.au\n")
	d.write("labelmilter.yaml", strings.Replace(baseConfig, "dirs: [packs]", "dirs: [packs], lists: {ours: {file: domains.txt}}", 1))
	const lists = "lists: [{id: ours}]\ndirectories: [{id: people, file: people.csv}]\npolicies: [{id: p, rules: [{id: r, when: {recipient: {domain: {list: ours}}}, then: [{add_header: {name: X-Ours, value: \"1\"}}]}]}]\n"
	d.write("packs/site/policy.yaml", lists)
	d.write("packs/site/people.csv", "address,groups\na@b,x\n")
	d.run(d.options())
	c := d.dial(0)
	for i, breakIt := range []func(){
		func() {},
		func() { _ = os.Remove(filepath.Join(d.dir, "domains.txt")) },
		func() { d.write("domains.txt", "\xff\xfe\n") },
		func() {
			d.write("domains.txt", "agency.gov.au\n")
			d.write("packs/site/people.csv", "address\nnobody\n")
		},
		func() {
			d.write("packs/site/people.csv", "address\na@b\n")
			d.write("packs/site/policy.yaml", strings.Replace(lists, `"1"`, `"{{nothing}}"`, 1))
		},
	} {
		breakIt()
		_, err := d.Reload()
		if (err != nil) != (i > 0) {
			t.Errorf("%d: reload: %v", i, err)
		}
		if r := d.send(c, mail(fmt.Sprint("R", i), "x")); r.Decision.Code != 'a' || !strings.Contains(edits(r), "X-Ours") {
			t.Errorf("%d: %v %s", i, r.Decision, edits(r))
		}
	}
}

// Through Postfix: a sender that is put off tries again and the message comes
// once, whole. While the place fails nothing comes.
func TestFaultsThroughPostfix(t *testing.T) {
	mtalab.Require(t, "postfix")
	d := site(t, "")
	d.write("packs/site/policy.yaml", faultPolicy)
	d.run(d.options())
	sink, err := mtalab.NewSink(mtalab.SinkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	pf := mtalab.PostfixFor(t, mtalab.Options{Milters: []string{"inet:" + d.Addrs()[1].String()}, NextHop: sink.Addr()})
	for i, name := range []failpoint.Name{failpoint.Spool, failpoint.Detect, failpoint.Condition, failpoint.Edit, failpoint.Append} {
		m := mtalab.Message{From: "a@agency.gov.au", To: []string{"x@example.com"}, Data: []byte(fmt.Sprintf(
			"From: a@agency.gov.au\r\nTo: x@example.com\r\nSubject: editme\r\nMessage-ID: <p%d@agency.gov.au>\r\n\r\nbody of p%d.\r\n", i, i))}
		off := failpoint.Arm(name, func() error {
			if everyWhy[name] == filter.WhyPanic {
				panic("canary")
			}
			return errors.New("no space left on device")
		})
		r := mtalab.Send(bg, pf.SMTPAddr(), m)
		off()
		if r.Last().Code != 451 {
			t.Errorf("%s: %v", name, r.Last())
		}
		if n, _ := sink.Count(); n != i {
			t.Errorf("%s: %d deliveries while it failed", name, n-i)
		}
		if r := mtalab.Send(bg, pf.SMTPAddr(), m); !r.Accepted() {
			t.Errorf("%s: tried again: %v", name, r.Last())
		}
		got, err := sink.Wait(i+1, 30*time.Second)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, x := range got[i:] {
			text := string(x.Data)
			if len(x.To) != 2 { // and the reviewer
				t.Errorf("%s: delivered to %v", name, x.To)
			}
			for _, part := range []string{"X-Tag: edited\r\n", "Subject: [EDITED] editme\r\n", "\r\n\r\na banner\r\n", fmt.Sprintf("body of p%d.\r\n", i)} {
				if strings.Count(text, part) != 1 {
					t.Errorf("%s: %q stands %d times in:\n%s", name, part, strings.Count(text, part), text)
				}
			}
		}
	}
}
