package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/milter"
	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/mtalab"
	"labelmilter/internal/verdict"
)

// fieldsOf gives the raw values of a name, folds as LF, from CRLF text.
func fieldsOf(head, name string) []string {
	var out []string
	lines := strings.Split(strings.TrimSuffix(head, "\r\n"), "\r\n")
	for i := 0; i < len(lines); {
		f := lines[i]
		for i++; i < len(lines) && lines[i] != "" && (lines[i][0] == ' ' || lines[i][0] == '\t'); i++ {
			f += "\n" + lines[i]
		}
		if n, raw, ok := strings.Cut(f, ":"); ok && strings.EqualFold(n, name) {
			out = append(out, raw)
		}
	}
	return out
}

func (s *seen) values(name string) []string {
	var out []string
	for _, h := range s.header {
		if strings.EqualFold(h[0], name) {
			out = append(out, h[1])
		}
	}
	return out
}

func TestCase09HeaderValues(t *testing.T) {
	run(t, 9, func(t *testing.T, l *level) {
		s := &script{}
		key := play(s)
		long := " begin"
		for range 58 {
			long += "\n " + strings.Repeat("0123456789", 99)
		}
		values := map[string][]string{
			"X-Folded": {" one\n two\n\tthree"},
			"X-Tabbed": {"\tone\ttwo"},
			"X-Eight":  {" gr\u00fc\u00df \xff\xfe raw"},
			"X-Twice":  {" first", " second", " first"},
			"X-Long":   {long},
			"x-CaSe":   {" kept"},
		}
		var head strings.Builder
		for _, name := range []string{"X-Folded", "X-Tabbed", "X-Eight", "X-Twice", "X-Long", "x-CaSe"} {
			for _, v := range values[name] {
				head.WriteString(name + ":" + strings.ReplaceAll(v, "\n", "\r\n") + "\r\n")
			}
		}
		head.WriteString("X-Empty:\r\n")
		for i := range 5000 {
			fmt.Fprintf(&head, "X-N: %d\r\n", i)
		}
		m := mail(key)
		m.FromParams = []string{"BODY=8BITMIME"}
		m.Data = []byte(text(key, head.String(), "body\r\n"))
		if l.name == frame {
			send(t, client(t, lab.filter(t), key), asFrames(m))
		} else {
			d := l.deliver(t, m, key)
			for name, want := range values {
				if got := fieldsOf(headOf(d), name); name != "X-Long" && !slices.Equal(got, want) {
					t.Errorf("delivered %s: %q, want %q", name, got, want)
				}
			}
		}
		got := s.only(t)
		for name, want := range values {
			if v := got.values(name); !slices.Equal(v, want) {
				t.Errorf("seen %s: %.300q, want %.300q", name, v, want)
			}
		}
		for _, h := range got.header {
			if strings.EqualFold(h[0], "x-case") && h[0] != "x-CaSe" {
				t.Errorf("name %q", h[0])
			}
		}
		if v := got.values("X-Empty"); len(v) != 1 || strings.TrimSpace(v[0]) != "" {
			t.Errorf("empty field: %q", v)
		}
		n := got.values("X-N")
		for i, v := range n {
			if v != fmt.Sprint(" ", i) {
				t.Fatalf("field %d is %q", i, v)
			}
		}
		if len(n) != 5000 {
			t.Errorf("%d of 5000 fields seen", len(n))
		}
	})
}

