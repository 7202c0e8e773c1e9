// Package ldap asks an LDAP server (RFC 4511) for people: the groups a mailbox
// is in and its attributes. Answers are kept for a time. What happens when the
// server is slow or down is laid down, not left to chance: an answer is used
// beyond its time up to a limit and says its age; after that, and for people
// never asked for, the answer is unavailable with a reason, which policy can
// test. A server that failed is left alone for a moment, so that an outage
// costs one wait and not one for each message.
package ldap

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"

	"labelmilter/internal/directory"
)

// Groups is the name under which the groups of a person are asked for, and
// Manager that of the manager's mailbox.
const (
	Groups  = "groups"
	Manager = "manager"
)

// Options of a Client. URL and Base are needed.
type Options struct {
	URL      string // ldap://HOST[:PORT], ldaps://, ldapi://
	StartTLS bool   // RFC 4511 4.14, before anything else is sent
	CAFile   string // PEM; "" for the system's
	BindDN   string // "" to bind anonymously
	Password []byte
	Base     string // where people are searched, whole subtree
	Filter   string // {address} stands for the mailbox, escaped
	// Attributes names the server's attribute of each attribute that policy
	// knows; one that is not named has its own name.
	Attributes map[string]string
	// Groups are either values of GroupAttribute (names, or DNs of which the
	// first component counts), or, with GroupFilter, entries found below
	// GroupBase: {dn} stands for the person's DN, escaped.
	GroupAttribute string
	GroupBase      string
	GroupFilter    string

	Timeout time.Duration // of all look-ups for one message together
	Fresh   time.Duration // an answer is not asked for again
	Stale   time.Duration // an answer is used when the server fails
	Retry   time.Duration // a server that failed is left alone
	Now     func() time.Time
}

// DefaultFilter finds a mailbox in the attributes that servers in use keep it
// in (RFC 4524 2.16 mail; Active Directory proxyAddresses).
const DefaultFilter = "(|(mail={address})(proxyAddresses=smtp:{address}))"

// Bounds.
const (
	maxPeople = 100_000 // answers kept
	maxValues = 1_000   // of one attribute
	maxValue  = 1024    // bytes
	maxConns  = 4
)

// ErrDown: the server failed a moment ago and is not asked.
var ErrDown = errors.New("the directory server failed a moment ago")

var errSeveral = errors.New("ldap: more than one entry has the mailbox")

// Client asks one server. It is safe for concurrent use.
type Client struct {
	o    Options
	tls  *tls.Config
	idle chan *ldap.Conn
	open chan struct{} // a token for each connection

	mu      sync.Mutex
	closed  bool
	kept    map[string]kept
	down    time.Time // not asked before
	lastErr error
}

type kept struct {
	directory.Answer
	at    time.Time
	asked []string
}

// New gives a client. It connects to nothing.
func New(o Options) (*Client, error) {
	if _, err := ldap.CompileFilter(fill(o.Filter, "address", "a@b")); err != nil {
		return nil, fmt.Errorf("ldap: filter: %w", err)
	}
	if o.GroupFilter != "" {
		if _, err := ldap.CompileFilter(fill(o.GroupFilter, "dn", "cn=a")); err != nil {
			return nil, fmt.Errorf("ldap: group filter: %w", err)
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Client{o: o, idle: make(chan *ldap.Conn, maxConns), open: make(chan struct{}, maxConns), kept: map[string]kept{},
		tls: &tls.Config{MinVersion: tls.VersionTLS12}}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("ldap: %w", err)
		}
		c.tls.RootCAs = x509.NewCertPool()
		if !c.tls.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ldap: %s holds no certificate", o.CAFile)
		}
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(o.URL, "ldaps://"), "ldap://"), "/")
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	c.tls.ServerName = host
	return c, nil
}

// Same reports whether another client with these options would ask the same
// server in the same way.
func (c *Client) Same(o Options) bool {
	o.Now = nil
	mine := c.o
	mine.Now = nil
	return reflect.DeepEqual(mine, o)
}

// fill puts a value into a filter, escaped (RFC 4515 3).
func fill(filter, name, value string) string {
	return strings.ReplaceAll(filter, "{"+name+"}", ldap.EscapeFilter(value))
}

