// Package config reads the daemon's configuration: one strict YAML file in
// which every key has a documented, safe default. All problems of a file are
// reported at once with their places. Relative paths are resolved from the
// file's folder, secrets stand in files of their own. The package opens no
// sockets, makes no folders and knows no rules: whether a policy or a label
// exists is checked where packs are loaded.
package config

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"labelmilter/internal/strictyaml"
)

// Config is the whole file, defaults applied, paths absolute, names in
// canonical form. It is not changed after loading.
type Config struct {
	Milter       Milter       `yaml:"milter" doc:"Sockets on which the MTA consults us."`
	Organisation Organisation `yaml:"organisation" doc:"Whose mail is judged."`
	Directory    Directory    `yaml:"directory" doc:"Where people of the organisation are looked up while mail flows, beside the files of packs."`
	SMIME        SMIME        `yaml:"smime" doc:"Encryption by S/MIME, for rules with the action encrypt."`
	Rules        Rules        `yaml:"rules" doc:"Rule packs and how they are bound to this site."`
	Labels       Labels       `yaml:"labels" doc:"Sensitivity labels."`
	EDM          EDM          `yaml:"edm" doc:"Exact data match: the stores of the packs' tables."`
	Quarantine   Quarantine   `yaml:"quarantine" doc:"Where held messages are kept."`
	Fail         Fail         `yaml:"fail" doc:"The verdict when we ourselves fail (panic, overload, store unavailable), by direction. What a sender causes is for policy."`
	Enforcement  string       `yaml:"enforcement" enum:"enforce|simulate" default:"enforce" doc:"simulate sends no verdict and no modification, but records what would have been done."`
	Limits       Limits       `yaml:"limits" doc:"Bounds of the work that one message can cause. What a limit cuts off is reported as incomplete inspection."`
	Extract      Extract      `yaml:"extract" doc:"How attachments are read."`
	StateDir     string       `yaml:"state_dir" default:"/var/lib/labelmilter" doc:"Folder of the decision records, the database and spooled messages; one daemon writes to it."`
	Retention    Retention    `yaml:"retention" doc:"How long things are kept."`
	Notices      Notices      `yaml:"notices" doc:"Mail of our own: notices of rules, incident reports."`
	Admin        Admin        `yaml:"admin" doc:"HTTP for metrics, health and reload."`
	Log          Log          `yaml:"log" doc:"The log on standard error. It never holds mail content."`
	Concurrency  int          `yaml:"concurrency" min:"0" max:"1024" default:"0" doc:"Messages judged at the same time; 0 is one per processor core."`

	file string
	root *strictyaml.Node
}

// Milter is the side of the MTA.
type Milter struct {
	Listen         []Listener `yaml:"listen" doc:"Sockets to listen on."`
	MaxConnections int        `yaml:"max_connections" min:"1" max:"100000" default:"1000" doc:"Connections served at once; more wait in the listen queue."`
	Timeouts       Timeouts   `yaml:"timeouts" doc:"Time limits of one connection."`
}

// Listener is one socket. Network and Address are what Addr, in the form
// KIND:ADDRESS once loaded, says.
type Listener struct {
	strictyaml.Pos
	Addr      string `yaml:"addr,required" doc:"inet:HOST:PORT, inet6:[ADDRESS]:PORT, unix:/PATH, or systemd:NAME for a socket passed by the service manager; Sendmail's inet:PORT@HOST and local:/PATH are read too" example:"inet:127.0.0.1:8891"`
	Name      string `yaml:"name" doc:"Name in logs and metrics; the address if not given." example:"inbound"`
	Direction string `yaml:"direction" enum:"inbound|outbound|internal" doc:"Direction of all mail on this socket; derived from sender and recipients if not given." example:"inbound"`
	Local     bool   `yaml:"local" default:"false" doc:"The socket is for locally submitted mail (Postfix non_smtpd_milters): nothing is refused at RCPT."`
	Mode      string `yaml:"mode" doc:"Permissions of a unix socket, octal; 0660 if not given." example:"0660"`
	Group     string `yaml:"group" doc:"Group of a unix socket; the process's if not given." example:"postfix"`

	Network  string `yaml:"-"` // "tcp", "tcp4", "tcp6", "unix" or "systemd"
	Address  string `yaml:"-"` // HOST:PORT, absolute path, or name
	FileMode uint32 `yaml:"-"` // of a unix socket, 0 for the default
}