func TestCase10Deletion(t *testing.T) {
	run(t, 10, func(t *testing.T, l *level) {
		s := &script{eom: always(accept(remove(3, "X-Del"), remove(2, "X-Del"), remove(1, "X-Del"), remove(2, "x-part")))}
		key := play(s)
		m := mail(key)
		m.Data = []byte(text(key, "X-Del: a\r\nX-Part: 1\r\nX-Del: b\r\nX-Part: 2\r\nX-del: c\r\nX-Part: 3\r\nX-Stay: s\r\n", "body\r\n"))
		if l.name == frame {
			r := send(t, client(t, lab.filter(t), key), asFrames(m))
			var got []string
			for _, e := range r.Edits {
				got = append(got, fmt.Sprintf("%c%d%s", e.Code, e.Index(), strings.TrimRight(string(e.Data[4:]), "\x00")))
			}
			if want := []string{"m3X-Del", "m2X-Del", "m1X-Del", "m2x-part"}; !slices.Equal(got, want) {
				t.Errorf("edits %q, want %q", got, want)
			}
			return
		}
		head := headOf(l.deliver(t, m, key))
		if got := fieldsOf(head, "X-Del"); got != nil {
			t.Errorf("left: %q", got)
		}
		if got, want := fieldsOf(head, "X-Part"), []string{" 1", " 3"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if len(fieldsOf(head, "X-Stay")) != 1 {
			t.Error("another field is gone")
		}
	})
}

func TestCase11LeadingSpace(t *testing.T) {
	run(t, 11, func(t *testing.T, l *level) {
		// What the filter sees, with and without SMFIP_HDR_LEADSPC.
		fields := []struct{ name, raw, without string }{
			{"X-None", "abc", " abc"},
			{"X-One", " abc", " abc"},
			{"X-Two", "  abc", "  abc"},
			{"X-Tab", "\tabc", "\tabc"},
			{"X-Fold", "\n abc", ""},
			{"X-One-Fold", " a\n  b", " a\n  b"},
		}
		var head strings.Builder
		for _, f := range fields {
			head.WriteString(f.name + ":" + strings.ReplaceAll(f.raw, "\n", "\r\n") + "\r\n")
		}
		edits := accept(change(1, "X-One", "new"), insert(0, "X-Ins", "top"), add("X-Add", "end"), change(1, "X-Tab", "tab"))
		try := func(exact bool, send func(m mtalab.Message, key string) string) {
			t.Helper()
			s := &script{eom: always(edits)}
			key := play(s)
			m := mail(key)
			m.Data = []byte(text(key, head.String(), "body\r\n"))
			out := send(m, key)
			for _, f := range fields {
				want := f.raw
				if !exact {
					want = f.without
				}
				if got := s.only(t).values(f.name); want != "" && !slices.Equal(got, []string{want}) {
					t.Errorf("exact %v: %s seen as %q, want %q", exact, f.name, got, want)
				}
				if got := fieldsOf(out, f.name); out != "" && f.name != "X-One" && f.name != "X-Tab" && !slices.Equal(got, []string{f.raw}) {
					t.Errorf("exact %v: %s delivered as %q, want %q", exact, f.name, got, f.raw)
				}
			}
			for name, want := range map[string]string{"X-One": " new", "X-Ins": " top", "X-Add": " end", "X-Tab": " tab"} {
				if got := fieldsOf(out, name); out != "" && !slices.Equal(got, []string{want}) {
					t.Errorf("exact %v: edited %s delivered as %q, want %q", exact, name, got, want)
				}
			}
		}
		switch l.name {
		case frame:
			for _, exact := range []bool{true, false} {
				try(exact, func(m mtalab.Message, key string) string {
					c := dial(t, lab.filter(t))
					offer := uint32(miltertest.OfferProtocol)
					lead := " "
					if !exact {
						offer &^= miltertest.LeadingSpace
						lead = ""
					}
					must(t, c.NegotiateAs(miltertest.OfferVersion, miltertest.OfferActions, offer))
					must(t, begin(c, key))
					r := send(t, c, asFrames(m))
					if got, want := string(r.Edits[0].Data[4:]), "X-One\x00"+lead+"new\x00"; got != want {
						t.Errorf("exact %v: change %q, want %q", exact, got, want)
					}
					return ""
				})
			}
		default:
			try(true, func(m mtalab.Message, key string) string { return headOf(l.deliver(t, m, key)) })
			if l.name == sendmail {
				table.note(11, l.name, "with LEADSPC, which it always offers")
			}
			if l.name == postfix { // version 4 has no LEADSPC; Sendmail always offers it
				l.own(t, map[string]string{"milter_protocol": "4"}, postfixFilter(port(lab.filter(t))))
				try(false, func(m mtalab.Message, key string) string { return headOf(l.deliver(t, m, key)) })
			}
		}
	})
}

func TestCase12EditOrder(t *testing.T) {
	run(t, 12, func(t *testing.T, l *level) {
		body := strings.Repeat("replaced line\r\n", 14_000) // four frames
		s := &script{eom: always(accept(
			remove(1, "X-Del"), change(1, "Subject", "changed"), insert(0, "X-Second", "2"), insert(0, "X-First", "1"), add("X-Last", "3"),
			replace(body),
			verdict.Modification{Op: verdict.AddRecipient, Address: "new@other.example"},
			verdict.Modification{Op: verdict.DeleteRecipient, Address: "bob@other.example"},
			verdict.Modification{Op: verdict.ChangeSender, Address: "changed@agency.example"}))}
		key := play(s)
		m := mail(key)
		m.To = []string{"bob@other.example", "Carol@Other.example"}
		m.Data = []byte(text(key, "Subject: test\r\nX-Del: a\r\n", "body\r\n"))
		if l.name == frame {
			r := send(t, client(t, lab.filter(t), key), asFrames(m))
			codes := ""
			for _, e := range r.Edits {
				codes += string(e.Code)
			}
			if codes != "mmiihbbbb+-e" || r.Decision.Code != 'a' {
				t.Errorf("edits %s, decision %v", codes, r.Decision)
			}
			return
		}
		d := l.deliver(t, m, key)
		slices.Sort(d.To)
		if d.From != "changed@agency.example" || !slices.Equal(d.To, []string{"Carol@Other.example", "new@other.example"}) {
			t.Errorf("from %q to %q", d.From, d.To)
		}
		if bodyOf(d) != body {
			t.Errorf("body of %d bytes, want %d", len(bodyOf(d)), len(body))
		}
		head := headOf(d)
		if !slices.Equal(fieldsOf(head, "Subject"), []string{" changed"}) || fieldsOf(head, "X-Del") != nil || len(fieldsOf(head, "X-Last")) != 1 {
			t.Errorf("header\n%s", head)
		}
		first, second, received := strings.Index(head, "X-First:"), strings.Index(head, "X-Second:"), strings.Index(head, "Received:")
		if first < 0 || first > second || l.name == postfix && second > strings.LastIndex(head, "Received:") {
			t.Errorf("places %d %d, Received %d\n%s", first, second, received, head)
		}
	})
}

// A recipient can be deleted in exactly the spelling it had, and never all of
// them.
func TestCase12Recipients(t *testing.T) {
	for _, name := range []string{postfix, sendmail} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &level{name: name}
			s := &script{eom: always(accept(verdict.Modification{Op: verdict.DeleteRecipient, Address: `"odd \"one"@Other.example`}))}
			key := play(s)
			m := mail(key)
			m.To = []string{"bob@other.example", `"odd \"one"@Other.example`}
			if d := l.deliver(t, m, key); !slices.Equal(d.To, []string{"bob@other.example"}) {
				t.Errorf("delivered to %q", d.To)
			}
			s = &script{eom: always(accept(verdict.Modification{Op: verdict.DeleteRecipient, Address: "bob@other.example"}))}
			key = play(s)
			if r := mtalab.Send(t.Context(), l.smtp(t), mail(key)); r.Final.Code/100 != 4 {
				t.Errorf("message without recipients: %v, %v", r.Last(), r.Err)
			}
			if sent := s.answered(t, 1); len(sent) != 1 || !errors.Is(sent[0], milter.ErrNoRecipient) {
				t.Errorf("sent %v", sent)
			}
		})
	}
}

