package dkim

import (
	"strings"
	"testing"

	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

// usual is what many signers list: From and Subject oversigned.
var usual = []string{"From", "To", "Subject", "Date", "From", "Subject"}

// edits with what they do to a signature c=relaxed/simple over usual.
var editCases = []struct {
	name string
	mods []verdict.Modification
	safe bool
}{
	{"none", nil, true},
	{"add new name", []verdict.Modification{{Op: verdict.AddHeader, Name: "X-Label", Value: "a"}}, true},
	{"insert new name on top", []verdict.Modification{{Op: verdict.InsertHeader, Name: "X-Label", Value: "a"}}, true},
	{"insert new name below", []verdict.Modification{{Op: verdict.InsertHeader, Index: 3, Name: "X-Label", Value: "a"}}, true},
	{"change unsigned", []verdict.Modification{{Op: verdict.ChangeHeader, Index: 1, Name: "X-Mailer", Value: "b"}}, true},
	{"delete unsigned", []verdict.Modification{{Op: verdict.DeleteHeader, Index: 1, Name: "X-Mailer"}}, true},
	{"add Reply-To, not in h=", []verdict.Modification{{Op: verdict.AddHeader, Name: "Reply-To", Value: "x@y.example"}}, true},
	{"change Content-Type, not in h=", []verdict.Modification{{Op: verdict.ChangeHeader, Index: 1, Name: "Content-Type", Value: "text/html"}}, true},
	{"refold subject", []verdict.Modification{{Op: verdict.ChangeHeader, Index: 1, Name: "Subject", Value: "Quarterly\n figures for\n you"}}, true},
	{"name in other case", []verdict.Modification{{Op: verdict.ChangeHeader, Index: 1, Name: "SUBJECT", Value: "Quarterly  figures for you"}}, true},
	{"same body", []verdict.Modification{{Op: verdict.ReplaceBody, Body: []byte(plainBody)}}, true},
	{"same body, LF", []verdict.Modification{{Op: verdict.ReplaceBody, Body: []byte(strings.ReplaceAll(plainBody, "\r", ""))}}, true},
	{"empty lines at the end", []verdict.Modification{{Op: verdict.ReplaceBody, Body: []byte(plainBody + "\r\n\r\n")}}, true},
	{"recipients and sender", []verdict.Modification{{Op: verdict.AddRecipient, Address: "a@b.example"}, {Op: verdict.ChangeSender}}, true},
	{"delete what is not there", []verdict.Modification{{Op: verdict.DeleteHeader, Index: 2, Name: "Subject"}}, true},

	{"change subject", []verdict.Modification{{Op: verdict.ChangeHeader, Index: 1, Name: "Subject", Value: "[SEC=OFFICIAL] Quarterly"}}, false},
	{"second subject", []verdict.Modification{{Op: verdict.AddHeader, Name: "Subject", Value: "b"}}, false},
	{"second from on top", []verdict.Modification{{Op: verdict.InsertHeader, Name: "From", Value: "b@c.example"}}, false},
	{"delete to", []verdict.Modification{{Op: verdict.DeleteHeader, Index: 1, Name: "To"}}, false},
	{"trailing blank lost", []verdict.Modification{{Op: verdict.ReplaceBody, Body: []byte(strings.Replace(plainBody, ". \r", ".\r", 1))}}, false},
	{"footer", []verdict.Modification{{Op: verdict.ReplaceBody, Body: []byte(plainBody + "footer\r\n")}}, false},
	{"signature deleted", []verdict.Modification{{Op: verdict.DeleteHeader, Index: 1, Name: "DKIM-Signature"}}, false},
	{"subject deleted and put back", []verdict.Modification{{Op: verdict.DeleteHeader, Index: 1, Name: "Subject"},
		{Op: verdict.AddHeader, Name: "Subject", Value: "Quarterly figures for you"}}, true},
}

func TestPreflight(t *testing.T) {
	h, body := signed(t, "relaxed/simple", usual...)
	for _, c := range editCases {
		t.Run(c.name, func(t *testing.T) {
			got := Preflight(h, body, c.mods)
			if len(got) != 1 {
				t.Fatalf("%d effects, want 1", len(got))
			}
			if e := got[0]; e.Breaks == c.safe || e.Signature.BodyHash != HashMatch || len(e.Changes) != len(c.mods) {
				t.Errorf("got %+v, want safe %v", e, c.safe)
			} else if e.Breaks != (e.Reason != "") {
				t.Errorf("breaks %v with reason %q", e.Breaks, e.Reason)
			}
			for _, m := range mtas {
				if ok := key(t).Verify(edited(m, h, body, c.mods)); ok != c.safe {
					t.Errorf("go-msgauth says %v after the edits of %v", ok, m)
				}
			}
		})
	}
}

func TestSteps(t *testing.T) {
	h, body := signed(t, "relaxed/simple", usual...)
	got := Preflight(h, body, []verdict.Modification{
		{Op: verdict.DeleteHeader, Index: 1, Name: "Subject"},
		{Op: verdict.InsertHeader, Name: "X-Label", Value: "a"},
		{Op: verdict.AddHeader, Name: "Subject", Value: "Quarterly figures for you"},
	})[0]
	for i, want := range []bool{false, true, false} {
		if got.Changes[i].Safe != want {
			t.Errorf("edit %d: %+v, want safe %v", i, got.Changes[i], want)
		}
	}
	if got.Breaks {
		t.Error("edits that undo each other are said to break")
	}
}

// A second field of a name signed once: Postfix puts it last, where verifiers
// look first; Sendmail puts it before the signed one.
func TestDifferenceOfMTAs(t *testing.T) {
	h, body := signed(t, "relaxed/relaxed", "From", "Subject")
	mods := []verdict.Modification{{Op: verdict.AddHeader, Name: "Subject", Value: "b"}}
	got := Preflight(h, body, mods)[0]
	if !got.Breaks || got.Reason != "Subject is signed (h=) (Postfix)" {
		t.Errorf("got %+v", got)
	}
	for m, want := range map[mta]bool{postfix: false, sendmail: true} {
		if ok := key(t).Verify(edited(m, h, body, mods)); ok != want {
			t.Errorf("%v: verifies %v, want %v", m, ok, want)
		}
	}
	mods[0] = verdict.Modification{Op: verdict.InsertHeader, Name: "Subject", Value: "b"}
	if got := Preflight(h, body, mods)[0]; got.Breaks {
		t.Errorf("insert above a name signed once: %+v", got)
	}
}

func TestBodyHash(t *testing.T) {
	h, body := signed(t, "relaxed/relaxed", usual...)
	for _, c := range []struct {
		name string
		body string
		want BodyHash
	}{
		{"as signed", string(body), HashMatch},
		{"blanks reduced", strings.ReplaceAll(string(body), "  ", " "), HashMatch},
		{"no last line end", strings.TrimRight(string(body), "\r\n"), HashMatch},
		{"a word more", string(body) + "x", HashMismatch},
		{"empty", "", HashMismatch},
	} {
		if got := Preflight(h, []byte(c.body), nil)[0].Signature.BodyHash; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// RFC 6376 3.4.3: an empty body is CRLF in simple; 3.4.4: nothing in relaxed.
// The hashes are those the RFC gives.
func TestEmptyBody(t *testing.T) {
	for canon, want := range map[string]string{
		"simple/simple":   "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=",
		"simple/relaxed":  "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		"relaxed/relaxed": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
	} {
		h := message.Header{{Name: "DKIM-Signature", Raw: " v=1; a=rsa-sha256; d=a.example; s=s; h=from; b=AA==; c=" + canon + "; bh=" + want}}
		for _, body := range []string{"", "\r\n", "\r\n\r\n"} {
			if s := Preflight(h, []byte(body), nil)[0].Signature; s.BodyHash != HashMatch {
				t.Errorf("%s %q: %+v", canon, body, s)
			}
		}
	}
}

// With l= text after the signed part may change, the signed part may not.
func TestLength(t *testing.T) {
	s := parseSignature(" v=1; a=rsa-sha256; d=a.example; s=s; h=from; b=AA==; l=6; bh=")
	b := newBodies([]byte("abcd\r\nrest\r\n"))
	s.hash = []byte(b.hash(&Signature{Algorithm: "rsa-sha256", Body: Simple, Limited: true, Length: 6}, 0).sum)
	s.Problem = ""
	if got := b.state(s); got != HashMatch {
		t.Fatalf("state %s", got)
	}
	if !b.same(s, 0, b.add([]byte("abcd\r\nother\r\n"))) {
		t.Error("text after l= counts")
	}
	if b.same(s, 0, b.add([]byte("abce\r\nrest\r\n"))) {
		t.Error("text before l= does not count")
	}
	s.Length = 100
	if got := b.state(s); got != HashMismatch {
		t.Errorf("l= beyond the body: %s", got)
	}
}

func TestParseSignature(t *testing.T) {
	const ok = "v=1; a=rsa-sha256; d=Agency.example; s=sel; c=relaxed; bh=\n AA\n ==; b=AA==;\n h=From : To:from;"
	s := parseSignature(ok)
	if s.Problem != "" || s.Domain != "Agency.example" || s.Selector != "sel" || s.Header != Relaxed || s.Body != Simple ||
		strings.Join(s.Signed, ",") != "from,to,from" || s.listed["from"] != 2 || s.Limited {
		t.Errorf("got %+v", s)
	}
	for name, raw := range map[string]string{
		"no from":        strings.Replace(ok, "h=From : To:from", "h=To", 1),
		"no bh":          strings.Replace(ok, "bh=\n AA\n ==;", "", 1),
		"version":        strings.Replace(ok, "v=1", "v=2", 1),
		"canon":          strings.Replace(ok, "c=relaxed", "c=nowsp", 1),
		"algorithm":      strings.Replace(ok, "sha256", "md5", 1),
		"twice":          ok + " d=b.example",
		"no list":        "hello",
		"empty":          "",
		"base64":         strings.Replace(ok, "AA\n ==;", "A!A=;", 1),
		"l":              ok + " l=-1",
		"long":           strings.Repeat(" ", maxTagList+1),
		"too many tags":  strings.Repeat("x=1;", maxTags+1),
		"too many names": strings.Replace(ok, "To:", strings.Repeat("To:", maxSigned+1), 1),
	} {
		if s := parseSignature(raw); s.Problem == "" {
			t.Errorf("%s: no problem found: %+v", name, s)
		}
	}
}

func TestOversigned(t *testing.T) {
	h, body := signed(t, "relaxed/simple", "From", "To", "Subject", "Subject", "List-Id")
	s := Preflight(h, body, nil)[0].Signature
	if got := strings.Join(s.Oversigned, ","); got != "subject,list-id" {
		t.Errorf("oversigned %q", got)
	}
	if e := Preflight(h, body, []verdict.Modification{{Op: verdict.AddHeader, Name: "List-Id", Value: "x"}})[0]; !e.Breaks {
		t.Error("adding a name that is signed as absent does not break")
	}
}

func TestSeveralSignatures(t *testing.T) {
	h, body := signed(t, "relaxed/simple", "From")
	again, err := key(t).Sign(render(h, body), "simple/relaxed", []string{"From", "Subject"})
	if err != nil {
		t.Fatal(err)
	}
	h, body = parse(t, again)
	h = append(message.Header{{Name: "dkim-signature", Raw: " nonsense"}}, h...)
	got := Preflight(h, body, []verdict.Modification{{Op: verdict.ChangeHeader, Index: 1, Name: "Subject", Value: "b"},
		{Op: verdict.DeleteHeader, Index: 3, Name: "DKIM-Signature"}})
	if len(got) != 3 {
		t.Fatalf("%d effects", len(got))
	}
	if got[0].Signature.Problem == "" || got[0].Breaks {
		t.Errorf("nonsense: %+v", got[0])
	}
	if got[1].Changes[0].Safe || !got[1].Changes[1].Safe {
		t.Errorf("signature of Subject: %+v", got[1])
	}
	if !got[2].Changes[0].Safe || got[2].Changes[1].Safe {
		t.Errorf("signature deleted: %+v", got[2])
	}
	var many message.Header
	for range maxSignatures + 5 {
		many = append(many, h[1])
	}
	if n := len(Preflight(many, body, nil)); n != maxSignatures {
		t.Errorf("%d signatures examined", n)
	}
}
