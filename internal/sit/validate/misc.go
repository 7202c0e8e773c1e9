package validate

import (
	"net/netip"
	"strings"
)

var miscTable = []entry{
	{"imei", "IMEI: 15 digits with Luhn (3GPP TS 23.003 clause 6.2)", isIMEI},
	{"icao-9303", "travel document field and its check digit, weights 7,3,1 mod 10 (ICAO Doc 9303-3 4.9)", isICAO},
	{"ipv4", "IPv4 address in dotted decimal without leading zeros (RFC 6943 3.1.1)", isIPv4},
	{"ipv6", "IPv6 address with at least one group or two colons (RFC 4291 2.2)", isIPv6},
	{"vin", "vehicle identification number with the North American check digit (49 CFR 565.15)", isVIN},
}

func isIMEI(s string) bool {
	var b field
	d := digits(&b, s, " -/", 15, 15)
	return d != nil && luhnSum(d, 10) == 0
}

func isICAO(s string) bool {
	if len(s) < 2 || len(s) > maxInput {
		return false
	}
	var b field
	c := filled(&b, s)
	if c == nil {
		return false
	}
	last := len(c) - 1
	return icaoDigit(c[:last], c[last])
}

func isIPv4(s string) bool {
	if len(s) < 7 || len(s) > 15 || strings.IndexByte(s, ':') >= 0 {
		return false
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

func isIPv6(s string) bool {
	// The longest text is six groups and a dotted IPv4 address.
	if len(s) < 2 || len(s) > 45 || strings.Count(s, ":") < 2 || strings.IndexByte(s, '%') >= 0 {
		return false
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6() && a != netip.IPv6Unspecified()
}

func isVIN(s string) bool {
	var b field
	c := chars(&b, s, "", 17, 17)
	if c == nil {
		return false
	}
	weights := [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	const letters = "\x01\x02\x03\x04\x05\x06\x07\x08\x00\x01\x02\x03\x04\x05\x00\x07\x00\x09\x02\x03\x04\x05\x06\x07\x08\x09"
	sum := 0
	for i, x := range c {
		v := value(x)
		if v >= 10 {
			if v = int(letters[v-10]); v == 0 {
				return false // I, O and Q are not used
			}
		}
		sum += v * weights[i]
	}
	return "0123456789X"[sum%11] == c[8]
}
