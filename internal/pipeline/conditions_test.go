package pipeline_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/assemble"
	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/edm"
	"labelmilter/internal/facts"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/policy"
	"labelmilter/internal/rulepack"
)

// conditionCase is a condition and whom it holds for in the rich and in the
// plain message: "all", "none", or recipients by their local parts.
type conditionCase struct{ cond, rich, plain string }

// Rich: kim@agency.example (authenticated, 10.1.2.3) to ann@agency.example,
// bob@partner.example and cat@mail.other.example. Plain: x@out.example to
// ann@agency.example.
var conditionCases = []conditionCase{
	{`{direction: [outbound]}`, "all", "none"},
	{`{direction: inbound}`, "none", "all"},
	{`{direction: [inbound, outbound]}`, "all", "all"},
	{`{sender: {address: kim@agency.example}}`, "all", "none"},
	{`{sender: {address: [KIM@AGENCY.EXAMPLE, nobody@x.example]}}`, "all", "none"},
	{`{sender: {address: "*@agency.example"}}`, "all", "none"},
	{`{sender: {domain: agency.example}}`, "all", "none"},
	{`{sender: {not: {domain: [agency.example]}}}`, "none", "all"},
	{`{sender: {group: [legal, staff]}}`, "all", "none"},
	{`{sender: {attribute: {department: Finance}}}`, "all", "none"},
	{`{sender: {attribute: {department: [legal, "fin*"]}}}`, "all", "none"},
	{`{sender: {network: 10.0.0.0/8}}`, "all", "none"},
	{`{sender: {network: [192.0.2.0/24, 203.0.113.9]}}`, "none", "all"},
	{`{sender: {network: [10.1.2.0-10.1.2.3, 198.51.100.1]}}`, "all", "none"},
	{`{sender: {network: "10.1.2.4-10.1.3.255"}}`, "none", "none"},
	{`{sender: {authenticated: true}}`, "all", "none"},
	{`{sender: {internal: true}}`, "all", "none"},
	{`{sender: {words: [kim, lee]}}`, "all", "none"},
	{`{sender: {matches: '^k.m@'}}`, "all", "none"},
	{`{sender: {in: header, domain: agency.example}}`, "all", "all"},
	{`{sender: {in: either, domain: out.example}}`, "none", "all"},
	{`{sender: {domain: {list: cleared}}}`, "none", "none"},
	{`{sender: {domain: agency.example, authenticated: false}}`, "none", "none"},
	{`{recipient: {address: bob@partner.example}}`, "bob", "none"},
	{`{recipient: {domain: [.other.example, partner.example]}}`, "bob,cat", "none"},
	{`{recipient: {domain: "*.other.example"}}`, "cat", "none"},
	{`{recipient: {domain: {list: cleared}}}`, "bob", "none"},
	{`{recipient: {not: {domain: {list: cleared}}}}`, "ann,cat", "all"},
	{`{not: {recipient: {domain: {list: cleared}}}}`, "ann,cat", "all"},
	{`{recipient: {internal: false}}`, "bob,cat", "none"},
	{`{recipient: {group: staff}}`, "ann", "all"},
	{`{recipient: {attribute: {department: finance}}}`, "ann", "all"},
	{`{recipient: {same: [department]}}`, "ann", "none"},
	{`{recipient: {manager_of_sender: true}}`, "ann", "none"},
	{`{recipient: {first_time: true}}`, "cat", "none"},
	{`{recipient: {lookalike: {domain: [partnor.example]}}}`, "bob", "none"},
	{`{recipient: {rated_below_label: true}}`, "bob,cat", "none"},
	{`{any_recipient: {domain: partner.example}}`, "all", "none"},
	{`{not: {any_recipient: {domain: partner.example}}}`, "none", "all"},
	{`{all_recipients: {internal: true}}`, "none", "all"},
	{`{recipient_count: {at_least: 3}}`, "all", "none"},
	{`{recipient_count: 1}`, "none", "all"},
	{`{header: {name: x-project, words: [alpha]}}`, "all", "none"},
	{`{header: {name: X-Project, matches: ['Al.ha$']}}`, "all", "none"},
	{`{header: {name: X-Project, exists: false}}`, "none", "all"},
	{`{header: {name: X-Project}}`, "all", "none"},
	{`{subject: {words: Übersicht}}`, "all", "none"},
	{`{subject: {words: Übersich}}`, "none", "none"},
	{`{subject: {words: {keywords: names}}}`, "all", "none"},
	{`{body: {matches: 'project\s+falcon'}}`, "all", "none"},
	{`{body: {words: [inside]}}`, "none", "none"},
	{`{text: {words: [inside]}}`, "all", "none"},
	{`{text: {words: [inside], where: attachment}}`, "all", "none"},
	{`{text: {words: [inside], where: [subject, body]}}`, "none", "none"},
	{`{sit: {type: credit-card-number, min_confidence: low}}`, "all", "none"},
	{`{sit: {type: credit-card-number, min_confidence: low, min_unique: 3}}`, "all", "none"},
	{`{sit: {type: credit-card-number, min_confidence: low, min_unique: 5}}`, "none", "none"},
	{`{sit: {type: credit-card-number, min_confidence: low, max_unique: 2}}`, "none", "none"},
	{`{sit: {type: credit-card-number, min_confidence: low, min_unique: 0, max_unique: 2}}`, "none", "all"},
	{`{sit: {type: credit-card-number, min_confidence: low, min_unique: 3, per: part}}`, "none", "none"},
	{`{sit: {type: credit-card-number, min_confidence: low, min_unique: 2, per: part}}`, "all", "none"},
	{`{sit: {type: credit-card-number, min_confidence: low, min_unique: 4, where: body}}`, "none", "none"},
	{`{sit: {type: credit-card-number, min_confidence: low, where: [attachment]}}`, "all", "none"},
	{`{edm: {type: our-card}}`, "all", "none"},
	{`{edm: {type: our-card, min_unique: 2}}`, "none", "none"},
	{`{edm: {type: our-card, min_unique: 2, min_confidence: low}}`, "all", "none"},
	{`{edm: {type: our-card, min_unique: 0, max_unique: 1, min_confidence: low}}`, "none", "all"},
	{`{edm: {type: our-card, min_confidence: low, where: [attachment]}}`, "all", "none"},
	{`{edm: {type: our-card, min_confidence: low, min_unique: 2, per: part}}`, "none", "none"},
	{`{edm: {unavailable: false}}`, "none", "all"},
	{`{edm: {unavailable: true}}`, "all", "none"},
	{`{edm: {unavailable: true, store: [cards]}}`, "none", "none"},
	{`{sit: {type: [credit-card-number, international-banking-account-number], min_confidence: low, min_unique: 5}}`, "all", "none"},
	{`{marking: {classification: "OFFICIAL:Sensitive"}}`, "all", "none"},
	{`{marking: {imm: [Legal-Privilege, Personal-Privacy]}}`, "all", "none"},
	{`{marking: {caveat: "SH:CABINET"}}`, "none", "none"},
	{`{marking: {scheme: au-epms, source: header}}`, "all", "none"},
	{`{marking: {diagnostic: missing-origin}}`, "all", "none"},
	{`{label: {is: [official, official-sensitive-lp]}}`, "all", "none"},
	{`{label: {is: official-sensitive}}`, "none", "none"},
	{`{label: {at_least: official-sensitive}}`, "all", "none"},
	{`{label: {at_most: official-sensitive}}`, "none", "all"},
	{`{label: {at_least: protected}}`, "none", "none"},
	{`{label: {at_least: official, at_most: protected}}`, "all", "none"},
	{`{unlabelled: true}`, "none", "all"},
	{`{unlabelled: false}`, "all", "none"},
	{`{outcome: [label, hold]}`, "all", "none"},
	{`{outcome: none}`, "none", "all"},
	{`{attachment: {name: "report.*"}}`, "all", "none"},
	{`{attachment: {extension: [.EXE, docm]}}`, "all", "none"},
	{`{attachment: {extension: docm, macros: false}}`, "none", "none"},
	{`{attachment: {extension: docm, macros: true}}`, "all", "none"},
	{`{attachment: {type: "image/*"}}`, "all", "none"},
	{`{attachment: {type: image/gif}}`, "all", "none"},
	{`{attachment: {size: {at_least: 1MB}}}`, "none", "none"},
	{`{attachment: {size: {at_least: 1}}}`, "all", "none"},
	{`{attachment: {}}`, "all", "none"},
	{`{attachment: {encrypted: true}}`, "all", "none"},
	{`{attachment: {extension: docm, encrypted: true}}`, "none", "none"},
	{`{attachment: {name: inner.txt, encrypted: false}}`, "none", "none"},
	{`{attachment: {mismatch: true, executable: true}}`, "all", "none"},
	{`{attachment: {image_only: true}}`, "all", "none"},
	{`{attachment: {signed: true}}`, "none", "none"},
	{`{attachment: {anomaly: true}}`, "none", "none"},
	{`{attachment: {property: {name: Client, is: [acme]}}}`, "all", "none"},
	{`{attachment: {property: {name: "c*", matches: "^A"}}}`, "all", "none"},
	{`{attachment: {property: {name: Client, is: other}}}`, "none", "none"},
	{`{attachment: {label: [official, protected]}}`, "all", "none"},
	{`{attachment: {label: {at_least: protected}}}`, "none", "none"},
	{`{attachment: {unlabelled: true}}`, "none", "none"},
	{`{attachment: {unlabelled: false, extension: docm}}`, "all", "none"},
	{`{inspection: {incomplete: true}}`, "all", "none"},
	{`{inspection: {incomplete: false}}`, "none", "all"},
	{`{inspection: {reason: [encrypted, corrupt]}}`, "all", "none"},
	{`{inspection: {reason: depth}}`, "none", "none"},
	{`{message: {importance: high}}`, "all", "none"},
	{`{message: {kind: [auto-reply, list]}}`, "none", "all"},
	{`{message: {kind: voicemail}}`, "all", "none"},
	{`{message: {charset: utf-8}}`, "all", "none"},
	{`{message: {size: {at_most: 1000}}}`, "none", "all"},
	{`{time: {window: ["Mon-Fri 08:00-18:00"], zone: Australia/Sydney}}`, "all", "all"},
	{`{time: {window: "Sat,Sun"}}`, "none", "none"},
	{`{conflict: header-subject-differ}`, "all", "none"},
	{`{fact: {name: tls, state: value}}`, "all", "all"},
	{`{fact: {name: sender.groups, state: [unavailable]}}`, "none", "none"},
	{`{fact: {name: other, state: [absent, unavailable]}}`, "all", "all"},
	{`{fact: {name: tls, is: ["1.2", "1.3"]}}`, "all", "all"},
	{`{fact: {name: risk, at_least: 70}}`, "all", "none"},
	{`{fact: {name: recipient.first_time, is: "true"}}`, "cat", "none"},
	{`{sender_rate: {of: recipients, within: 1h, amount: {at_least: 100}}}`, "all", "none"},
	{`{sender_rate: {within: 1h, amount: {at_least: 100}}}`, "none", "none"},
	{`{thread_growth: {at_least: 2}}`, "all", "none"},
	{`{thread_growth: {at_least: 3}}`, "none", "none"},
	{`{score: {at_least: 5, of: [{points: 3, when: {subject: {words: [Übersicht]}}}, {points: 2, when: {recipient: {internal: false}}}]}}`, "bob,cat", "none"},
	{`{all: [{direction: outbound}, {recipient: {domain: partner.example}}]}`, "bob", "none"},
	{`{any: [{recipient: {domain: agency.example}}, {recipient: {domain: partner.example}}]}`, "ann,bob", "all"},
	{`{not: {direction: outbound}}`, "none", "all"},
	{`{n_of: {n: 2, of: [{recipient: {internal: false}}, {recipient: {domain: partner.example}}, {sender: {domain: out.example}}]}}`, "bob", "none"},
	{`{all: [{not: {all: [{recipient: {internal: true}}, {direction: outbound}]}}, {n_of: {n: 1, of: [{any: [{recipient: {domain: agency.example}}, {recipient: {domain: partner.example}}]}]}}]}`, "bob", "all"},
}

