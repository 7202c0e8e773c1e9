package bitmap

import "testing"

// both runs a test with assembly and without.
func both(t *testing.T, f func(*testing.T)) {
	f(t)
	if fast {
		fast = false
		defer func() { fast = true }()
		f(t)
	}
}