// People gives what is known of mailboxes, in their order: the attributes
// named, Groups and Manager among them.
func (c *Client) People(ctx context.Context, boxes, attributes []string) []directory.Answer {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	out := make([]directory.Answer, len(boxes))
	for i, box := range boxes {
		out[i] = c.person(ctx, strings.ToLower(box), attributes)
	}
	return out
}

// person gives one answer: a fresh one that is kept, else a new one, else one
// that is kept beyond its time.
func (c *Client) person(ctx context.Context, box string, attributes []string) directory.Answer {
	now := c.o.Now()
	c.mu.Lock()
	k, have := c.kept[box]
	have = have && covers(k.asked, attributes)
	down, why := now.Before(c.down), c.lastErr
	c.mu.Unlock()
	if have && now.Sub(k.at) < c.o.Fresh {
		return k.Answer
	}
	err := error(ErrDown)
	if !down {
		var a directory.Answer
		if a, err = c.ask(ctx, box, attributes); err == nil {
			c.keep(box, kept{a, now, attributes})
			return a
		}
		if !errors.Is(err, errSeveral) {
			c.failed(err)
		}
	} else if why != nil {
		err = fmt.Errorf("%w: %w", ErrDown, why)
	}
	if age := now.Sub(k.at); have && age < c.o.Stale {
		k.Age = age
		return k.Answer
	}
	return directory.Answer{Err: err}
}

func covers(have, want []string) bool {
	return !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(have, w) })
}

func (c *Client) keep(box string, k kept) {
	k.asked = slices.Clone(k.asked)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.kept[box]; !ok && len(c.kept) >= maxPeople {
		// Any will do: what is needed again is asked for again.
		for old := range c.kept {
			delete(c.kept, old)
			break
		}
	}
	c.kept[box] = k
	c.down, c.lastErr = time.Time{}, nil
}

func (c *Client) failed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down, c.lastErr = c.o.Now().Add(c.o.Retry), err
}

// ask asks the server, with a second connection if the first was an old one
// that the server has closed.
func (c *Client) ask(ctx context.Context, box string, attributes []string) (directory.Answer, error) {
	for {
		conn, old, err := c.connection(ctx)
		if err != nil {
			return directory.Answer{}, err
		}
		a, err := c.search(ctx, conn, box, attributes)
		if errors.Is(err, errSeveral) {
			c.release(conn, nil) // nothing is wrong with the connection
			return a, err
		}
		c.release(conn, err)
		if err == nil || !old || ctx.Err() != nil {
			return a, err
		}
	}
}

