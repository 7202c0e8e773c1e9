package cms

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/document/documenttest"
)

func tlv(tag byte, parts ...string) string {
	body := strings.Join(parts, "")
	switch n := len(body); {
	case n < 128:
		return string([]byte{tag, byte(n)}) + body
	default:
		return string([]byte{tag, 0x82, byte(n >> 8), byte(n)}) + body
	}
}

func indef(tag byte, parts ...string) string {
	return string([]byte{tag, 0x80}) + strings.Join(parts, "") + "\x00\x00"
}

const entityText = "Content-Type: text/plain\r\n\r\nhello"

func data(content string) string {
	return tlv(0x30, tlv(6, prefix+"\x01"), tlv(0xa0, content))
}

func info(oid, content string) string { return tlv(0x30, tlv(6, oid), tlv(0xa0, content)) }

func zipped(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(s)) // to memory
	_ = w.Close()
	return b.String()
}

func forms() map[string]string {
	version, algs := tlv(2, "\x01"), tlv(0x31, tlv(0x30, tlv(6, "\x60\x86")))
	plain := info(signed, tlv(0x30, version, algs, data(tlv(4, entityText)), tlv(0x31)))
	return map[string]string{
		"DER":                  plain,
		"BER":                  indef(0x30, tlv(6, signed), indef(0xa0, indef(0x30, version, algs, indef(0x30, tlv(6, prefix+"\x01"), indef(0xa0, indef(0x24, tlv(4, entityText[:9]), tlv(4, entityText[9:])))), tlv(0x31)))),
		"PEM":                  "-----BEGIN PKCS7-----\n" + base64.StdEncoding.EncodeToString([]byte(plain)) + "\n-----END PKCS7-----\n",
		"compressed":           info(compressed, tlv(0x30, tlv(2, "\x00"), tlv(0x30, tlv(6, "\x2a")), data(tlv(4, zipped(entityText))))),
		"signed within signed": info(signed, tlv(0x30, version, algs, tlv(0x30, tlv(6, signed), tlv(0xa0, tlv(4, plain))), tlv(0x31))),
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, b := range forms() {
		var h documenttest.Sink
		if !Is([]byte(b)) {
			t.Errorf("%s: is none", name)
		}
		Read([]byte(b), &h)
		if d := cmp.Diff([]document.Embedded{{Type: "message/rfc822", Data: []byte(entityText)}}, h.Embedded); d != "" || len(h.Skips) > 0 {
			t.Errorf("%s: %s %v", name, d, h.Skips)
		}
		if slices.Contains(h.Facts, document.Signed) == (name == "compressed") {
			t.Errorf("%s: %v", name, h.Facts)
		}
	}
	for _, oid := range []string{enveloped, authEnv, encrypted} {
		var h documenttest.Sink
		Read([]byte(info(oid, tlv(0x30))), &h)
		if d := cmp.Diff([]document.Fact{document.Encrypted}, h.Facts); d != "" {
			t.Error(d)
		}
	}
	var h documenttest.Sink
	Read([]byte(info(signed, tlv(0x30, tlv(2, "\x01"), tlv(0x31), tlv(0x30, tlv(6, prefix+"\x01"))))), &h)
	if len(h.Skips) > 0 || len(h.Embedded) > 0 {
		t.Errorf("detached: %v", h.Skips)
	}
	h = documenttest.Sink{}
	Read([]byte("\x30\x80\x06"), &h)
	if d := cmp.Diff([]string{"corrupt: cms"}, h.Skips); d != "" {
		t.Error(d)
	}
}

// A message that OpenSSL made (testdata/gen.sh).
func TestOpenSSL(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/signed.p7m")
	if err != nil {
		t.Fatal(err)
	}
	var h documenttest.Sink
	Read(b, &h)
	if len(h.Embedded) != 1 || !bytes.Contains(h.Embedded[0].Data, []byte("tax file number 123 456 782")) || h.Embedded[0].Type != "message/rfc822" {
		t.Errorf("%+v %v", h.Embedded, h.Skips)
	}
}

func FuzzCMS(f *testing.F) {
	for _, b := range forms() {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var h documenttest.Sink
		Is(b)
		Read(b, &h)
		n := 0
		for _, e := range h.Embedded {
			n += len(e.Data)
		}
		if n > 1100*len(b) {
			t.Fatalf("%d bytes from %d", n, len(b))
		}
	})
}
