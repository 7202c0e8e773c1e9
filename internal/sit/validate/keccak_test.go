package validate

import (
	"bytes"
	"crypto/sha3"
	"encoding/hex"
	"testing"
)

// TestKeccak: with the padding of FIPS 202 the sponge is SHA3-256, so only
// the padding byte is left to the known answers of Keccak-256.
func TestKeccak(t *testing.T) {
	t.Parallel()
	for n := range 300 {
		p := bytes.Repeat([]byte{byte(n)}, n)
		if got, want := sponge256(p, padSHA3), sha3.Sum256(p); got != want {
			t.Fatalf("%d bytes: %x, want %x", n, got, want)
		}
	}
	for in, want := range map[string]string{
		"":    "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
		"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
	} {
		if sum := keccak256([]byte(in)); hex.EncodeToString(sum[:]) != want {
			t.Errorf("keccak256(%q) = %x, want %s", in, sum, want)
		}
	}
}
