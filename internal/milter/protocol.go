package milter

// Commands of the MTA (SMFIC_*, libmilter mfdef.h).
const (
	cmdOptNeg  = 'O'
	cmdMacro   = 'D'
	cmdConnect = 'C'
	cmdHelo    = 'H'
	cmdMail    = 'M'
	cmdRcpt    = 'R'
	cmdData    = 'T'
	cmdHeader  = 'L'
	cmdEOH     = 'N'
	cmdBody    = 'B'
	cmdEOM     = 'E'
	cmdAbort   = 'A'
	cmdQuit    = 'Q'
	cmdQuitNC  = 'K'
	cmdUnknown = 'U'
)

// Answers (SMFIR_*).
const (
	ansContinue   = 'c'
	ansAccept     = 'a'
	ansTempFail   = 't'
	ansDiscard    = 'd'
	ansReply      = 'y'
	ansSkip       = 's'
	ansProgress   = 'p'
	ansInsHeader  = 'i'
	ansAddHeader  = 'h'
	ansChgHeader  = 'm'
	ansReplBody   = 'b'
	ansAddRcpt    = '+'
	ansDelRcpt    = '-'
	ansChgFrom    = 'e'
	ansQuarantine = 'q'
)

// Actions is a mask of edits a filter may ask for (SMFIF_*).
type Actions uint32

// The actions this package can use.
const (
	ActionAddHeaders    Actions = 0x001
	ActionChangeBody    Actions = 0x002
	ActionAddRcpt       Actions = 0x004
	ActionDeleteRcpt    Actions = 0x008
	ActionChangeHeaders Actions = 0x010
	ActionQuarantine    Actions = 0x020
	ActionChangeFrom    Actions = 0x040
	ActionSetMacros     Actions = 0x100

	AllActions = ActionAddHeaders | ActionChangeBody | ActionAddRcpt | ActionDeleteRcpt |
		ActionChangeHeaders | ActionQuarantine | ActionChangeFrom | ActionSetMacros
)

// Protocol options (SMFIP_*).
const (
	optNoReplyHeader  = 0x000080
	optNoUnknown      = 0x000100
	optNoData         = 0x000200
	optSkip           = 0x000400
	optNoReplyConnect = 0x001000
	optNoReplyHelo    = 0x002000
	optNoReplyMail    = 0x004000
	optNoReplyRcpt    = 0x008000
	optNoReplyEOH     = 0x040000
	optNoReplyBody    = 0x080000
	optLeadingSpace   = 0x100000
)

// The protocol versions spoken: 2 is what libmilter still takes, 6 the last.
const (
	minVersion = 2
	maxVersion = 6
)

// stage is a step of the SMTP session that is answered.
type stage uint8

const (
	stageConnect stage = iota
	stageHelo
	stageMail
	stageRcpt
	stageData
	stageHeader
	stageEOH
	stageBody
	stageEOM
)

// stages gives each stage its name in logs and the option that silences it.
var stages = [...]struct {
	name    string
	noReply uint32
}{
	stageConnect: {"connect", optNoReplyConnect},
	stageHelo:    {"helo", optNoReplyHelo},
	stageMail:    {"mail", optNoReplyMail},
	stageRcpt:    {"rcpt", optNoReplyRcpt},
	stageData:    {"data", 0},
	stageHeader:  {"header", optNoReplyHeader},
	stageEOH:     {"end_of_headers", optNoReplyEOH},
	stageBody:    {"body", optNoReplyBody},
	stageEOM:     {"end_of_message", 0},
}

func (s stage) String() string { return stages[s].name }

// Limits of what a peer may send. Frame lengths count the command byte.
const (
	maxFrame       = 1 << 20   // body; SMFIP_MDS_1M is the largest any MTA sends
	maxHeaderFrame = 256 << 10 // Postfix cuts a header at 60,000, Sendmail refuses 32,768
	maxTextFrame   = 64 << 10  // envelope, HELO, CONNECT, macros: C string arguments
	maxPlainFrame  = 1 << 10   // commands with fixed or no data
	maxArgs        = 256       // ESMTP arguments of one command
	maxMacros      = 512       // names known at once
	maxMacroBytes  = 1 << 20   // names and values known at once
	maxRcpts       = 100_000   // per message, as far as they must be remembered
	maxRcptBytes   = 16 << 20
)

// frameLimit is the longest frame taken for a command, 0 for an unknown one.
func frameLimit(code byte) uint32 {
	switch code {
	case cmdBody:
		return maxFrame
	case cmdHeader:
		return maxHeaderFrame
	case cmdMacro, cmdConnect, cmdHelo, cmdMail, cmdRcpt, cmdUnknown:
		return maxTextFrame
	case cmdOptNeg, cmdData, cmdEOH, cmdEOM, cmdAbort, cmdQuit, cmdQuitNC:
		return maxPlainFrame
	}
	return 0
}

// MacroStage says at which stage requested macros are to be sent (SMFIM_*).
type MacroStage uint32

// The stages. The numbers of EOM and EOH are in this order in libmilter.
const (
	MacrosConnect MacroStage = 0
	MacrosHelo    MacroStage = 1
	MacrosMail    MacroStage = 2
	MacrosRcpt    MacroStage = 3
	MacrosEOM     MacroStage = 5
	MacrosEOH     MacroStage = 6
)

// MacroRequest asks the MTA for macros at a stage (SMFIF_SETSYMLIST), by name
// without braces.
type MacroRequest struct {
	Stage MacroStage
	Names []string
}

// DefaultMacros asks for what records and conditions need, so that filtering
// does not depend on the MTA's macro lists: Postfix sends only "i" at end of
// message by default, and {client_addr} never.
func DefaultMacros() []MacroRequest {
	return []MacroRequest{
		{MacrosConnect, []string{"j", "_", "daemon_name", "client_addr", "client_name", "if_addr", "daemon_addr"}},
		{MacrosHelo, []string{"tls_version", "cipher"}},
		{MacrosMail, []string{"i", "auth_authen", "auth_type", "mail_addr"}},
		{MacrosRcpt, []string{"rcpt_addr", "rcpt_mailer"}},
		{MacrosEOM, []string{"i", "auth_authen", "mail_addr"}},
		{MacrosEOH, []string{"i"}},
	}
}