func TestCase13Replies(t *testing.T) {
	run(t, 13, func(t *testing.T, l *level) {
		for name, c := range map[string]struct {
			text string
			want []string // lines, without the enhanced code
		}{
			"plain":   {"no", []string{"no"}},
			"cr":      {"a\rb", []string{"a", "b"}},
			"lf":      {"a\n250 OK", []string{"a", "250 OK"}},
			"crlf":    {"a\r\nb\r\n", []string{"a", "b"}},
			"nul":     {"a\x00b", []string{"ab"}},
			"utf8":    {"gr\u00fc\u00df", []string{"gruess"}},
			"tab":     {"a\tb", []string{"a b"}},
			"empty":   {"", []string{"refused by policy"}},
			"long":    {strings.Repeat("long ", 120), []string{strings.TrimSpace(strings.Repeat("long ", 80)), strings.TrimSpace(strings.Repeat("long ", 40))}},
			"percent": {"%s", []string{"%s"}},
		} {
			s := &script{eom: always(reject(554, "5.7.1", c.text))}
			key := play(s)
			var want []string
			for _, line := range c.want {
				want = append(want, "5.7.1 "+line)
			}
			if l.name == frame {
				r := send(t, client(t, lab.filter(t), key), asFrames(mail(key)))
				var lines []string
				for line := range strings.SplitSeq(strings.ReplaceAll(r.Decision.Text(), "%%", "%"), "\r\n") {
					lines = append(lines, line[4:])
				}
				if !slices.Equal(lines, want) {
					t.Errorf("%s: %q, want %q", name, lines, want)
				}
				continue
			}
			cl := l.session(t, key)
			for range 2 { // a reply that breaks the dialogue shows in the second round
				wantCode(t, cl, key, 554, want)
			}
			cl.Quit()
		}
	})
}