func zipped(t *testing.T, files map[string]string, encrypted bool) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/vbaProject.bin", "docProps/custom.xml", "inner.txt"} {
		data, ok := files[name]
		if !ok {
			continue
		}
		sum := crc32.ChecksumIEEE([]byte(data))
		if encrypted {
			sum = ^sum // that of what the key would give
		}
		f, err := w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data)), CRC32: sum})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if encrypted { // bit 0 of the flags (APPNOTE 4.4.4), in the local and the central header
		data := b.Bytes()
		data[6] |= 1
		data[bytes.Index(data, []byte("PK\x01\x02"))+8] |= 1
	}
	return b.String()
}

const (
	tenant       = "11111111-2222-3333-4444-555555555555"
	officialGUID = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
)

// fullMail has a body with two cards, and attachments: a document with macros,
// a property, the label OFFICIAL and a card; an encrypted archive; a program
// called photo.gif; a picture.
func fullMail(t *testing.T) string {
	t.Helper()
	property := func(id int, name, value string) string {
		return fmt.Sprintf(`<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="%d" name="%s"><vt:lpwstr>%s</vt:lpwstr></property>`, id, name, value)
	}
	doc := zipped(t, map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/><Override PartName="/docProps/custom.xml" ContentType="application/vnd.openxmlformats-officedocument.custom-properties+xml"/></Types>`,
		"_rels/.rels":         `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties" Target="docProps/custom.xml"/></Relationships>`,
		"word/document.xml":   `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>inside the file: card 6011000000000004</w:t></w:r></w:p></w:body></w:document>`,
		"word/vbaProject.bin": "macro",
		"docProps/custom.xml": `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">` +
			property(2, "Client", "ACME") + property(3, "MSIP_Label_"+officialGUID+"_Enabled", "true") + property(4, "MSIP_Label_"+officialGUID+"_SiteId", tenant) + `</Properties>`,
	}, false)
	locked := zipped(t, map[string]string{"inner.txt": "0123456789abcdef"}, true)
	gif := "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
	exe := "MZ" + strings.Repeat("\x00", 58) + "\x40\x00\x00\x00PE\x00\x00" + strings.Repeat("\x00", 200)
	part := func(typ, name, data string) string {
		return "--b\nContent-Type: " + typ + "\nContent-Disposition: attachment; filename=" + name + "\nContent-Transfer-Encoding: base64\n\n" +
			base64.StdEncoding.EncodeToString([]byte(data)) + "\n"
	}
	return "From: Kim <kim@agency.example>\nTo: ann@agency.example\nSubject: =?utf-8?Q?=C3=9Cbersicht?= Falcon [SEC=OFFICIAL]\nX-Project: Alpha\nImportance: high\nMessage-Context: voice-message\n" +
		"X-Protective-Marking: VER=2024.1, NS=gov.au, SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege\n" +
		"Date: Mon, 02 Nov 2026 09:14:00 +1100\nMessage-ID: <1@agency.example>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" +
		"--b\nContent-Type: text/plain; charset=utf-8\n\nabout project   falcon: 4111 1111 1111 1111 and 5500 0000 0000 0004\nIBAN DE89 3704 0044 0532 0130 00\n" +
		part("application/octet-stream", "report.docm", doc) + part("application/zip", "locked.zip", locked) + part("image/gif", "photo.gif", exe) + part("image/gif", "dot.gif", gif) + "--b--\n"
}