// Timeouts of one milter connection.
type Timeouts struct {
	Idle          time.Duration `yaml:"idle" min:"1s" max:"7d" default:"2h" doc:"Waiting for the MTA's next command."`
	Frame         time.Duration `yaml:"frame" min:"100ms" max:"1h" default:"30s" doc:"From the first byte of a command to its last."`
	Write         time.Duration `yaml:"write" min:"100ms" max:"1h" default:"30s" doc:"Writing one answer."`
	ProgressFirst time.Duration `yaml:"progress_first" min:"10ms" max:"1m" default:"1s" doc:"First sign of life after the end of the message."`
	ProgressEvery time.Duration `yaml:"progress_every" min:"10ms" max:"1m" default:"3s" doc:"Further signs of life."`
	Message       time.Duration `yaml:"message" min:"1s" max:"1h" default:"4m" doc:"Judging one message; shorter than the MTA's own limit (Postfix: milter_content_timeout, 300s)."`
	Grace         time.Duration `yaml:"grace" min:"100ms" max:"10m" default:"5s" doc:"After that, until the message is deferred."`
	Quit          time.Duration `yaml:"quit" min:"0s" max:"10m" default:"5s" doc:"When stopping, how long idle connections may take to end."`
}

// Organisation is whose mail is judged.
type Organisation struct {
	Name      string            `yaml:"name" doc:"Name in texts to senders." example:"Example Agency"`
	Domains   []string          `yaml:"domains" doc:"Mail domains of the organisation; with a leading dot the subdomains." example:"[agency.gov.au, .agency.gov.au]"`
	Networks  []netip.Prefix    `yaml:"networks" doc:"Networks whose clients are internal." example:"[10.0.0.0/8]"`
	TenantID  string            `yaml:"tenant_id" doc:"Microsoft 365 tenant (directory) GUID; needed to write msip_labels." example:"00000000-0000-0000-0000-000000000000"`
	Language  string            `yaml:"language" enum:"en|de|es|fr|nl|sv" default:"en" doc:"Language of texts to senders, where neither the directory (attribute language) nor languages knows another."`
	Languages map[string]string `yaml:"languages" doc:"Language of texts to senders by mail domain; with a leading dot for the subdomains." example:"{.agency.de: de}"`
}

// Labels is what is written about labels.
type Labels struct {
	Catalogue string            `yaml:"catalogue" doc:"The active catalogue of labels; needed if the packs hold several." example:"au-pspf"`
	Write     []string          `yaml:"write" enum:"X-Sensitivity-Label|msip_labels|X-Protective-Marking|subject|SIO-Label" default:"[X-Sensitivity-Label]" doc:"Header fields that are written when a label is decided; subject is the tag in the subject line."`
	Marking   MarkingText       `yaml:"marking" doc:"How protective markings are written into X-Protective-Marking and the subject of outbound and internal mail."`
	SIO       SIO               `yaml:"sio" doc:"What SIO-Label fields (RFC 7444) carry beside the words of the label's banner."`
	Banner    Banner            `yaml:"banner" doc:"The banner of the label in the text of the message; never in signed or encrypted parts."`
	DKIM      string            `yaml:"dkim" enum:"proceed|unsigned|skip" default:"proceed" doc:"When something written about the label would break a DKIM signature that holds: proceed and record it; leave out what breaks it (unsigned); or write nothing about the label (skip)."`
	Ceiling   string            `yaml:"ceiling" default:"PROTECTED" doc:"Highest security classification that this system may carry; mail above it is blocked."`
	Default   map[string]string `yaml:"default" doc:"Label of mail for which nothing else speaks, by direction." example:"{outbound: official}"`
	Expiry    string            `yaml:"expiry" enum:"ignore|honour" default:"ignore" doc:"Whether a marking falls to its DOWNTO class once its EXPIRES date is past. An event never lowers it."`
	Thread    Thread            `yaml:"thread" doc:"What happens to a reply labelled below its conversation."`
	Trust     Trust             `yaml:"trust" doc:"Whose markings are believed; without peers everyone's."`
	GUIDs     map[string]string `yaml:"guids" doc:"GUID of each label in the tenant, by label id." example:"{official-sensitive: 00000000-0000-0000-0000-000000000000}"`
}

