package milter

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
)

// fault is a breach of the protocol by the peer. Its text is constant: it
// never holds what the peer sent.
type fault string

func (f fault) Error() string { return "milter: " + string(f) }

// appendFrame appends a frame whose data is the concatenation of parts.
func appendFrame(b []byte, code byte, parts ...string) []byte {
	n := 1
	for _, p := range parts {
		n += len(p)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	b = append(b, code)
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// cstrings splits data made of NUL-terminated strings, at most limit.
func cstrings(data []byte, limit int) ([]string, error) {
	if len(data) == 0 {
		return nil, nil
	}
	if data[len(data)-1] != 0 {
		return nil, fault("string without NUL")
	}
	n := bytes.Count(data, []byte{0})
	if n > limit {
		return nil, fault("too many strings")
	}
	return strings.Split(string(data[:len(data)-1]), "\x00"), nil
}

// parseConnect reads CONNECT: host\0 family [u16 port, address\0].
//
// Sendmail writes IPv6 addresses as "IPv6:0:0:0:0:0:0:0:1"; addresses come
// out in the canonical form of RFC 5952, or as family 'U' if they are none.
func parseConnect(data []byte) (Connect, error) {
	host, rest, ok := bytes.Cut(data, []byte{0})
	if !ok {
		return Connect{}, fault("CONNECT without NUL")
	}
	if len(rest) == 0 {
		return Connect{}, fault("CONNECT without family")
	}
	c := Connect{Host: string(host), Family: rest[0]}
	rest = rest[1:]
	switch c.Family {
	case 'U':
		return c, nil
	case '4', '6', 'L':
	default:
		return Connect{}, fault("CONNECT with unknown family")
	}
	if len(rest) < 3 {
		return Connect{}, fault("CONNECT too short")
	}
	c.Port = binary.BigEndian.Uint16(rest)
	rest = rest[2:]
	if bytes.IndexByte(rest, 0) != len(rest)-1 {
		return Connect{}, fault("CONNECT address without NUL")
	}
	addr := string(rest[:len(rest)-1])
	if c.Family == 'L' {
		c.Addr = addr
		return c, nil
	}
	if len(addr) > 5 && strings.EqualFold(addr[:5], "IPv6:") {
		addr = addr[5:]
	}
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return Connect{Host: c.Host, Family: 'U'}, nil
	}
	c.Addr = ip.WithZone("").String()
	return c, nil
}

// parseHelo reads HELO: name\0.
func parseHelo(data []byte) (string, error) {
	if len(data) == 0 || bytes.IndexByte(data, 0) != len(data)-1 {
		return "", fault("HELO is not one string")
	}
	return string(data[:len(data)-1]), nil
}

// parsePath reads MAIL and RCPT: <address>\0 [argument\0 ...]. One pair of
// angle brackets is taken off; mail submitted without SMTP has none.
func parsePath(data []byte) (addr string, args []string, err error) {
	s, err := cstrings(data, maxArgs)
	if err != nil {
		return "", nil, err
	}
	if len(s) == 0 {
		return "", nil, fault("envelope command without address")
	}
	addr = s[0]
	if len(addr) >= 2 && addr[0] == '<' && addr[len(addr)-1] == '>' {
		addr = addr[1 : len(addr)-1]
	}
	return addr, s[1:], nil
}

// parseHeader reads HEADER: name\0value\0, and puts back the leading space
// that the MTA takes away unless SMFIP_HDR_LEADSPC is granted.
func parseHeader(data []byte, exact bool) (name, raw string, err error) {
	n, rest, ok := bytes.Cut(data, []byte{0})
	if !ok || len(rest) == 0 || bytes.IndexByte(rest, 0) != len(rest)-1 {
		return "", "", fault("HEADER is not two strings")
	}
	if len(n) == 0 {
		return "", "", fault("HEADER without name")
	}
	v := rest[:len(rest)-1]
	if exact || len(v) == 0 || v[0] == '\t' {
		return string(n), string(v), nil
	}
	return string(n), " " + string(v), nil
}

// parseMacros reads MACRO: the command they belong to, then name\0value\0
// pairs. A last name may lack its value. Names come out without braces.
func parseMacros(data []byte) (cmd byte, pairs []string, err error) {
	if len(data) == 0 {
		return 0, nil, fault("MACRO without command")
	}
	pairs, err = cstrings(data[1:], 2*maxMacros)
	if err != nil {
		return 0, nil, err
	}
	if len(pairs)%2 == 1 {
		pairs = append(pairs, "")
	}
	for i := 0; i < len(pairs); i += 2 {
		if n := pairs[i]; len(n) > 2 && n[0] == '{' && n[len(n)-1] == '}' {
			pairs[i] = n[1 : len(n)-1]
		}
	}
	return data[0], pairs, nil
}