const plainMail = "From: Kim <kim@agency.example>\nTo: ann@agency.example\nSubject: hello\nList-Id: <l.out.example>\nDate: Mon, 02 Nov 2026 09:14:00 +1100\nMessage-ID: <2@out.example>\n\nnothing to see\n"

func TestConditions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Join(dir, "own", filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "own", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("pack.yaml", "id: own\nversion: 1.0.0\ndescription: d\nrequires: [au-pspf, sit-financial]\n")
	write("testdata/people.csv", "address,groups,department,manager\nkim@agency.example,staff,finance,ann@agency.example\nann@agency.example,staff,finance,\n")
	var b strings.Builder
	b.WriteString("edms:\n  - {id: cards, columns: [{name: Number, type: digits, searchable: true, found_by: credit-card-number}, {name: Project, type: name}]}\n" +
		"  - {id: lost, columns: [{name: Number, type: digits, searchable: true, found_by: credit-card-number}]}\n" +
		"sits:\n  - {id: our-card, name: our card, edm: cards, patterns: [{confidence: high, match: {column: Number}, near: {column: Project}}, {confidence: low, match: {column: Number}}]}\n" +
		"  - {id: lost-card, name: lost card, edm: lost, patterns: [{confidence: high, match: {column: Number}}]}\n" +
		"lists:\n  - {id: cleared, values: [partner.example]}\nkeywords:\n  - {id: names, words: [falcon]}\ndirectories:\n  - {id: people, file: testdata/people.csv}\n" +
		"ratings:\n  - {label: protected-nc, recipient: {internal: true}}\n  - {label: official, recipient: {domain: partner.example}}\npolicies:\n  - id: p\n    rules:\n")
	for i, c := range conditionCases {
		fmt.Fprintf(&b, "      - {id: c%d, mode: simulate, when: %s, then: [incident]}\n", i, c.cond)
	}
	write("rules.yaml", b.String())
	site := &policy.Organisation{Domains: []string{"agency.example"}, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, TenantID: tenant}
	rs, ps := assemble.Rules(assemble.Options{Packs: []string{"au-pspf", "sit-financial"}, Dirs: []string{filepath.Join(dir, "own")}, Site: site, GUIDs: map[string]string{"official": officialGUID}})
	if rs == nil {
		t.Fatal(ps)
	}
	cards, _ := rs.Table("cards") // of lost there is no store
	table, err := edm.Temporary(cards, "Number,Project\n4111-1111-1111-1111,Project Falcon\n6011000000000004,Other\n378282246310005,Project Falcon\n")
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline.Pipeline{Rules: rs, Limits: budget.Default(), Stores: detect.Stores{"cards": table}}
	known := func(v string) facts.Fact { return facts.Fact{State: facts.Known, Value: v} }
	judge := func(mail string, env message.Envelope, f map[string]facts.Fact) map[string]string {
		m, err := message.Read(context.Background(), strings.NewReader(mail), env, message.Options{Limits: p.Limits})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		f["tls"] = known("1.3")
		r := p.Process(context.Background(), m, facts.Facts{Now: time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC), Named: f})
		got := map[string]string{}
		for _, x := range r.Rules {
			var who []string
			for _, rc := range x.Recipients {
				local, _, _ := strings.Cut(rc, "@")
				who = append(who, local)
			}
			got[x.Rule] = strings.Join(who, ",")
			if len(who) == len(env.RcptTo) {
				got[x.Rule] = "all"
			}
		}
		return got
	}
	rich := judge(fullMail(t), message.Envelope{MailFrom: "kim@agency.example", RcptTo: []string{"ann@agency.example", "bob@partner.example", "cat@mail.other.example"},
		AuthUser: "kim", ClientIP: "10.1.2.3"}, map[string]facts.Fact{"risk": known("80"), "recipient.first_time:bob@partner.example": known("false"),
		"recipient.first_time:cat@mail.other.example": known("true"), policy.RateFact(policy.Recipients, "1h"): known("97"), policy.RateFact(policy.Messages, "1h"): known("97"), policy.ThreadRecipients: known("1")})
	plain := judge(plainMail, message.Envelope{MailFrom: "x@out.example", RcptTo: []string{"ann@agency.example"}, ClientIP: "203.0.113.9"}, map[string]facts.Fact{"risk": known("low")})
	for i, c := range conditionCases {
		for _, x := range []struct {
			of, want string
			got      map[string]string
		}{{"rich", c.rich, rich}, {"plain", c.plain, plain}} {
			got, ok := x.got[fmt.Sprint("c", i)]
			if !ok {
				got = "none"
			}
			if got != x.want {
				t.Errorf("%s, %s message: holds for %s, want %s", c.cond, x.of, got, x.want)
			}
		}
	}
	everyLeaf(t)
}

// everyLeaf checks that each key a condition can have is among the cases.
func everyLeaf(t *testing.T) {
	t.Helper()
	open := map[string]bool{"classifier": true} // needs a model
	for _, key := range rulepack.ConditionKeys() {
		if open[key] {
			continue
		}
		held, failed := false, false
		for _, c := range conditionCases {
			if strings.HasPrefix(c.cond, "{"+key+":") {
				held = held || c.rich != "none" || c.plain != "none"
				failed = failed || c.rich != "all" || c.plain != "all"
			}
		}
		if !held || !failed {
			t.Errorf("condition %s: no case in which it holds, or none in which it does not", key)
		}
	}
	if n := reflect.TypeFor[policy.AddressMatch]().NumField(); n != 19 {
		t.Errorf("address conditions have %d fields: add cases for what is new", n)
	}
}
