package dkim

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func randomName(r *rand.Rand) string {
	return pick(r, "Subject", "To", "X-A", "x-a", "X-B", "List-Id")
}

func randomValue(r *rand.Rand) string {
	return pick(r, "one", "one  two", "one two", "one\n two", "two ", "three\n\tfour", "")
}

func randomMods(r *rand.Rand) []verdict.Modification {
	var mods []verdict.Modification
	for range r.IntN(5) {
		m := verdict.Modification{Name: randomName(r), Value: randomValue(r), Index: 1 + r.IntN(3)}
		switch r.IntN(12) {
		case 0, 1:
			m.Op, m.Index = verdict.InsertHeader, r.IntN(4)
		case 2, 3:
			m.Op = verdict.AddHeader
		case 4, 5, 6:
			m.Op = verdict.ChangeHeader
			if m.Value == "" {
				m.Value = "x"
			}
		case 7, 8, 9:
			m.Op = verdict.DeleteHeader
		case 10:
			m = verdict.Modification{Op: verdict.ReplaceBody, Body: []byte(pick(r, plainBody, "Dear all,\n", plainBody+" ", plainBody+"\n\n"))}
		case 11:
			if r.IntN(4) == 0 {
				m = verdict.Modification{Op: verdict.DeleteHeader, Index: 1, Name: "DKIM-Signature"}
			} else {
				m.Op = verdict.DeleteRecipient
			}
		}
		mods = append(mods, m)
	}
	return mods
}

// TestAgainstVerifier compares, for messages, signatures and edits at random,
// what Preflight says with what another implementation finds after the edits.
func TestAgainstVerifier(t *testing.T) {
	t.Parallel()
	k := key(t)
	rounds, broken := 1500, 0
	for i := range rounds {
		r := rand.New(rand.NewPCG(6376, uint64(i)))
		h := message.Header{{Name: "From", Raw: " a@agency.example"}}
		for range r.IntN(7) {
			h = append(h, message.Field{Name: randomName(r), Raw: pick(r, " ", "", "\t") + randomValue(r)})
		}
		r.Shuffle(len(h), func(i, j int) { h[i], h[j] = h[j], h[i] })
		names := []string{"From"}
		for range r.IntN(6) {
			names = append(names, randomName(r))
		}
		canon := pick(r, "simple", "relaxed") + "/" + pick(r, "simple", "relaxed")
		msg, err := k.Sign(render(h, []byte(plainBody)), canon, names)
		if err != nil {
			t.Fatal(err)
		}
		if !k.Verify(msg) {
			t.Fatalf("round %d: not verified before any edit", i)
		}
		h, body := parse(t, msg)
		mods := randomMods(r)
		e := Preflight(h, body, mods)[0]
		want := false
		for _, m := range mtas {
			want = want || !k.Verify(edited(m, h, body, mods))
		}
		if e.Breaks != want {
			t.Errorf("round %d: breaks %v, verifier says %v\nc=%s h=%q\n%q\n%+v\n%+v", i, e.Breaks, want, canon, names, h, mods, e)
		}
		if e.Breaks {
			broken++
			if e.Reason == "" {
				t.Errorf("round %d: no reason", i)
			}
		}
	}
	if broken < rounds/5 || broken > rounds*4/5 {
		t.Errorf("%d of %d broken: the cases are lopsided", broken, rounds)
	}
}

func FuzzPreflight(f *testing.F) {
	f.Add("v=1; a=rsa-sha256; d=a.example; s=s; c=relaxed/relaxed; h=from:to:from; bh=AA==; b=AA==", " a\n b", "body \r\n\r\n", "To", 1, uint8(0))
	f.Add("v=1; a=rsa-sha1; d=a.example; s=s; l=3; h=from; bh=AA==; b=AA==", "", "\n\r\r\n", "From", 0, uint8(4))
	f.Add(";;==;", "\r\n", "", "DKIM-Signature", -5, uint8(3))
	ops := []verdict.Op{verdict.InsertHeader, verdict.AddHeader, verdict.ChangeHeader, verdict.DeleteHeader, verdict.ReplaceBody, "other"}
	f.Fuzz(func(t *testing.T, sig, value, body, name string, index int, n uint8) {
		h := message.Header{{Name: "DKIM-Signature", Raw: sig}, {Name: "From", Raw: value}, {Name: name, Raw: value}, {Name: "DKIM-Signature", Raw: value}}
		mods := []verdict.Modification{
			{Op: ops[int(n)%len(ops)], Name: name, Value: value, Index: index, Body: []byte(value)},
			{Op: ops[int(n/6)%len(ops)], Name: name, Value: value, Index: index, Body: []byte(body)},
		}
		for _, e := range Preflight(h, []byte(body), mods) {
			if len(e.Changes) != len(mods) || len(e.Signature.Signed) > maxSigned {
				t.Fatalf("%+v", e)
			}
			if e.Breaks && e.Reason == "" {
				t.Fatalf("breaks without a reason: %+v", e)
			}
		}
		for _, e := range Preflight(h, []byte(body), nil) {
			if e.Breaks {
				t.Fatal("no edit breaks")
			}
		}
	})
}

// BenchmarkPreflight is a hostile header: every signature lists the one name
// of which there are thousands, and all of them are deleted.
func BenchmarkPreflight(b *testing.B) {
	var h message.Header
	for range maxSignatures {
		names := "from"
		for range maxSigned - 1 {
			names += ":x-a"
		}
		h = append(h, message.Field{Name: "DKIM-Signature", Raw: "v=1; a=rsa-sha256; d=a.example; s=s; bh=AA==; b=AA==; h=" + names})
	}
	var mods []verdict.Modification
	const n = 5000
	for i := range n {
		h = append(h, message.Field{Name: "X-A", Raw: fmt.Sprint(" ", i%7)})
		mods = append(mods, verdict.Modification{Op: verdict.DeleteHeader, Name: "X-A", Index: n - i})
	}
	body := make([]byte, 1<<20)
	for b.Loop() {
		Preflight(h, body, mods)
	}
}
