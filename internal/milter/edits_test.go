package milter

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/verdict"
)

func mod(op verdict.Op, index int, name, value string) verdict.Modification {
	return verdict.Modification{Op: op, Index: index, Name: name, Value: value}
}

func rcptMod(op verdict.Op, addr string) verdict.Modification {
	return verdict.Modification{Op: op, Address: addr}
}

// run sends one message to <b@example> and <c@example> and answers f.
func run(t *testing.T, f Final, offerActions, offerProtocol uint32, change ...func(*Options)) (miltertest.Result, error) {
	t.Helper()
	r := &recorder{eom: func(context.Context, *recording) Final { return f }}
	s, _ := serve(t, r, change...)
	c := dial(t, s)
	must(t, c.NegotiateAs(6, offerActions, offerProtocol))
	must(t, c.Session())
	m := simple("x")
	m.To = []string{"<b@example>", "<c@example>"}
	got := send(t, c, m)
	eventually(t, "Sent is called", func() bool { return len(r.sends()) == 1 })
	return got, r.sends()[0]
}

func TestEdits(t *testing.T) {
	t.Parallel()
	acc := verdict.Verdict{Disposition: verdict.Accept}
	const all, proto = miltertest.OfferActions, miltertest.OfferProtocol
	for _, tc := range []struct {
		name    string
		mods    []verdict.Modification
		inexact bool
		want    []string
	}{
		{"every kind in order", []verdict.Modification{
			mod(verdict.DeleteHeader, 3, "X-A", ""), mod(verdict.DeleteHeader, 1, "X-A", ""), mod(verdict.ChangeHeader, 1, "Subject", "s"),
			mod(verdict.InsertHeader, 0, "X-B", "1"), mod(verdict.InsertHeader, 2, "X-C", "2"), mod(verdict.AddHeader, 0, "X-D", "3"),
			{Op: verdict.ReplaceBody, Body: []byte("new")}, rcptMod(verdict.AddRecipient, "n@x"), rcptMod(verdict.DeleteRecipient, "b@example"),
			rcptMod(verdict.ChangeSender, ""),
		}, false, []string{
			`m "\x00\x00\x00\x03X-A\x00\x00"`, `m "\x00\x00\x00\x01X-A\x00\x00"`, `m "\x00\x00\x00\x01Subject\x00 s\x00"`,
			`i "\x00\x00\x00\x00X-B\x00 1\x00"`, `i "\x00\x00\x00\x02X-C\x00 2\x00"`, `h "X-D\x00 3\x00"`,
			`b "new"`, `+ "<n@x>\x00"`, `- "<b@example>\x00"`, `e "<>\x00"`,
		}},
		{"leading space is the MTA's", []verdict.Modification{mod(verdict.AddHeader, 0, "X", "v"), mod(verdict.ChangeHeader, 1, "Y", "w")}, true,
			[]string{`h "X\x00v\x00"`, `m "\x00\x00\x00\x01Y\x00w\x00"`}},
		{"values are cleaned", []verdict.Modification{mod(verdict.AddHeader, 0, "X", "a\r\n b\x00\r\nBcc: c\n\n \t\n\td\n")}, false,
			[]string{`h "X\x00 a\n b Bcc: c\n\td\x00"`}},
		{"empty value", []verdict.Modification{mod(verdict.AddHeader, 0, "X", "")}, false, []string{`h "X\x00\x00"`}},
		{"empty body", []verdict.Modification{{Op: verdict.ReplaceBody}}, false, []string{"b"}},
		{"one recipient stays", []verdict.Modification{rcptMod(verdict.DeleteRecipient, "b@example"), rcptMod(verdict.DeleteRecipient, "C@example")}, false,
			[]string{`- "<b@example>\x00"`, `- "<C@example>\x00"`}},
		{"all replaced", []verdict.Modification{rcptMod(verdict.DeleteRecipient, "b@example"), rcptMod(verdict.DeleteRecipient, "c@example"),
			rcptMod(verdict.AddRecipient, `"o d"@x`)}, false,
			[]string{`- "<b@example>\x00"`, `- "<c@example>\x00"`, `+ "<\"o d\"@x>\x00"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := uint32(proto)
			if tc.inexact {
				p &^= miltertest.LeadingSpace
			}
			got, err := run(t, Final{Modifications: tc.mods, Verdict: acc}, all, p)
			if err != nil || got.Decision.String() != "a" {
				t.Errorf("decision %v, sent %v", got.Decision, err)
			}
			if d := cmp.Diff(tc.want, texts(got.Edits)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReplaceBodyChunks(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("abcdefg\n"), 100_000)
	got, err := run(t, Final{Modifications: []verdict.Modification{
		mod(verdict.AddHeader, 0, "A", "1"), {Op: verdict.ReplaceBody, Body: body}, mod(verdict.AddHeader, 0, "B", "1"),
	}, Verdict: accept.Verdict}, miltertest.OfferActions, miltertest.OfferProtocol)
	if err != nil {
		t.Fatal(err)
	}
	var back []byte
	order := ""
	for _, e := range got.Edits {
		if e.Code == 'b' {
			back = append(back, e.Data...)
			if len(e.Data) > 65535 {
				t.Errorf("chunk of %d", len(e.Data))
			}
		}
		order += string(e.Code)
	}
	if want := "h" + strings.Repeat("b", 13) + "h"; order != want || !bytes.Equal(back, body) {
		t.Errorf("order %s, %d bytes; want %s, %d", order, len(back), want, len(body))
	}
}

// What cannot be sent whole is not sent at all.
func TestNoHalfEdits(t *testing.T) {
	t.Parallel()
	good := mod(verdict.AddHeader, 0, "X-Good", "1")
	for _, tc := range []struct {
		name    string
		mod     verdict.Modification
		actions uint32
		want    error
	}{
		{"add header not granted", mod(verdict.ChangeHeader, 1, "S", "x"), 0x1ff &^ 1, ErrNotGranted},
		{"change header", mod(verdict.ChangeHeader, 1, "S", "x"), 0x1ff &^ 0x10, ErrNotGranted},
		{"delete header", mod(verdict.DeleteHeader, 1, "S", ""), 0x1ff &^ 0x10, ErrNotGranted},
		{"body", verdict.Modification{Op: verdict.ReplaceBody}, 0x1ff &^ 2, ErrNotGranted},
		{"add recipient", rcptMod(verdict.AddRecipient, "a@x"), 0x1ff &^ 4, ErrNotGranted},
		{"delete recipient", rcptMod(verdict.DeleteRecipient, "b@example"), 0x1ff &^ 8, ErrNotGranted},
		{"sender", rcptMod(verdict.ChangeSender, "a@x"), 0x1ff &^ 0x40, ErrNotGranted},
		{"name with space", mod(verdict.AddHeader, 0, "X Y", "1"), 0x1ff, ErrBadModification},
		{"name with colon", mod(verdict.AddHeader, 0, "X:", "1"), 0x1ff, ErrBadModification},
		{"name with LF", mod(verdict.AddHeader, 0, "X\nY", "1"), 0x1ff, ErrBadModification},
		{"no name", mod(verdict.DeleteHeader, 1, "", ""), 0x1ff, ErrBadModification},
		{"8-bit name", mod(verdict.AddHeader, 0, "Ü", "1"), 0x1ff, ErrBadModification},
		{"long value", mod(verdict.AddHeader, 0, "X", strings.Repeat("v", 60_001)), 0x1ff, ErrBadModification},
		{"negative index", mod(verdict.InsertHeader, -1, "X", "1"), 0x1ff, ErrBadModification},
		{"occurrence 0", mod(verdict.DeleteHeader, 0, "X", ""), 0x1ff, ErrBadModification},
		{"change to nothing", mod(verdict.ChangeHeader, 1, "X", "\r\n"), 0x1ff, ErrBadModification},
		{"recipient with bracket", rcptMod(verdict.AddRecipient, "a@x> ORCPT=rfc822;b"), 0x1ff, ErrBadModification},
		{"recipient with NUL", rcptMod(verdict.AddRecipient, "a@x\x00"), 0x1ff, ErrBadModification},
		{"recipient with open quote", rcptMod(verdict.AddRecipient, `"a@x`), 0x1ff, ErrBadModification},
		{"no recipient", rcptMod(verdict.AddRecipient, ""), 0x1ff, ErrBadModification},
		{"deleted with LF", rcptMod(verdict.DeleteRecipient, "b\n@x"), 0x1ff, ErrBadModification},
		{"sender with space", rcptMod(verdict.ChangeSender, "a b@x"), 0x1ff, ErrBadModification},
		{"unknown edit", verdict.Modification{Op: "rot13"}, 0x1ff, ErrBadModification},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := run(t, Final{Modifications: []verdict.Modification{good, tc.mod}, Verdict: accept.Verdict},
				tc.actions, miltertest.OfferProtocol)
			if !errors.Is(err, tc.want) || len(got.Edits) > 0 || got.Decision.Code != 't' {
				t.Errorf("sent %v, edits %v, decision %v; want %v and t", err, got.Edits, got.Decision, tc.want)
			}
		})
	}
	for name, mods := range map[string][]verdict.Modification{
		"two bodies": {{Op: verdict.ReplaceBody}, {Op: verdict.ReplaceBody}},
		"no recipient left": {rcptMod(verdict.DeleteRecipient, "b@example"), rcptMod(verdict.DeleteRecipient, "b@example"),
			rcptMod(verdict.AddRecipient, "n@x"), rcptMod(verdict.DeleteRecipient, "c@example"), rcptMod(verdict.DeleteRecipient, "n@x")},
	} {
		got, err := run(t, Final{Modifications: mods, Verdict: accept.Verdict}, miltertest.OfferActions, miltertest.OfferProtocol)
		if err == nil || len(got.Edits) > 0 || got.Decision.Code != 't' {
			t.Errorf("%s: sent %v, edits %v, decision %v", name, err, got.Edits, got.Decision)
		}
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	edit := []verdict.Modification{mod(verdict.AddHeader, 0, "X", "1")}
	reply := func(code int, enh, text string) verdict.Reply {
		return verdict.Reply{Code: code, Enhanced: enh, Text: text}
	}
	for _, tc := range []struct {
		name    string
		v       verdict.Verdict
		actions uint32
		want    []string
	}{
		{"accept", accept.Verdict, 0x1ff, []string{`h "X\x00 1\x00"`, "a"}},
		{"discard sends no edits", verdict.Verdict{Disposition: verdict.Discard}, 0x1ff, []string{"d"}},
		{"tempfail", verdict.Verdict{Disposition: verdict.TempFail}, 0x1ff, []string{"t"}},
		{"tempfail with text", verdict.Verdict{Disposition: verdict.TempFail, Reply: reply(451, "4.3.0", "later")}, 0x1ff, []string{`y "451 4.3.0 later\x00"`}},
		{"tempfail of class 5", verdict.Verdict{Disposition: verdict.TempFail, Reply: reply(550, "5.3.0", "later")}, 0x1ff, []string{`y "451 4.7.1 try again later\x00"`}},
		{"reject", verdict.Verdict{Disposition: verdict.Reject, Reply: reply(550, "5.7.1", "50% a\r\nü\x00\nc")}, 0x1ff,
			[]string{`y "550-5.7.1 50%% a\r\n550-5.7.1 ue\r\n550 5.7.1 c\x00"`}},
		{"reject of class 4", verdict.Verdict{Disposition: verdict.Reject, Reply: reply(451, "4.7.1", "x")}, 0x1ff, []string{`y "550 5.7.1 refused by policy\x00"`}},
		{"reject without reply", verdict.Verdict{Disposition: verdict.Reject}, 0x1ff, []string{`y "550 5.7.1 refused by policy\x00"`}},
		{"quarantine", verdict.Verdict{Disposition: verdict.Quarantine, Reason: "dlp/tfn\r\nid=7"}, 0x1ff, []string{`h "X\x00 1\x00"`, `q "dlp/tfn??id=7\x00"`, "a"}},
		{"quarantine without reason", verdict.Verdict{Disposition: verdict.Quarantine}, 0x1ff, []string{`h "X\x00 1\x00"`, `q "held by policy\x00"`, "a"}},
		{"quarantine not granted", verdict.Verdict{Disposition: verdict.Quarantine}, 0x1ff &^ 0x20, []string{"t"}},
		{"no verdict", verdict.Verdict{}, 0x1ff, []string{"t"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, _ := run(t, Final{Modifications: edit, Verdict: tc.v}, tc.actions, miltertest.OfferProtocol)
			if d := cmp.Diff(tc.want, texts(append(got.Edits, got.Decision))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNotGrantedIsLoggedOnce(t *testing.T) {
	t.Parallel()
	r := &recorder{eom: func(context.Context, *recording) Final {
		return Final{Modifications: []verdict.Modification{rcptMod(verdict.AddRecipient, "a@x")}, Verdict: accept.Verdict}
	}}
	s, logs := serve(t, r)
	c := dial(t, s)
	must(t, c.NegotiateAs(6, 1, 0))
	must(t, c.Session())
	for range 3 {
		send(t, c, simple("x"))
	}
	if n := logs.FilterMessageSnippet("does not allow an edit").Len(); n != 1 {
		t.Errorf("logged %d times", n)
	}
}

func FuzzCleanValue(f *testing.F) {
	for _, s := range []string{"", "a", "a\r\n b", "a\nb", "\n", "a\n \n", "\x00\r\r\n\t\n x", " \n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := cleanValue(s)
		if strings.ContainsAny(v, "\r\x00") {
			t.Errorf("%q has CR or NUL", v)
		}
		for i, l := range strings.Split(v, "\n") {
			if i > 0 && (l == "" || l[0] != ' ' && l[0] != '\t' || strings.Trim(l, " \t") == "") {
				t.Errorf("%q has a line that is no continuation", v)
			}
		}
		if again := cleanValue(v); again != v {
			t.Errorf("%q becomes %q the second time", v, again)
		}
	})
}