// MarkingText is how protective markings are written.
type MarkingText struct {
	Version   string   `yaml:"version" default:"2024.1" doc:"VER element: year and number of the standard."`
	Expiry    string   `yaml:"expiry" enum:"last|first" default:"last" doc:"EXPIRES and DOWNTO behind ACCESS (last, the standard's ABNF) or before it (first, its regular expression, for readers that know no other)."`
	Subject   string   `yaml:"subject" enum:"end|start" default:"end" doc:"Place of the tag in the subject."`
	SingleIMM []string `yaml:"single_imm" doc:"Domains whose readers take one information management marker: what goes there carries the label's alone, and says so in NOTE." example:"[agency.example]"`
}

// SIO is what SIO-Label fields carry.
type SIO struct {
	Policy  string         `yaml:"policy" doc:"Object identifier of your security policy; without one the field has words only." example:"1.2.36.1.333.1"`
	Classes map[string]int `yaml:"classes" doc:"Security classification of each label in that policy, 0 to 256, by label id." example:"{official: 1, protected: 3}"`
}

// Banner is where the banner of the label stands.
type Banner struct {
	Position   string   `yaml:"position" enum:"none|top|bottom|both" default:"none"`
	Directions []string `yaml:"directions" enum:"inbound|outbound|internal" default:"[outbound, internal]" doc:"Mail that gets it."`
}

// Thread is what happens to a reply labelled below its conversation.
type Thread struct {
	Ledger        string   `yaml:"ledger" enum:"allow|recommend|raise|hold" default:"raise" doc:"Below the highest label that a message of the conversation had here."`
	Quoted        string   `yaml:"quoted" enum:"allow|recommend|raise|hold" default:"recommend" doc:"Below a marking in quoted text."`
	Declassifiers []string `yaml:"declassifiers" doc:"Directory groups whose members may lower a label." example:"[declassifiers]"`
	Justify       bool     `yaml:"justify" default:"false" doc:"A field X-Label-Justification from an authenticated sender may lower a label; it is removed and recorded."`
}

// Trust is whose markings are believed.
type Trust struct {
	Peers       []Peer   `yaml:"peers" doc:"Senders whose markings are believed. Own senders always are."`
	Claims      string   `yaml:"claims" enum:"believe|hold" default:"believe" doc:"What markings of anyone else come to, once there are peers."`
	ARCSealers  []string `yaml:"arc_sealers" doc:"Domains of forwarders whose ARC seals are believed: what they verified before they changed the message counts as verified, if our own verifier says arc=pass and all seals are theirs." example:"[lists.gov.au]"`
	AuthServIDs []string `yaml:"authserv_ids" doc:"Names under which our own verifiers write Authentication-Results; needed for domains. The MTA must remove such fields from outside." example:"[mx.agency.gov.au]"`
}

