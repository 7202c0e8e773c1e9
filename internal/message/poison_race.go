//go:build race

package message

// poison spoils the memory of a closed message, so that tests under the race
// detector see who still reads it.
func poison(b []byte) {
	b = b[:cap(b)]
	for i := range b {
		b[i] = 0xdb
	}
}
