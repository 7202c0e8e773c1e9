package validate

import (
	"hash/crc32"
	"math"
	"math/bits"
	"strings"
)

var secretTable = []entry{
	{"github-token", "GitHub token ghp_, gho_, ghu_, ghs_, ghr_: last 6 of 36 characters are the CRC-32 in base 62; github_pat_ by shape", isGitHubToken},
	{"npm-token", "npm token npm_: last 6 of 36 characters are the CRC-32 in base 62", isNpmToken},
	{"jwt", "JSON web token: three base64url parts, a JSON object with alg in the first (RFC 7519, RFC 7515)", isJWT},
	{"uuid", "UUID in 8-4-4-4-12 form, not nil or max, variant and version as assigned (RFC 9562)", isUUID},
	{"base64-16", "base64 of exactly 16 bytes (RFC 4648)", Base64(16)},
	{"base64-24", "base64 of exactly 24 bytes (RFC 4648)", Base64(24)},
	{"base64-32", "base64 of exactly 32 bytes (RFC 4648)", Base64(32)},
	{"base64-64", "base64 of exactly 64 bytes (RFC 4648)", Base64(64)},
	{"high-entropy", "at least 3.5 bits of Shannon entropy a character over 16 or more characters", MinEntropy(highEntropy)},
	{"not-placeholder", "not a mock-up, redaction or placeholder such as xxxx, ****, <secret>, ${VAR}, changeme", notPlaceholder},
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// highEntropy is what high-entropy asks for, in bits a character.
const highEntropy = 3.5

// maxSecret bounds the text of one token or key, in bytes.
const maxSecret = 16 << 10

func isGitHubToken(s string) bool {
	const fineGrained = "github_pat_"
	if rest, ok := strings.CutPrefix(s, fineGrained); ok {
		// 22 and 59 characters with an underscore between
		return len(rest) == 82 && rest[22] == '_' && isBase62(rest[:22]) && isBase62(rest[23:])
	}
	if len(s) != 40 || s[:2] != "gh" || index("pousr", s[2]) < 0 || s[3] != '_' {
		return false
	}
	return crcToken(s[4:])
}

func isNpmToken(s string) bool {
	rest, ok := strings.CutPrefix(s, "npm_")
	return ok && len(rest) == 36 && crcToken(rest)
}

// crcToken: the last six base 62 digits are the CRC-32 (IEEE) of the rest.
func crcToken(s string) bool {
	if !isBase62(s) {
		return false
	}
	body, tail := s[:len(s)-6], s[len(s)-6:]
	var sum uint64
	for i := 0; i < len(tail); i++ {
		sum = sum*62 + uint64(index(base62, tail[i]))
	}
	var buf field
	n := copy(buf[:], body)
	return n == len(body) && sum == uint64(crc32.ChecksumIEEE(buf[:n]))
}

func isBase62(s string) bool {
	for i := 0; i < len(s); i++ {
		if index(base62, s[i]) < 0 {
			return false
		}
	}
	return true
}

// Base64 accepts padded or unpadded base64, standard or URL alphabet but not
// both, of exactly size bytes, with the unused bits zero (RFC 4648 3.5).
func Base64(size int) Func {
	if size < 1 || size > maxSecret {
		return func(string) bool { return false }
	}
	bare := (size*8 + 5) / 6
	padded := (size + 2) / 3 * 4
	unused := bare*6 - size*8
	return func(s string) bool {
		if len(s) == padded {
			for i := bare; i < padded; i++ {
				if s[i] != '=' {
					return false
				}
			}
			s = s[:bare]
		}
		if len(s) != bare {
			return false
		}
		v, kinds := uint16(0), uint16(0)
		for i := 0; i < len(s); i++ {
			v = base64Digits[s[i]]
			kinds |= v
		}
		return kinds&notBase64 == 0 && kinds&mixedBase64 != mixedBase64 && v&(1<<unused-1) == 0
	}
}

// base64Digits gives the value of a digit, with a mark above it for those of
// one alphabet alone and for what is no digit.
var base64Digits = func() (out [256]uint16) {
	for b := range out {
		switch c := byte(b); {
		case base64Value(c) < 0:
			out[b] = notBase64
		case c == '+' || c == '/':
			out[b] = 0x100 | uint16(base64Value(c))
		case c == '-' || c == '_':
			out[b] = 0x200 | uint16(base64Value(c))
		default:
			out[b] = uint16(base64Value(c))
		}
	}
	return out
}()

const (
	mixedBase64 = 0x300
	notBase64   = 0x400
)

// base64Value is the value of a digit in either alphabet, -1 for others.
func base64Value(c byte) int {
	switch {
	case isUpper(c):
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case isDigit(c):
		return int(c-'0') + 52
	case c == '+' || c == '-':
		return 62
	case c == '/' || c == '_':
		return 63
	}
	return -1
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	zeros, ones := true, true
	for i := 0; i < len(s); i++ {
		c := toLower(s[i])
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
			continue
		}
		if !isDigit(c) && (c < 'a' || c > 'f') {
			return false
		}
		zeros = zeros && c == '0'
		ones = ones && c == 'f'
	}
	if zeros || ones {
		return false
	}
	// Variant 10 has versions 1 to 8; Microsoft's older GUIDs have 110.
	switch c := toLower(s[19]); c {
	case '8', '9', 'a', 'b':
		return s[14] >= '1' && s[14] <= '8'
	case 'c', 'd':
		return true
	}
	return false
}