func (c *Client) connection(ctx context.Context) (conn *ldap.Conn, old bool, err error) {
	select {
	case conn := <-c.idle:
		return conn, true, nil
	default:
	}
	select {
	case conn := <-c.idle:
		return conn, true, nil
	case c.open <- struct{}{}:
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	if conn, err = c.dial(ctx); err != nil {
		<-c.open
		return nil, false, err
	}
	return conn, false, nil
}

func (c *Client) release(conn *ldap.Conn, err error) {
	c.mu.Lock()
	keep := err == nil && !c.closed
	if keep {
		c.idle <- conn // there is room for every open one
	}
	c.mu.Unlock()
	if !keep {
		_ = conn.Close()
		<-c.open
	}
}

func (c *Client) dial(ctx context.Context) (*ldap.Conn, error) {
	deadline, _ := ctx.Deadline()
	conn, err := ldap.DialURL(c.o.URL, ldap.DialWithDialer(&net.Dialer{Deadline: deadline}), ldap.DialWithTLSConfig(c.tls))
	if err != nil {
		return nil, plain(err)
	}
	conn.SetTimeout(max(time.Until(deadline), time.Millisecond))
	if c.o.StartTLS {
		if err := conn.StartTLS(c.tls); err != nil {
			_ = conn.Close()
			return nil, plain(err)
		}
	}
	if c.o.BindDN != "" {
		if err := conn.Bind(c.o.BindDN, string(c.o.Password)); err != nil {
			_ = conn.Close()
			return nil, plain(err)
		}
	}
	return conn, nil
}

// plain is an error without what the server said about the person asked for.
func plain(err error) error {
	var e *ldap.Error
	if errors.As(err, &e) {
		return fmt.Errorf("ldap: %s", cmp.Or(ldap.LDAPResultCodeMap[e.ResultCode], "error"))
	}
	return fmt.Errorf("ldap: %w", err)
}

// search finds the one entry of a mailbox.
func (c *Client) search(ctx context.Context, conn *ldap.Conn, box string, attributes []string) (directory.Answer, error) {
	var names []string
	for _, a := range attributes {
		names = append(names, c.attribute(a))
	}
	found, err := c.find(ctx, conn, c.o.Base, ldap.ScopeWholeSubtree, fill(c.o.Filter, "address", box), names, 2)
	if err != nil {
		return directory.Answer{}, err
	}
	switch len(found) {
	case 0:
		return directory.Answer{}, nil
	case 1:
	default:
		return directory.Answer{}, errSeveral
	}
	e := found[0]
	out := directory.Answer{Known: true, Values: map[string][]string{}}
	for _, a := range attributes {
		values := clean(e.GetEqualFoldAttributeValues(c.attribute(a)))
		switch {
		case a == Groups && c.o.GroupFilter != "":
			if values, err = c.groups(ctx, conn, e.DN); err != nil {
				return directory.Answer{}, err
			}
		case a == Groups:
			for i, v := range values {
				values[i] = first(v)
			}
		case a == Manager:
			if values, err = c.mailboxes(ctx, conn, values); err != nil {
				return directory.Answer{}, err
			}
		}
		out.Values[strings.ToLower(a)] = values
	}
	return out, nil
}

func (c *Client) attribute(name string) string {
	if name == Groups {
		return cmp.Or(c.o.GroupAttribute, "memberOf")
	}
	return cmp.Or(c.o.Attributes[name], name)
}

func (c *Client) find(ctx context.Context, conn *ldap.Conn, base string, scope int, filter string, names []string, limit int) ([]*ldap.Entry, error) {
	deadline, _ := ctx.Deadline()
	left := time.Until(deadline)
	if err := ctx.Err(); err != nil || left <= 0 {
		return nil, context.DeadlineExceeded
	}
	conn.SetTimeout(left)
	if len(names) == 0 {
		names = []string{"1.1"} // RFC 4511 4.5.1.8: no attributes
	}
	r, err := conn.Search(ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, limit, int(left/time.Second)+1, false, filter, names, nil))
	switch {
	case err == nil:
		return r.Entries, nil
	case ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) && r != nil:
		return r.Entries, nil
	case ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) && scope == ldap.ScopeBaseObject:
		return nil, nil
	}
	return nil, plain(err)
}

// groups gives the names of the groups that list a person.
func (c *Client) groups(ctx context.Context, conn *ldap.Conn, dn string) ([]string, error) {
	found, err := c.find(ctx, conn, cmp.Or(c.o.GroupBase, c.o.Base), ldap.ScopeWholeSubtree, fill(c.o.GroupFilter, "dn", dn), []string{"cn"}, maxValues)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, g := range found {
		out = append(out, g.GetAttributeValue("cn"))
	}
	return clean(out), nil
}

// mailboxes gives the mailbox of each entry that is named by its DN; what is a
// mailbox already stays.
func (c *Client) mailboxes(ctx context.Context, conn *ldap.Conn, values []string) ([]string, error) {
	var out []string
	for _, v := range values {
		if strings.Contains(v, "@") && !strings.Contains(v, "=") {
			out = append(out, v)
			continue
		}
		found, err := c.find(ctx, conn, v, ldap.ScopeBaseObject, "(objectClass=*)", []string{"mail"}, 1)
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			out = append(out, clean(e.GetAttributeValues("mail"))...)
		}
	}
	return out, nil
}

// first is the value of the first component of a DN, and what is none as it
// stands.
func first(v string) string {
	if dn, err := ldap.ParseDN(v); err == nil && len(dn.RDNs) > 0 && len(dn.RDNs[0].Attributes) > 0 {
		return dn.RDNs[0].Attributes[0].Value
	}
	return v
}

// clean bounds values.
func clean(in []string) []string {
	var out []string
	for _, v := range in {
		if v = strings.TrimSpace(v); v != "" && len(v) <= maxValue && len(out) < maxValues {
			out = append(out, v)
		}
	}
	return out
}

// Close closes the connections, those in use when their question is answered.
// Who still asks is answered, over a connection of its own.
func (c *Client) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	for {
		select {
		case conn := <-c.idle:
			_ = conn.Close()
			<-c.open
		default:
			return
		}
	}
}
