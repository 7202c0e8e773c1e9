package edm

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Key is the secret that a store is built and read with. It prints masked.
type Key struct{ secret [32]byte }

// keyPrefix begins the one line of a key file: the version, then 32 bytes in
// base64 (RFC 4648, section 4).
const keyPrefix = "edm-key-1:"

// minImport is the least that a key may be imported from, in bytes.
const minImport = 32

// maxKeyFile bounds what is read of a file.
const maxKeyFile = 1 << 20

// Errors about keys.
var (
	ErrNoKey    = errors.New("not a key file (make one with: labelmilter edm key new)")
	ErrWrongKey = errors.New("the store was built with another key")
)

// NewKey makes a random key.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k.secret[:]) // never fails: the program ends instead
	return k
}

// ImportKey makes a key of at least 32 bytes, which must not be guessable: the
// same bytes give the same key on every host.
func ImportKey(r io.Reader) (Key, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxKeyFile+1))
	switch {
	case err != nil:
		return Key{}, err
	case len(data) > maxKeyFile:
		return Key{}, fmt.Errorf("more than %d bytes", maxKeyFile)
	}
	data = []byte(strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"))
	if len(data) < minImport {
		return Key{}, fmt.Errorf("%d bytes, a key needs at least %d", len(data), minImport)
	}
	seen := map[byte]bool{}
	for _, b := range data {
		seen[b] = true
	}
	if len(seen) < 8 {
		return Key{}, errors.New("the bytes repeat: that is no secret")
	}
	m := hmac.New(sha256.New, []byte("labelmilter edm key import"))
	m.Write(data)
	var k Key
	m.Sum(k.secret[:0])
	return k, nil
}

// Write writes the key to a new file that only its owner may read; a file
// that is there already stays as it is.
func (k Key) Write(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s%s\n", keyPrefix, base64.StdEncoding.EncodeToString(k.secret[:]))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// ReadKey reads a key file. A file that others than owner and group may read
// is refused.
func ReadKey(path string) (Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, err
	}
	if info.Mode()&fs.FileMode(0o007) != 0 {
		return Key{}, fmt.Errorf("%s: may be read or changed by everybody (mode %04o)", path, info.Mode().Perm())
	}
	f, err := os.Open(path)
	if err != nil {
		return Key{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return Key{}, err
	}
	k, err := parseKey(string(data))
	if err != nil {
		return Key{}, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

func parseKey(s string) (Key, error) {
	s, ok := strings.CutPrefix(strings.TrimSpace(s), keyPrefix)
	data, err := base64.StdEncoding.DecodeString(s)
	if !ok || err != nil || len(data) != len(Key{}.secret) {
		return Key{}, ErrNoKey
	}
	return Key{secret: [32]byte(data)}, nil
}

// Check identifies the key without telling it: 64 bits in hexadecimal.
func (k Key) Check() string { return newKeys(k).check }

// Format masks every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "******") }

// MarshalText masks.
func (k Key) MarshalText() ([]byte, error) { return []byte("******"), nil }