// Peer is a set of senders.
type Peer struct {
	strictyaml.Pos
	Domains  []string       `yaml:"domains" doc:"Domains with a valid DKIM signature; with a leading dot the subdomains." example:"[.gov.au]"`
	Networks []netip.Prefix `yaml:"networks" doc:"Networks of their mail servers." example:"[203.0.113.0/24]"`
	UpTo     string         `yaml:"up_to" doc:"Highest class they are believed for; the ceiling if not given." example:"PROTECTED"`
}

// Quarantine is where held messages are kept.
type Quarantine struct {
	Mode string `yaml:"mode" enum:"mta|store" default:"mta" doc:"mta holds in the MTA's queue (Postfix HOLD, Sendmail quarantine), store keeps the message in the state folder."`
}

// Fail is the verdict for our own failures.
type Fail struct {
	Inbound  string `yaml:"inbound" enum:"tempfail|quarantine|reject|accept" default:"tempfail"`
	Outbound string `yaml:"outbound" enum:"tempfail|quarantine|reject|accept" default:"tempfail"`
	Internal string `yaml:"internal" enum:"tempfail|quarantine|reject|accept" default:"tempfail"`
}

// Retention is how long things are kept.
type Retention struct {
	Threads   time.Duration `yaml:"threads" min:"1d" max:"3660d" default:"180d" doc:"High-water marks of conversations, since their last message."`
	History   time.Duration `yaml:"history" min:"8d" max:"3660d" default:"180d" doc:"Whom senders wrote to, and how many recipients conversations had, since the last message."`
	Incidents time.Duration `yaml:"incidents" min:"1d" max:"3660d" default:"180d" doc:"Incidents that rules opened: id, rule, severity and which message."`
	Records   time.Duration `yaml:"records" min:"1h" max:"3660d" default:"7d" doc:"Decision records of messages."`
	Overrides time.Duration `yaml:"overrides" min:"1d" max:"3660d" default:"400d" doc:"Overrides, since they were used. Tokens that expire unused are kept as long as records."`
}

// Notices are how mail of our own is sent.
type Notices struct {
	Server       string        `yaml:"server" doc:"HOST:PORT of the SMTP server that takes it; nothing is sent if not given." example:"127.0.0.1:25"`
	TLS          string        `yaml:"tls" enum:"off|opportunistic|required|implicit" default:"opportunistic" doc:"Encryption of the way there; required and implicit verify the certificate."`
	Hello        string        `yaml:"hello" doc:"Name given in EHLO; the machine's if not given." example:"filter.agency.gov.au"`
	User         string        `yaml:"user" doc:"Login; none if not given." example:"labelmilter"`
	PasswordFile string        `yaml:"password_file" doc:"File that holds the password; others than owner and group must not be able to read it." example:"/etc/labelmilter/smtp.password"`
	From         string        `yaml:"from" doc:"Mailbox in the From field; labelmilter@ the first domain of the organisation if not given. Nothing is ever bounced to it." example:"dlp@agency.gov.au"`
	Incidents    []string      `yaml:"incidents" doc:"Mailboxes that get a report of each incident." example:"[security@agency.gov.au]"`
	Merge        time.Duration `yaml:"merge" min:"0s" max:"1d" default:"1m" doc:"How long reports wait for others of the same rule, to go as one mail. What is written to a sender does not wait."`
	Rate         int           `yaml:"rate" min:"0" max:"100000" default:"30" doc:"Mails an hour to one recipient; more wait and go together. 0: no bound."`
}

// Admin is the HTTP side.
type Admin struct {
	Listen string `yaml:"listen" default:"127.0.0.1:8892" doc:"HOST:PORT, unix:/PATH, or off. There is no authentication: keep it on loopback."`
}

// Off reports that no HTTP is served.
func (a Admin) Off() bool { return a.Listen == "off" }

// Log is the operator's log.
type Log struct {
	Level  string `yaml:"level" enum:"debug|info|warn|error" default:"info"`
	Format string `yaml:"format" enum:"json|console" default:"json"`
}

