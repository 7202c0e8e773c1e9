package ldap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/directory"
	"labelmilter/internal/mtalab"
)

const people = `dn: dc=example
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: cn=Kim (Finance\, West),dc=example
objectClass: inetOrgPerson
cn: Kim (Finance, West)
sn: Kim
mail: kim@example
mail: k.im@example
departmentNumber: finance
manager: cn=Ann,dc=example
description: Legal, HR

dn: cn=Ann,dc=example
objectClass: inetOrgPerson
cn: Ann
sn: Ann
mail: ann@example

dn: cn=Twin 1,dc=example
objectClass: inetOrgPerson
cn: Twin 1
sn: Twin
mail: twin@example

dn: cn=Twin 2,dc=example
objectClass: inetOrgPerson
cn: Twin 2
sn: Twin
mail: twin@example

dn: cn=Declassifiers,dc=example
objectClass: groupOfNames
cn: Declassifiers
member: cn=Kim (Finance\, West),dc=example

dn: cn=Staff,dc=example
objectClass: groupOfNames
cn: Staff
member: cn=Ann,dc=example
member: cn=Kim (Finance\, West),dc=example
`

// clock can be set on.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) on(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func client(t *testing.T, o Options) *Client {
	t.Helper()
	o.Base, o.Attributes = "dc=example", map[string]string{"department": "departmentNumber"}
	if o.Filter == "" {
		o.Filter = "(mail={address})"
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestSlapd(t *testing.T) {
	t.Parallel()
	s := mtalab.StartSlapd(t, people)
	now := &clock{t: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	c := client(t, Options{URL: s.URL, BindDN: s.AdminDN, Password: []byte(mtalab.AdminPassword), GroupFilter: "(member={dn})",
		Fresh: time.Minute, Stale: time.Hour, Retry: 10 * time.Second, Now: now.now})
	ask := func(boxes ...string) []directory.Answer {
		t.Helper()
		as := c.People(context.Background(), boxes, []string{Groups, "department", Manager, "description"})
		for i := range as {
			for _, v := range as[i].Values {
				slices.Sort(v)
			}
		}
		return as
	}
	kim := directory.Answer{Known: true, Values: map[string][]string{Groups: {"Declassifiers", "Staff"}, "department": {"finance"}, Manager: {"ann@example"}, "description": {"Legal, HR"}}}
	got := ask("KIM@example", "k.im@example", "nobody@example", "*@example", "kim@example)(mail=*", "twin@example")
	for i, want := range []directory.Answer{kim, kim, {}, {}, {}, {}} {
		if errors.Is(got[i].Err, errSeveral) != (i == 5) { // two entries: nobody can say who it is
			t.Errorf("%d: %v", i, got[i].Err)
		}
		got[i].Err = nil
		if d := cmp.Diff(want, got[i]); d != "" {
			t.Errorf("%d (-want +got):\n%s", i, d)
		}
	}

	// Down: what is kept is used, with its age; what is not is unavailable.
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if a := ask("kim@example")[0]; a.Err != nil || a.Age != 0 || !a.Known {
		t.Errorf("fresh: %+v", a)
	}
	now.on(2 * time.Minute)
	if a := ask("kim@example")[0]; a.Err != nil || a.Age != 2*time.Minute || !a.Known {
		t.Errorf("stale: %+v", a)
	}
	if a := ask("nobody@example")[0]; a.Err != nil || a.Known || a.Age == 0 {
		t.Errorf("that there was nobody is kept too: %+v", a)
	}
	if a := ask("ann@example")[0]; !errors.Is(a.Err, ErrDown) {
		t.Errorf("never asked for: %+v", a)
	}
	now.on(2 * time.Hour)
	if a := ask("kim@example")[0]; a.Err == nil {
		t.Errorf("too old: %+v", a)
	}
	// Back: it is asked again once it had its rest.
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if a := ask("kim@example")[0]; !errors.Is(a.Err, ErrDown) {
		t.Errorf("asked again at once: %+v", a)
	}
	now.on(11 * time.Second)
	if a := ask("kim@example")[0]; a.Err != nil || a.Age != 0 {
		t.Errorf("after its rest: %+v", a)
	}
}

// A server that takes connections and never answers costs one wait.
func TestSlow(t *testing.T) {
	t.Parallel()
	s := mtalab.StartSlapd(t, people)
	c := client(t, Options{URL: s.URL, GroupAttribute: "departmentNumber", Timeout: 300 * time.Millisecond, Retry: time.Hour})
	if a := c.People(context.Background(), []string{"kim@example"}, []string{Groups})[0]; a.Err != nil || !slices.Equal(a.Values[Groups], []string{"finance"}) {
		t.Fatalf("%+v", a)
	}
	if err := s.Freeze(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Thaw() }()
	boxes := make([]string, 200)
	for i := range boxes {
		boxes[i] = fmt.Sprintf("u%d@example", i)
	}
	start := time.Now()
	for i, a := range c.People(context.Background(), boxes, []string{Groups}) {
		if a.Err == nil {
			t.Errorf("%d: an answer from a server that gives none", i)
		}
	}
	if took := time.Since(start); took > 30*time.Second { // 200 waits would be 60 s
		t.Errorf("took %v", took)
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	s := mtalab.StartSlapd(t, people)
	c := client(t, Options{URL: s.URL})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			box := []string{"kim@example", "ann@example", "nobody@example"}[i%3]
			for range 5 {
				if a := c.People(context.Background(), []string{box}, []string{"department"})[0]; a.Err != nil || a.Known != (i%3 < 2) {
					t.Errorf("%s: %+v", box, a)
				}
			}
		})
	}
	wg.Wait()
	if n := len(c.open); n > maxConns || len(c.idle) != n {
		t.Errorf("%d connections open, %d idle", n, len(c.idle))
	}
	// Connections that the server closed meanwhile are replaced.
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if a := c.People(context.Background(), []string{"kim@example"}, []string{"department"})[0]; a.Err != nil {
		t.Errorf("after a restart: %v", a.Err)
	}
	// Closed: what is asked all the same is answered, and nothing stays open.
	c.Close()
	if a := c.People(context.Background(), []string{"ann@example"}, []string{"department"})[0]; a.Err != nil || len(c.open) != 0 || len(c.idle) != 0 {
		t.Errorf("closed: %v, %d connections open", a.Err, len(c.open))
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Filter: "(mail={address}"}, {Filter: DefaultFilter, GroupFilter: "member={dn}("}, {Filter: DefaultFilter, CAFile: "no such file"}, {Filter: DefaultFilter, CAFile: "ldap_test.go"}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	// A server that talks nonsense, and one that is not there.
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("220 mail.example ESMTP\r\n"))
			_ = conn.Close()
		}
	}()
	url := "ldap://" + ln.Addr().String()
	for range 2 {
		c := client(t, Options{URL: url, BindDN: "cn=a", Password: []byte("secret"), Timeout: time.Second})
		a := c.People(context.Background(), []string{"a@b"}, nil)[0]
		if a.Err == nil || strings.Contains(a.Err.Error(), "secret") {
			t.Errorf("%s: %v", url, a.Err)
		}
		_ = ln.Close()
	}
	if got := plain(&ldap.Error{ResultCode: ldap.LDAPResultInvalidCredentials, Err: errors.New("of cn=kim")}).Error(); strings.Contains(got, "kim") || !strings.Contains(got, "Invalid Credentials") {
		t.Errorf("plain: %s", got)
	}
}

func TestFirst(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"cn=Staff,dc=example": "Staff", `cn=A\, B+uid=x,dc=y`: "A, B", "staff": "staff", "": "", "=,": "=,"} {
		if got := first(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
