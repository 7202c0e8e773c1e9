//go:build !amd64

package bitmap

import "testing"

func both(t *testing.T, f func(*testing.T)) { f(t) }
