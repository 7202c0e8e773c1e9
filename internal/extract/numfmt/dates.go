package numfmt

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// showDate displays a serial number of days. The 1900 date system has a
// 29 February 1900 (serial 60), which never was; the 1904 system begins on
// 1 January 1904 (ISO/IEC 29500-1 18.17.4.1).
func (s *section) showDate(v float64, date1904 bool) string {
	decimals := 0
	for i, t := range s.tokens {
		if t.kind == point {
			for _, d := range s.tokens[i+1:] {
				if d.kind != digit {
					break
				}
				decimals++
			}
		}
	}
	decimals = min(decimals, 3)
	unit := math.Pow(10, float64(decimals)) * 86400
	ticks := math.Round(v * unit)
	day := math.Floor(ticks / unit)
	millis := int64((ticks - day*unit) / unit * 86_400_000)
	if decimals == 0 {
		millis = int64(math.Round((ticks-day*unit)/unit*86_400)) * 1000
	}
	at, leap := dayOf(int(day), date1904)
	at = at.Add(time.Duration(millis) * time.Millisecond)
	hours := float64(ticks) / unit * 24
	half := false
	for _, t := range s.tokens {
		half = half || t.kind == datePart && strings.HasSuffix(t.text, "/PM") || t.text == "A/P"
	}
	var b strings.Builder
	pointSeen := false
	for i, t := range s.tokens {
		switch t.kind {
		case literal:
			b.WriteString(t.text)
		case point:
			pointSeen = true
			if decimals > 0 {
				b.WriteByte('.')
				b.WriteString(fmt.Sprintf("%03d", at.Nanosecond()/1e6)[:decimals])
			} else {
				b.WriteByte('.')
			}
		case digit:
			if !pointSeen {
				b.WriteString(t.text)
			}
		case datePart:
			b.WriteString(s.part(i, at, hours, half, leap))
		}
	}
	return strings.TrimSpace(b.String())
}

// whole is the date and the time of day of a serial number, as far as the
// displayed form does not show them.
func whole(v float64, date1904 bool, shown string) string {
	seconds := math.Round(v * 86400)
	day := math.Floor(seconds / 86400)
	at, _ := dayOf(int(day), date1904)
	at = at.Add(time.Duration(seconds-day*86400) * time.Second)
	var out []string
	if v >= 1 { // below it is a time of day
		for _, layout := range []string{"2006", "01", "02"} {
			if !strings.Contains(shown, at.Format(layout)) {
				out = append(out, at.Format("2006-01-02"))
				break
			}
		}
	}
	if seconds != day*86400 && !strings.Contains(shown, at.Format("15:04:05")) {
		out = append(out, at.Format("15:04:05"))
	}
	return strings.Join(out, " ")
}

// dayOf is the day of a serial number; leap is set for the day that never was.
func dayOf(n int, date1904 bool) (t time.Time, leap bool) {
	switch {
	case date1904:
		return time.Date(1904, 1, 1+n, 0, 0, 0, 0, time.UTC), false
	case n == 60:
		return time.Date(1900, 2, 28, 0, 0, 0, 0, time.UTC), true
	case n < 60:
		return time.Date(1899, 12, 31+n, 0, 0, 0, 0, time.UTC), false
	}
	return time.Date(1899, 12, 30+n, 0, 0, 0, 0, time.UTC), false
}

// part displays one date part.
func (s *section) part(i int, t time.Time, hours float64, half, leap bool) string {
	text := s.tokens[i].text
	day := t.Day()
	if leap {
		day = 29
	}
	hour := t.Hour()
	if half {
		if hour %= 12; hour == 0 {
			hour = 12
		}
	}
	n := len(text)
	switch text[0] {
	case 'y', 'e', 'b':
		if n <= 2 && text[0] == 'y' {
			return fmt.Sprintf("%02d", t.Year()%100)
		}
		return fmt.Sprintf("%04d", t.Year())
	case 'd':
		switch {
		case n == 1:
			return fmt.Sprint(day)
		case n == 2:
			return fmt.Sprintf("%02d", day)
		case n == 3:
			return t.Weekday().String()[:3]
		}
		return t.Weekday().String()
	case 'h':
		return padded(hour, n)
	case 's':
		return padded(t.Second(), n)
	case 'm':
		if s.minutes(i) {
			return padded(t.Minute(), n)
		}
		switch n {
		case 1, 2:
			return padded(int(t.Month()), n)
		case 3:
			return t.Month().String()[:3]
		case 5:
			return t.Month().String()[:1]
		}
		return t.Month().String()
	case 'A':
		am := t.Hour() < 12
		switch {
		case text == "A/P" && am:
			return "A"
		case text == "A/P":
			return "P"
		case am:
			return "AM"
		}
		return "PM"
	case '[':
		switch text {
		case "[h]":
			return fmt.Sprint(int64(hours + 1e-9))
		case "[m]":
			return fmt.Sprint(int64(hours*60 + 1e-7))
		}
		return fmt.Sprint(int64(math.Round(hours * 3600)))
	}
	return ""
}

func padded(v, n int) string {
	if n >= 2 {
		return fmt.Sprintf("%02d", v)
	}
	return fmt.Sprint(v)
}

// minutes reports that an "m" stands for minutes: after hours or before
// seconds.
func (s *section) minutes(i int) bool {
	for j := i - 1; j >= 0; j-- {
		if s.tokens[j].kind == datePart {
			if c := s.tokens[j].text; c[0] == 'h' || c == "[h]" || c[0] == 's' {
				return true
			}
			break
		}
	}
	for j := i + 1; j < len(s.tokens); j++ {
		if s.tokens[j].kind == datePart {
			return s.tokens[j].text[0] == 's' || s.tokens[j].text == "[s]"
		}
	}
	return false
}