// MinEntropy accepts text of 16 to 16,384 bytes whose bytes have at least
// that many bits of Shannon entropy each.
func MinEntropy(bits float64) Func {
	least := leastBytes(bits)
	return func(s string) bool {
		if len(s) < 16 || len(s) > maxSecret {
			return false
		}
		// With n the count of each byte and L the length,
		// L × entropy = L log L - the sum of n log n.
		if !differ(s, least) {
			return false
		}
		different, sum := spread(s)
		l := float64(len(s))
		return different >= least && l*math.Log2(l)-sum >= bits*l-epsilon
	}
}

// leastBytes is how many different bytes are needed for so many bits of entropy.
func leastBytes(bits float64) int { return int(math.Ceil(math.Exp2(bits) - epsilon)) }

// Hopeless finds for a validator by name what tells that neither text nor any
// beginning of it passes, nil if nothing does.
func Hopeless(name string) Func {
	switch name {
	case "high-entropy":
		least := leastBytes(highEntropy)
		return func(s string) bool { return !differ(s, least) }
	case "jwt":
		return noJWT
	}
	return nil
}

// differ reports whether s may have at least so many different bytes.
func differ(s string, least int) bool {
	// Bytes below 0x80 that have their last six bits in common are two at most.
	var some, more uint64
	var all byte
	i := 0
	for ; i+1 < len(s); i += 2 {
		some, more, all = some|1<<(s[i]&63), more|1<<(s[i+1]&63), all|s[i]|s[i+1]
	}
	if i < len(s) {
		some, all = some|1<<(s[i]&63), all|s[i]
	}
	n := bits.OnesCount64(some | more)
	if all >= 0x80 || n >= least || 2*n < least {
		return all >= 0x80 || n >= least
	}
	var low, high uint64
	for i := 0; i < len(s); i++ {
		bit, up := uint64(1)<<(s[i]&63), -uint64(s[i]>>6)
		low, high = low|bit&^up, high|bit&up
	}
	return bits.OnesCount64(low)+bits.OnesCount64(high) >= least
}

// spread gives how many different bytes s has and the sum of n log n over
// their counts n.
func spread(s string) (different int, sum float64) {
	if len(s) > math.MaxUint8 {
		var count [256]int
		for i := 0; i < len(s); i++ {
			count[s[i]]++
		}
		for _, n := range count {
			if n > 0 {
				different++
				sum += nLogN(n)
			}
		}
		return different, sum
	}
	var count [256]uint8
	total := int64(0)
	for i := 0; i < len(s); i++ {
		n := count[s[i]]
		if n == 0 {
			different++
		}
		total += growth[n]
		count[s[i]] = n + 1
	}
	return different, float64(total) / growthUnit
}

// epsilon is what rounding may take away.
const epsilon = 1e-9

func nLogN(n int) float64 { return float64(n) * math.Log2(float64(max(n, 1))) }

// growth is by how much n log n grows from n to n+1, in 1/growthUnit.
var growth = func() (t [256]int64) {
	for n := range t {
		t[n] = int64(math.Round(growthUnit * (nLogN(n+1) - nLogN(n))))
	}
	return t
}()

const growthUnit = 1 << 40