func wantCode(t *testing.T, c *mtalab.Client, key string, code int, lines []string) {
	t.Helper()
	want(t, 250)(c.Mail("alice@agency.example"))
	want(t, 250)(c.Rcpt("bob@other.example"))
	_, r, err := c.Data([]byte(text(key, "", "body\r\n")))
	must(t, err)
	if r.Code != code || !slices.Equal(r.Lines, lines) {
		t.Errorf("reply %d %q, want %d %q", r.Code, r.Lines, code, lines)
	}
}

func TestCase14Percent(t *testing.T) {
	run(t, 14, func(t *testing.T, l *level) {
		for _, text := range []string{"100% sure", "%d %s %n", "%%", "50%% off", "%"} {
			s := &script{rcpt: func(string) milter.Answer { return refuse(550, "5.7.1", text) }}
			key := play(s)
			if l.name == frame {
				r := send(t, client(t, lab.filter(t), key), asFrames(mail(key)))
				if got, want := r.Decision.Text(), "550 5.7.1 "+strings.ReplaceAll(text, "%", "%%"); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				continue
			}
			r := mtalab.Send(t.Context(), l.smtp(t), mail(key))
			if got := r.Last(); got.Code != 550 || !strings.HasSuffix(got.Text(), " "+text) {
				t.Errorf("%q: reply %v, %v", text, got, r.Err)
			}
		}
	})
}

func TestCase24TwoFilters(t *testing.T) {
	run(t, 24, func(t *testing.T, l *level) {
		other := handler{scripts: map[string]*script{}}
		second, err := newServer(&other)
		must(t, err)
		t.Cleanup(func() { _ = second.Shutdown(done()) })
		l.own(t, nil, l.filterAt(port(lab.filter(t))), l.filterAt(port(second)))
		first := &script{eom: always(accept(change(1, "Subject", "by the first"), remove(1, "X-Secret"), insert(0, "X-First", "1"), replace("first body\r\n")))}
		key := play(first)
		then := &script{eom: always(accept(change(1, "X-First", "1 and 2")))}
		other.put(key, then)
		m := mail(key)
		m.Data = []byte(text(key, "Subject: test\r\nX-Secret: s\r\n", "body\r\n"))
		d := l.deliver(t, m, key)
		got := then.only(t)
		if string(got.body) != "first body\r\n" || !slices.Equal(got.values("Subject"), []string{" by the first"}) ||
			got.values("X-Secret") != nil || !slices.Equal(got.values("X-First"), []string{" 1"}) {
			t.Errorf("the second filter saw %q and body %q", got.header, got.body)
		}
		if !slices.Equal(fieldsOf(headOf(d), "X-First"), []string{" 1 and 2"}) {
			t.Errorf("delivered\n%s", headOf(d))
		}
	})
}
