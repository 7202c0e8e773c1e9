package edm

import (
	"fmt"
	"io"
	"strconv"
)

// synthetic makes rows of a table of customers, as many as wanted, the same
// every time: number, name, date of birth, address. It is an io.Reader, so
// that a table of any size needs no room.
type synthetic struct {
	rows, next int64
	buf        []byte
	at         int
}

// generated is the definition of the synthetic table.
var generated = Schema{ID: "generated", Columns: []Column{
	{Name: "SSN", Type: Digits, Searchable: true},
	{Name: "Name", Type: Name},
	{Name: "Born", Type: Date, Order: "ymd"},
	{Name: "Address", Type: Text},
}}

var (
	given  = []string{"Isaiah", "Ana", "Oscar", "Maria", "Wei", "Fatima", "Liam", "Noor", "Olga", "Pedro", "Chloe", "Ivan", "Sofia", "Hugo", "Ines", "Jonas"}
	family = []string{"Langer", "Bowman", "Ward", "Petrov", "Nguyen", "Haddad", "Murphy", "Costa", "Jansen", "Rossi", "Novak", "Silva", "Meyer", "Dubois", "Larsen", "Okafor"}
	roads  = []string{"Lincoln Road", "First Street", "Hill Avenue", "Station Lane", "King Street", "Mill Close", "Park View", "Church Walk"}
)

// numberOf is the number of row i: a permutation, so no two rows share one.
func numberOf(i int64) int64 { return 100_000_000 + i*611_953%899_999_999 }

// mix spreads the bits of a row's number (splitmix64).
func mix(i int64) uint64 {
	x := uint64(i) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

type person struct{ number, name, born, address string }

func personOf(i int64) person {
	x := mix(i)
	n := strconv.FormatInt(numberOf(i), 10)
	return person{n[:3] + "-" + n[3:5] + "-" + n[5:],
		given[x&15] + " " + family[x>>4&15] + string(rune('a'+x>>8&15)) + string(rune('a'+x>>12&15)),
		fmt.Sprintf("%04d-%02d-%02d", 1930+x>>16%80, 1+x>>24%12, 1+x>>32%28),
		strconv.FormatUint(1+x>>40%9999, 10) + " " + roads[x>>54&7]}
}

func (s *synthetic) Read(p []byte) (int, error) {
	for s.at == len(s.buf) {
		s.buf, s.at = s.buf[:0], 0
		if s.next == 0 {
			s.buf = append(s.buf, "SSN,Name,Born,Address\n"...)
		}
		for k := 0; k < 1000 && s.next < s.rows; k++ {
			s.buf = appendPerson(s.buf, s.next)
			s.next++
		}
		if len(s.buf) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(p, s.buf[s.at:])
	s.at += n
	return n, nil
}

// appendPerson is personOf as a line, fast enough for long tables.
func appendPerson(b []byte, i int64) []byte {
	x := mix(i)
	from := len(b)
	b = strconv.AppendInt(b, numberOf(i), 10)
	b = append(b, "--"...)
	n := b[from:]
	copy(n[7:], n[5:9])
	n[6] = '-'
	copy(n[4:6], n[3:5])
	n[3] = '-'
	b = append(b, ',')
	b = append(b, given[x&15]...)
	b = append(b, ' ')
	b = append(b, family[x>>4&15]...)
	b = append(b, byte('a'+x>>8&15), byte('a'+x>>12&15), ',')
	b = strconv.AppendUint(b, 1930+x>>16%80, 10)
	b = append(b, '-', byte('0'+(1+x>>24%12)/10), byte('0'+(1+x>>24%12)%10), '-', byte('0'+(1+x>>32%28)/10), byte('0'+(1+x>>32%28)%10), ',')
	b = strconv.AppendUint(b, 1+x>>40%9999, 10)
	b = append(b, ' ')
	b = append(b, roads[x>>54&7]...)
	return append(b, '\n')
}
