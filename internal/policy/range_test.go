package policy

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// A range holds just the addresses from its first to its last.
func TestParseRange(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	addr := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}) }
	for range 300 {
		a, b := r.IntN(65536), r.IntN(65536)
		if a > b {
			a, b = b, a
		}
		ps, err := ParseRange(addr(a).String() + "-" + addr(b).String())
		if err != nil || len(ps) > 32 {
			t.Fatalf("%d to %d: %v, %v", a, b, ps, err)
		}
		for _, n := range []int{a - 1, a, a + 1, (a + b) / 2, b - 1, b, b + 1, r.IntN(65536)} {
			if n >= 0 && n < 65536 && inNetworks(ps, addr(n)) != (n >= a && n <= b) {
				t.Errorf("%d to %d, %d: %v", a, b, n, ps)
			}
		}
	}
	for s, want := range map[string]int{"0.0.0.0-255.255.255.255": 1, "2001:db8::-2001:db8::ffff": 1, "::1 - ::1": 1, "192.0.2.1": 1, "10.0.0.0/8": 1} {
		if ps, err := ParseRange(s); err != nil || len(ps) != want {
			t.Errorf("%s: %v, %v", s, ps, err)
		}
	}
	for _, s := range []string{"10.0.0.2-10.0.0.1", "10.0.0.1-::1", "a-b", "10.0.0.1-", "-", "10.0.0.1-10.0.0.2-10.0.0.3"} {
		if ps, err := ParseRange(s); err == nil {
			t.Errorf("%s: %v", s, ps)
		}
	}
}
