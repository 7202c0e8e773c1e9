package config

import (
	"net/url"
	"strings"
	"time"
)

// Directory is where people are looked up while mail flows.
type Directory struct {
	LDAP LDAP `yaml:"ldap" doc:"An LDAP server. Conditions on groups and attributes of people ask it; a fact that cannot be had is unavailable, never a member of anything."`
}

// LDAP is one server.
type LDAP struct {
	URL            string            `yaml:"url" doc:"ldaps://HOST, ldap://HOST:PORT or ldapi://; off if not given." example:"ldaps://ldap.agency.gov.au"`
	StartTLS       bool              `yaml:"start_tls" default:"false" doc:"Encrypt an ldap:// connection before anything else is sent."`
	CAFile         string            `yaml:"ca_file" doc:"PEM file of the authorities that are trusted; the system's if not given."`
	BindDN         string            `yaml:"bind_dn" doc:"Who we are; anonymous if not given." example:"cn=labelmilter,ou=services,dc=agency,dc=gov,dc=au"`
	PasswordFile   string            `yaml:"password_file" doc:"File that holds the password of bind_dn; others than owner and group must not be able to read it." example:"/etc/labelmilter/ldap.password"`
	Base           string            `yaml:"base" doc:"Where people are searched, with all below it." example:"ou=people,dc=agency,dc=gov,dc=au"`
	Filter         string            `yaml:"filter" default:"(|(mail={address})(proxyAddresses=smtp:{address}))" doc:"Finds a mailbox; {address} stands for it."`
	Attributes     map[string]string `yaml:"attributes" doc:"The server's attribute of each attribute of conditions; the same name if not given." example:"{department: departmentNumber}"`
	GroupAttribute string            `yaml:"group_attribute" default:"memberOf" doc:"Attribute of a person with the groups: names, or DNs of which the first component counts."`
	GroupBase      string            `yaml:"group_base" doc:"Where groups are searched with group_filter; base if not given."`
	GroupFilter    string            `yaml:"group_filter" doc:"Finds the groups of a person, whose DN {dn} stands for; their cn counts. In place of group_attribute." example:"(member={dn})"`
	Timeout        time.Duration     `yaml:"timeout" min:"10ms" max:"30s" default:"2s" doc:"All questions for one message together."`
	Fresh          time.Duration     `yaml:"fresh" min:"0s" max:"1d" default:"5m" doc:"How long an answer is used without asking again."`
	Stale          time.Duration     `yaml:"stale" min:"0s" max:"30d" default:"1d" doc:"How long an answer is used when the server fails; the decision record has its age. 0s: not at all."`
	Retry          time.Duration     `yaml:"retry" min:"0s" max:"1h" default:"10s" doc:"How long a server that failed is not asked."`
}

// SMIME is encryption by S/MIME.
type SMIME struct {
	Certificates string `yaml:"certificates" doc:"Folder of recipients' certificates, PEM or DER; read at start and reload. Off if not given: every recipient is one without a certificate." example:"/etc/labelmilter/certificates"`
}

func (k *checker) directory() {
	k.c.SMIME.Certificates = k.path(k.at("smime", "certificates"), k.c.SMIME.Certificates)
	l := &k.c.Directory.LDAP
	if l.URL == "" {
		return
	}
	u, err := url.Parse(l.URL)
	if err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps" && u.Scheme != "ldapi" || u.Scheme != "ldapi" && u.Host == "" {
		k.d.Problem(k.at("directory", "ldap", "url"), "use the form ldaps://HOST", "%q is not the URL of an LDAP server", l.URL)
		return
	}
	if l.StartTLS && u.Scheme != "ldap" {
		k.d.Problem(k.at("directory", "ldap", "start_tls"), "leave start_tls out", "start_tls is for ldap:// only")
	}
	if l.Base == "" {
		k.d.Problem(k.at("directory", "ldap"), "base: dc=agency,dc=gov,dc=au", "base is missing")
	}
	if !strings.Contains(l.Filter, "{address}") {
		k.d.Problem(k.at("directory", "ldap", "filter"), "(mail={address})", "filter %q does not ask for {address}", l.Filter)
	}
	if l.GroupFilter != "" && !strings.Contains(l.GroupFilter, "{dn}") {
		k.d.Problem(k.at("directory", "ldap", "group_filter"), "(member={dn})", "group_filter %q does not ask for {dn}", l.GroupFilter)
	}
	if l.BindDN != "" && l.PasswordFile == "" {
		k.d.Problem(k.at("directory", "ldap", "bind_dn"), "password_file: PATH", "bind_dn needs a password")
	}
	l.CAFile = k.path(k.at("directory", "ldap", "ca_file"), l.CAFile)
	l.PasswordFile = k.path(k.at("directory", "ldap", "password_file"), l.PasswordFile)
}
