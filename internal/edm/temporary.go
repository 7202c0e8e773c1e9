package edm

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

// Temporary makes a store of a small table, for tests of rules: with a key of
// its own and in a file that has no name any more when it returns.
func Temporary(def Schema, table string) (*Table, error) {
	dir, err := os.MkdirTemp("", "labelmilter-edm-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	k := NewKey()
	path := filepath.Join(dir, "store")
	if _, err := Build(context.Background(), Options{Schema: def, Key: k, Input: "-", Stdin: strings.NewReader(table), Output: path, Workers: 1}); err != nil {
		return nil, err
	}
	s, err := Open(path, k)
	if err != nil {
		return nil, err
	}
	return s.Bind(&def)
}
