package milter

import (
	"net"
	"net/textproto"

	gomilter "github.com/emersion/go-milter"
)

// backend is the library's view of a connection. It returns no responses:
// the library would write them with a buffer of 4 kB each and forget the
// backend after every one that is not Continue. What it hands over is not
// used where it is lossy (arguments, addresses, macros, header map).
type backend struct{ c *conn }

var _ gomilter.Milter = backend{}

func (b backend) Connect(string, string, uint16, net.IP, *gomilter.Modifier) (gomilter.Response, error) {
	b.c.onConnect()
	return nil, nil
}

func (b backend) Helo(string, *gomilter.Modifier) (gomilter.Response, error) {
	b.c.onHelo()
	return nil, nil
}

func (b backend) MailFrom(string, *gomilter.Modifier) (gomilter.Response, error) {
	b.c.onMail()
	return nil, nil
}

func (b backend) RcptTo(string, *gomilter.Modifier) (gomilter.Response, error) {
	b.c.onRcpt()
	return nil, nil
}

// Header and BodyChunk are not called: see admitMessage.
func (b backend) Header(string, string, *gomilter.Modifier) (gomilter.Response, error) {
	return nil, nil
}

func (b backend) Headers(textproto.MIMEHeader, *gomilter.Modifier) (gomilter.Response, error) {
	b.c.onEOH()
	return nil, nil
}

func (b backend) BodyChunk([]byte, *gomilter.Modifier) (gomilter.Response, error) {
	return nil, nil
}

func (b backend) Body(*gomilter.Modifier) (gomilter.Response, error) {
	b.c.onEndOfMessage()
	return nil, nil
}

func (b backend) Abort(*gomilter.Modifier) error {
	b.c.abort()
	return nil
}
