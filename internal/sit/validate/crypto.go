package validate

import "crypto/sha256"

var cryptoTable = []entry{
	{"btc", "Bitcoin address: Base58Check version 0 or 5, or segwit bech32/bech32m (BIP 173, BIP 350)", isBitcoin},
	{"btc-wif", "Bitcoin private key in wallet import format: Base58Check version 128", isWIF},
	{"base58check", "Base58Check of 5 to 82 bytes: last four bytes are of a double SHA-256", isBase58Check},
	{"bech32", "bech32 or bech32m string of up to 90 characters (BIP 173, BIP 350)", isBech32},
	{"eth", "Ethereum address: 0x, 40 hex digits; mixed case must carry the EIP-55 checksum", isEthereum},
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// maxBase58 bounds a Base58Check payload: an extended key (BIP 32) has 82
// bytes, written in 111 characters at most.
const (
	maxBase58     = 82
	maxBase58Text = 112
)

// decode58 decodes into the end of buf and returns the bytes with their
// leading zeros, nil if s is no Base58 or too long.
func decode58(buf *[maxBase58]byte, s string) []byte {
	if len(s) == 0 || len(s) > maxBase58Text {
		return nil
	}
	zeros := 0
	for zeros < len(s) && s[zeros] == '1' {
		zeros++
	}
	used := 0
	for i := zeros; i < len(s); i++ {
		carry := index(base58, s[i])
		if carry < 0 {
			return nil
		}
		for j := 0; j < used || carry > 0; j++ {
			if j == len(buf) {
				return nil
			}
			at := len(buf) - 1 - j
			if j >= used {
				buf[at] = 0
				used++
			}
			carry += int(buf[at]) * 58
			buf[at] = byte(carry)
			carry >>= 8
		}
	}
	if zeros+used > len(buf) {
		return nil
	}
	start := len(buf) - used - zeros
	clear(buf[start : start+zeros])
	return buf[start:]
}

// base58Payload returns the payload of a Base58Check string, nil if its
// checksum is wrong.
func base58Payload(buf *[maxBase58]byte, s string) []byte {
	raw := decode58(buf, s)
	if len(raw) < 5 {
		return nil
	}
	body := raw[:len(raw)-4]
	sum := sha256.Sum256(body)
	sum = sha256.Sum256(sum[:])
	if string(sum[:4]) != string(raw[len(raw)-4:]) {
		return nil
	}
	return body
}

func isBase58Check(s string) bool {
	var b [maxBase58]byte
	return base58Payload(&b, s) != nil
}

func isBitcoin(s string) bool {
	if len(s) > 3 && (s[:3] == "bc1" || s[:3] == "BC1") {
		return isSegwit(s)
	}
	var b [maxBase58]byte
	p := base58Payload(&b, s)
	return len(p) == 21 && (p[0] == 0 || p[0] == 5)
}

func isWIF(s string) bool {
	var b [maxBase58]byte
	p := base58Payload(&b, s)
	return (len(p) == 33 || len(p) == 34 && p[33] == 1) && p[0] == 0x80
}

const bech32Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// Residues of the two checksums (BIP 173, BIP 350).
const (
	residueBech32  = 1
	residueBech32m = 0x2bc830a3
)

// bech32Parse checks alphabet and case and returns the data values without
// the checksum, the end of the human-readable part and the residue.
func bech32Parse(buf *[90]byte, s string) (data []byte, hrp int, residue uint32) {
	if len(s) < 8 || len(s) > 90 {
		return nil, 0, 0
	}
	hrp = -1
	lower, upper := false, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < 33 || c > 126 {
			return nil, 0, 0
		}
		lower = lower || 'a' <= c && c <= 'z'
		upper = upper || isUpper(c)
		if c == '1' {
			hrp = i
		}
	}
	if hrp < 1 || len(s)-hrp-1 < 6 || lower && upper {
		return nil, 0, 0
	}
	chk := uint32(1)
	for i := range hrp {
		chk = polymod(chk, toLower(s[i])>>5)
	}
	chk = polymod(chk, 0)
	for i := range hrp {
		chk = polymod(chk, toLower(s[i])&31)
	}
	n := 0
	for i := hrp + 1; i < len(s); i++ {
		v := index(bech32Letters, toLower(s[i]))
		if v < 0 {
			return nil, 0, 0
		}
		chk = polymod(chk, byte(v))
		buf[n] = byte(v)
		n++
	}
	return buf[:n-6], hrp, chk
}

// polymod is one step of the BCH code over GF(32).
func polymod(chk uint32, v byte) uint32 {
	generator := [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	top := chk >> 25
	chk = (chk&0x1ffffff)<<5 ^ uint32(v)
	for i, g := range generator {
		if top>>i&1 == 1 {
			chk ^= g
		}
	}
	return chk
}

func toLower(c byte) byte {
	if isUpper(c) {
		return c + 'a' - 'A'
	}
	return c
}

func isBech32(s string) bool {
	var b [90]byte
	data, _, residue := bech32Parse(&b, s)
	return data != nil && (residue == residueBech32 || residue == residueBech32m)
}

// isSegwit checks a mainnet witness program: version 0 uses bech32 and 20 or
// 32 bytes, later versions bech32m and 2 to 40 bytes.
func isSegwit(s string) bool {
	var b [90]byte
	data, hrp, residue := bech32Parse(&b, s)
	if len(data) < 2 || hrp != 2 || data[0] > 16 {
		return false
	}
	bits := (len(data) - 1) * 5
	size, pad := bits/8, bits%8
	if pad >= 5 || data[len(data)-1]&(1<<pad-1) != 0 || size < 2 || size > 40 {
		return false
	}
	if data[0] == 0 {
		return residue == residueBech32 && (size == 20 || size == 32)
	}
	return residue == residueBech32m
}

func isEthereum(s string) bool {
	if len(s) != 42 || s[0] != '0' || s[1] != 'x' && s[1] != 'X' {
		return false
	}
	var text [40]byte
	lower, upper := false, false
	for i := range text {
		c := s[i+2]
		switch {
		case 'a' <= c && c <= 'f':
			lower = true
		case 'A' <= c && c <= 'F':
			upper = true
		case !isDigit(c):
			return false
		}
		text[i] = toLower(c)
	}
	if !lower || !upper {
		return true
	}
	sum := keccak256(text[:])
	for i := range text {
		c := s[i+2]
		nibble := sum[i/2] >> (4 * (1 - i%2)) & 15
		if !isDigit(c) && isUpper(c) != (nibble >= 8) {
			return false
		}
	}
	return true
}