// Extract is how attachments are read.
type Extract struct {
	Isolation string          `yaml:"isolation" enum:"worker|none" default:"worker" doc:"worker: the daemon has archives and documents read by processes of their own that have little memory, no files and no network; what goes wrong there costs one attachment. none: by the daemon itself. Commands that judge stored mail always read by themselves."`
	Workers   int             `yaml:"workers" min:"0" max:"1024" default:"0" doc:"Worker processes at most; 0 is as many as messages are judged at the same time."`
	Memory    strictyaml.Size `yaml:"memory" min:"128MiB" max:"16GiB" default:"512MiB" doc:"Memory of one worker."`
	Timeout   time.Duration   `yaml:"timeout" min:"1s" max:"10m" default:"30s" doc:"Time for one attachment; only a net below the limits that count."`
	Helper    []Program       `yaml:"helper" doc:"Programs that read what is not read otherwise: pictures (OCR), further formats."`
}

// Program reads content on standard input and writes text to standard output.
type Program struct {
	strictyaml.Pos
	Types   []string        `yaml:"types,required" doc:"Media types it is asked for, by the bytes or declared; * as wildcard." example:"[image/*]"`
	Command []string        `yaml:"command,required" doc:"Program and arguments; content comes on standard input, text goes to standard output in UTF-8." example:"[tesseract, stdin, stdout, -l, eng]"`
	Timeout time.Duration   `yaml:"timeout" min:"1s" max:"10m" default:"20s" doc:"For one piece of content."`
	Memory  strictyaml.Size `yaml:"memory" min:"16MiB" max:"64GiB" default:"1GiB" doc:"Address space of the program."`
	Network bool            `yaml:"network" default:"false" doc:"It may use the network, as a client of a server does."`
}

// Load reads and checks a file. The Config is nil if there are errors.
func Load(path string) (*Config, strictyaml.Problems) {
	unreadable := func(err error) (*Config, strictyaml.Problems) {
		var p *os.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return nil, strictyaml.Problems{{Pos: strictyaml.Pos{File: path, Line: 1, Col: 1}, Severity: strictyaml.Error,
			Message: fmt.Sprintf("cannot read the configuration: %v", err)}}
	}
	f, err := os.Open(path)
	if err != nil {
		return unreadable(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, strictyaml.MaxFile+1))
	if err != nil {
		return unreadable(err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return unreadable(err)
	}
	return parse(path, dir, data)
}

// Parse checks the text of a file. File is its name, in whose folder relative
// paths begin. The Config is nil if there are errors.
func Parse(file string, data []byte) (*Config, strictyaml.Problems) {
	return parse(file, filepath.Dir(file), data)
}

func parse(file, dir string, data []byte) (*Config, strictyaml.Problems) {
	root, problems := strictyaml.Parse(file, data)
	d := strictyaml.NewDecoder()
	for _, p := range problems {
		d.Add(p)
	}
	c := &Config{file: file, root: root}
	d.Decode(root, c)
	check := checker{d: d, root: root, dir: dir, c: c, whole: !problems.HasErrors()}
	check.all()
	problems = d.Problems()
	if problems.HasErrors() {
		return nil, problems
	}
	return c, problems
}

// File is the name of the file that was read.
func (c *Config) File() string { return c.file }

// Where is the place of a value in the file: of the one at path, of the element of
// the list there, or of the key of the map there. It is the zero place if the value
// does not stand there.
func (c *Config) Where(value string, path ...string) strictyaml.Pos {
	n := given(c.root, path...)
	if n == nil {
		return strictyaml.Pos{}
	}
	for _, e := range n.Entries() {
		if e.Key.Text() == value {
			return e.Key.Pos()
		}
	}
	for _, e := range elements(n) {
		if e.IsScalar() && e.Text() == value {
			return e.Pos()
		}
	}
	return strictyaml.Pos{}
}

// Simulated reports that no verdict and no modification is sent.
func (c *Config) Simulated() bool { return c.Enforcement == "simulate" }
