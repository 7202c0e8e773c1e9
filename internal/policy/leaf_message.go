package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"labelmilter/internal/facts"
	"labelmilter/internal/message"
)

// Range is a closed interval; a nil bound is open.
type Range struct{ AtLeast, AtMost *int64 }

// Has reports whether n is in the range.
func (r Range) Has(n int64) bool {
	return (r.AtLeast == nil || n >= *r.AtLeast) && (r.AtMost == nil || n <= *r.AtMost)
}

// String writes the range as in YAML.
func (r Range) String() string {
	var out []string
	if r.AtLeast != nil {
		out = append(out, fmt.Sprintf("at_least: %d", *r.AtLeast))
	}
	if r.AtMost != nil {
		out = append(out, fmt.Sprintf("at_most: %d", *r.AtMost))
	}
	return "{" + strings.Join(out, ", ") + "}"
}

// MessageIs is `message:`: properties of the message as a whole.
type MessageIs struct {
	Kind       []string // see message.Kinds
	Importance []string // high, normal, low
	Charset    []string // declared charset of any part, lower case
	Size       *Range   // bytes
}

func (c MessageIs) eval(e *Evaluation) set {
	m := e.Message
	if len(c.Kind) > 0 && !overlap(c.Kind, message.Kinds(m)) {
		return e.none()
	}
	if len(c.Importance) > 0 && !slices.Contains(c.Importance, message.Importance(m)) {
		return e.none()
	}
	if len(c.Charset) > 0 && !anyPart(m.Root, func(p *message.Part) bool { return slices.Contains(c.Charset, p.Charset) }) {
		return e.none()
	}
	if c.Size != nil {
		e.saw("%d bytes", m.Size)
		return e.whole(c.Size.Has(m.Size))
	}
	return e.all()
}

// TimeWindow is `time:`: the clock of the decision is in one of the windows.
type TimeWindow struct {
	Windows []Window
	Zone    *time.Location
}

// Window is a span of the day on some days of the week. To before From goes
// over midnight; the day is that of the start.
type Window struct {
	Days     [7]bool // Sunday first
	From, To int     // minutes after midnight, To exclusive
	Source   string  // as written
}

func (c TimeWindow) eval(e *Evaluation) set {
	t := e.Facts.Now.In(c.Zone)
	minute := t.Hour()*60 + t.Minute()
	day, before := int(t.Weekday()), (int(t.Weekday())+6)%7
	for _, w := range c.Windows {
		switch {
		case w.From < w.To && w.Days[day] && minute >= w.From && minute < w.To,
			w.From >= w.To && w.Days[day] && minute >= w.From,
			w.From >= w.To && w.Days[before] && minute < w.To:
			return e.all()
		}
	}
	return e.none()
}

// ParseWindow reads "08:00-18:00" or "Mon-Fri 08:00-18:00" or "Sat,Sun".
func ParseWindow(s string) (Window, error) {
	w := Window{To: 24 * 60, Source: s}
	f := strings.Fields(s)
	if len(f) == 0 || len(f) > 2 {
		return w, fmt.Errorf("time window %q is not of the form \"Mon-Fri 08:00-18:00\"", s)
	}
	days, hours := "", f[len(f)-1]
	if len(f) == 2 || !strings.Contains(hours, ":") {
		days = f[0]
	}
	if err := w.days(days); err != nil {
		return w, err
	}
	if strings.Contains(hours, ":") {
		var a, b, c, d int
		if n, _ := fmt.Sscanf(hours, "%d:%d-%d:%d", &a, &b, &c, &d); n != 4 || a < 0 || a > 23 || c < 0 || c > 24 || b < 0 || b > 59 || d < 0 || d > 59 || c*60+d > 24*60 {
			return w, fmt.Errorf("hours %q are not of the form 08:00-18:00", hours)
		}
		w.From, w.To = a*60+b, c*60+d
	}
	return w, nil
}

func (w *Window) days(s string) error {
	names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	if s == "" {
		w.Days = [7]bool{true, true, true, true, true, true, true}
		return nil
	}
	for _, item := range strings.Split(strings.ToLower(s), ",") {
		a, b, span := strings.Cut(item, "-")
		i, j := slices.Index(names, a), slices.Index(names, b)
		if !span {
			j = i
		}
		if i < 0 || j < 0 {
			return fmt.Errorf("day %q is none of Sun, Mon, Tue, Wed, Thu, Fri, Sat", item)
		}
		for k := i; ; k = (k + 1) % 7 {
			w.Days[k] = true
			if k == j {
				break
			}
		}
	}
	return nil
}

// FactIs is `fact:`: the state of a fact, and what it says. A fact about
// recipients named without one (recipient.groups) holds for each alone.
type FactIs struct {
	Name  string
	State []facts.State
	Is    []string // values, lower case
	Range *Range   // of a number
}

func (c FactIs) eval(e *Evaluation) set {
	if strings.HasPrefix(c.Name, "recipient.") && !strings.Contains(c.Name, ":") {
		return e.each(func(i int) bool {
			return i < len(e.recipient) && c.fits(e.Facts.Get(c.Name+":"+e.recipient[i].full))
		})
	}
	f := e.Facts.Get(c.Name)
	e.saw("%s", f.State)
	return e.whole(c.fits(f))
}

func (c FactIs) fits(f facts.Fact) bool {
	if !slices.Contains(c.State, f.State) {
		return false
	}
	if len(c.Is) > 0 && !anyOf(c.Is, strings.Split(f.Value, ",")) {
		return false
	}
	if c.Range == nil {
		return true
	}
	n, err := strconv.ParseInt(strings.TrimSpace(f.Value), 10, 64)
	return err == nil && c.Range.Has(n)
}

func anyPart(p *message.Part, f func(*message.Part) bool) bool {
	if p == nil {
		return false
	}
	if f(p) {
		return true
	}
	for _, k := range p.Children {
		if anyPart(k, f) {
			return true
		}
	}
	return false
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

func (c MessageIs) String() string {
	var out []string
	for _, kv := range []struct {
		k string
		v []string
	}{{"kind", c.Kind}, {"importance", c.Importance}, {"charset", c.Charset}} {
		if len(kv.v) > 0 {
			out = append(out, kv.k+": ["+strings.Join(kv.v, ", ")+"]")
		}
	}
	if c.Size != nil {
		out = append(out, "size: "+c.Size.String())
	}
	return "message: {" + strings.Join(out, ", ") + "}"
}

func (c TimeWindow) String() string {
	var out []string
	for _, w := range c.Windows {
		out = append(out, w.Source)
	}
	return "time: {window: [" + strings.Join(out, ", ") + "], zone: " + c.Zone.String() + "}"
}

func (c FactIs) String() string {
	s := fmt.Sprintf("fact: {name: %s, state: %v", c.Name, c.State)
	if len(c.Is) > 0 {
		s += fmt.Sprintf(", is: %v", c.Is)
	}
	if c.Range != nil {
		s += ", " + strings.Trim(c.Range.String(), "{}")
	}
	return s + "}"
}
