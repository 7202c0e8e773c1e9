package strictyaml

import (
	"encoding"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	sizeType     = reflect.TypeFor[Size]()
	prefixType   = reflect.TypeFor[netip.Prefix]()
	addrType     = reflect.TypeFor[netip.Addr]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// words name a scalar type in messages.
type words struct{ one, many string }

// scalarName names a type that is written as one scalar.
func scalarName(t reflect.Type) (words, bool) {
	switch t {
	case durationType:
		return words{"a duration such as 5s or 7d", "durations such as 5s or 7d"}, true
	case timeType:
		return words{"a date such as 2026-12-31 or a time such as 2026-12-31T09:00:00Z", "dates"}, true
	case sizeType:
		return words{"a size such as 25MB or 1MiB", "sizes such as 25MB or 1MiB"}, true
	case prefixType:
		return words{"a network such as 10.0.0.0/8 or 2001:db8::/32", "networks"}, true
	case addrType:
		return words{"an address such as 192.0.2.1", "addresses"}, true
	}
	switch {
	case decodesItself(t):
		return words{}, false
	case reflect.PointerTo(t).Implements(textType):
		return words{"a string", "strings"}, true
	}
	switch t.Kind() {
	case reflect.String:
		return words{"a string", "strings"}, true
	case reflect.Bool:
		return words{"true or false", "true or false"}, true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return words{"a whole number", "whole numbers"}, true
	case reflect.Float32, reflect.Float64:
		return words{"a number", "numbers"}, true
	}
	return words{}, false
}

func isScalar(t reflect.Type) bool {
	_, ok := scalarName(t)
	return ok
}

func (d *Decoder) scalar(n *Node, v reflect.Value, r rules) {
	t := v.Type()
	if !n.IsScalar() {
		d.mismatch(n, wanted(t))
		return
	}
	switch fix, err := setScalar(n, v); {
	case err != nil:
		d.Problem(n, fix, "%s%s", n.label(), err)
	case t.Kind() == reflect.String || len(r.enum) > 0:
		d.enum(n, r)
	default:
		d.bounds(n, v, r)
	}
}

func (d *Decoder) enum(n *Node, r rules) {
	if len(r.enum) == 0 || slices.Contains(r.enum, n.text) {
		return
	}
	d.Problem(n, suggest(n.text, r.enum), "unknown value %q%s", shorten(n.text), strings.TrimSuffix(" for "+n.name, " for "))
}

// setScalar reads the text of n. The error says what was wanted.
func setScalar(n *Node, v reflect.Value) (fix string, err error) {
	t := v.Type()
	mismatch := fmt.Errorf("want %s, found %s", wanted(t), n.found())
	switch t {
	case durationType:
		x, err := ParseDuration(n.text)
		if err != nil {
			if n.kind == Int {
				fix = "add a unit: " + n.text + "s"
			}
			return fix, mismatch
		}
		v.SetInt(int64(x))
		return "", nil
	case timeType:
		x, err := parseTime(n.text)
		if err != nil {
			return "", mismatch
		}
		v.Set(reflect.ValueOf(x))
		return "", nil
	case sizeType:
		x, err := ParseSize(n.text)
		if err != nil {
			return "", mismatch
		}
		v.SetInt(int64(x))
		return "", nil
	case prefixType:
		x, fix, err := parsePrefix(n.text)
		if err != nil {
			return fix, mismatch
		}
		v.Set(reflect.ValueOf(x))
		return "", nil
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(n.text)); err != nil {
			if t == addrType {
				return "", mismatch
			}
			return "", fmt.Errorf("%s: %w", n.found(), err)
		}
		return "", nil
	}
	switch t.Kind() {
	case reflect.String:
		v.SetString(n.text)
	case reflect.Bool:
		if n.kind != Bool {
			switch strings.ToLower(n.text) {
			case "yes", "on", "y", "1":
				fix = "write true"
			case "no", "off", "n", "0":
				fix = "write false"
			}
			return fix, mismatch
		}
		v.SetBool(strings.EqualFold(n.text, "true"))
	case reflect.Float32, reflect.Float64:
		x, err := parseFloat(n.text)
		if err != nil || n.quoted || n.kind != Int && n.kind != Float || v.OverflowFloat(x) {
			return "", mismatch
		}
		v.SetFloat(x)
	default:
		return setInt(n, v, mismatch)
	}
	return "", nil
}

func setInt(n *Node, v reflect.Value, mismatch error) (fix string, err error) {
	if n.quoted && resolve(n.text) == Int {
		return "remove the quotes", mismatch
	}
	if n.kind != Int {
		return "", mismatch
	}
	if v.CanUint() {
		if strings.HasPrefix(n.text, "-") {
			return "", fmt.Errorf("%s is less than 0", n.text)
		}
		x, err := strconv.ParseUint(intText(n.text), 0, 64)
		if leadingZero(n.text) {
			return "remove the zero", fmt.Errorf("a number with a leading zero, %s, can be read in two ways", shorten(n.text))
		}
		if err != nil || v.OverflowUint(x) {
			return "", fmt.Errorf("%s is out of range", shorten(n.text))
		}
		v.SetUint(x)
		return "", nil
	}
	if leadingZero(n.text) {
		return "remove the zero", fmt.Errorf("a number with a leading zero, %s, can be read in two ways", shorten(n.text))
	}
	x, err := parseInt(n.text)
	if err != nil || v.OverflowInt(x) {
		return "", fmt.Errorf("%s is out of range", shorten(n.text))
	}
	v.SetInt(x)
	return "", nil
}

// bounds checks min and max, written as a value of the same type is.
func (d *Decoder) bounds(n *Node, v reflect.Value, r rules) {
	if r.min == "" && r.max == "" {
		return
	}
	for _, b := range []struct {
		text, word string
		sign       int
	}{{r.min, "less", -1}, {r.max, "more", 1}} {
		if b.text == "" {
			continue
		}
		limit := reflect.New(v.Type()).Elem()
		at := &Node{kind: resolve(b.text), text: b.text}
		if _, err := setScalar(at, limit); err != nil {
			d.Problem(n, "", "%sthe bound %q cannot be read", n.label(), b.text)
			continue
		}
		if compare(v, limit) == b.sign {
			d.Problem(n, "", "%s%s is %s than %s", n.label(), shorten(n.text), b.word, b.text)
		}
	}
}

func compare(a, b reflect.Value) int {
	switch {
	case a.CanInt():
		return sign(a.Int() < b.Int(), a.Int() > b.Int())
	case a.CanUint():
		return sign(a.Uint() < b.Uint(), a.Uint() > b.Uint())
	case a.CanFloat():
		x := a.Float()
		if math.IsNaN(x) {
			return 1
		}
		return sign(x < b.Float(), x > b.Float())
	}
	return 0
}

func sign(less, more bool) int {
	switch {
	case less:
		return -1
	case more:
		return 1
	}
	return 0
}
