package strictyaml

import (
	"errors"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Size is a number of bytes, written 1500, 60kB, 25MB, 1MiB. The units kB, MB,
// GB, TB are powers of 1000; KiB, MiB, GiB, TiB powers of 1024.
type Size int64

type unit struct {
	name  string
	bytes int64
}

// units has the larger ones first.
func units() []unit {
	return []unit{
		{"TiB", 1 << 40}, {"TB", 1e12}, {"GiB", 1 << 30}, {"GB", 1e9},
		{"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"B", 1},
	}
}

var errUnit = errors.New("not a number with a unit")

// ParseSize reads a size; the unit's case does not matter, a fraction and one
// space before the unit are allowed.
func ParseSize(s string) (Size, error) {
	number, name := s, "B"
	if i := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != '_' }); i >= 0 {
		number, name = strings.TrimSuffix(s[:i], " "), strings.TrimPrefix(s[i:], " ")
	}
	if number == "" || number[0] == '.' || strings.ContainsRune(number, '_') {
		return 0, errUnit
	}
	for _, u := range units() {
		if !strings.EqualFold(u.name, name) {
			continue
		}
		if whole, err := strconv.ParseInt(number, 10, 64); err == nil {
			if whole > math.MaxInt64/u.bytes {
				return 0, errUnit
			}
			return Size(whole * u.bytes), nil
		}
		x, err := strconv.ParseFloat(number, 64)
		if err != nil || x*float64(u.bytes) >= math.MaxInt64 || u.bytes == 1 {
			return 0, errUnit
		}
		return Size(math.Round(x * float64(u.bytes))), nil
	}
	return 0, errUnit
}

// String is the shortest exact spelling that ParseSize reads.
func (s Size) String() string {
	for _, u := range units() {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return "0B"
}

// ParseDuration reads what time.ParseDuration reads, and days and weeks before
// it: 7d, 1w, 1d12h.
func ParseDuration(s string) (time.Duration, error) {
	negative := strings.HasPrefix(s, "-")
	rest := strings.TrimPrefix(s, "-")
	var sum time.Duration
	for _, u := range []struct {
		name string
		span time.Duration
	}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}} {
		number, after := span(rest, isDigit)
		if number == "" || !strings.HasPrefix(after, u.name) {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n > int64(math.MaxInt64/u.span) || sum > math.MaxInt64-time.Duration(n)*u.span {
			return 0, errUnit
		}
		sum += time.Duration(n) * u.span
		if rest = after[1:]; rest == "" {
			return signed(sum, negative), nil
		}
	}
	if strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "+") {
		return 0, errUnit
	}
	more, err := time.ParseDuration(rest)
	if err != nil || more < 0 || sum > math.MaxInt64-more {
		return 0, errUnit
	}
	return signed(sum+more, negative), nil
}

func signed(d time.Duration, negative bool) time.Duration {
	if negative {
		return -d
	}
	return d
}

func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339Nano, s)
}

// parsePrefix reads a network; an address alone is a network of one.
func parsePrefix(s string) (netip.Prefix, string, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}, "", errUnit
		}
		return netip.PrefixFrom(a, a.BitLen()), "", nil
	}
	if p.Masked() != p {
		return netip.Prefix{}, "did you mean " + p.Masked().String() + "?", errUnit
	}
	return p, "", nil
}

// intText drops what strconv does not take.
func intText(s string) string { return strings.TrimPrefix(s, "+") }

// leadingZero reports 0123, which some readers of YAML take for octal.
func leadingZero(s string) bool {
	s = strings.TrimLeft(s, "+-")
	return len(s) > 1 && s[0] == '0' && isDigit(s[1])
}

// parseInt reads decimal, 0x and 0o numbers without leading zeros.
func parseInt(s string) (int64, error) {
	if leadingZero(s) || strings.Contains(s, "_") {
		return 0, errUnit
	}
	return strconv.ParseInt(intText(s), 0, 64)
}

func parseFloat(s string) (float64, error) {
	switch strings.ToLower(strings.TrimLeft(s, "+-")) {
	case ".inf":
		if s[0] == '-' {
			return math.Inf(-1), nil
		}
		return math.Inf(1), nil
	case ".nan":
		return math.NaN(), nil
	}
	return strconv.ParseFloat(s, 64)
}
