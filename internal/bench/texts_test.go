package bench

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// table makes rows of comma-separated values: numbers, names, dates, amounts.
func table(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 3))
	var b strings.Builder
	for b.Len() < mailSize {
		fmt.Fprintf(&b, "%06d,%s,%s %s,20%02d-%02d-%02d,%d.%02d,%s@example.org,%03d-%04d\r\n", r.IntN(1e6), word(r), word(r), word(r),
			r.IntN(99), 1+r.IntN(12), 1+r.IntN(28), r.IntN(1e4), r.IntN(100), word(r), r.IntN(1000), r.IntN(1e4))
	}
	return b.String()[:mailSize]
}

// logLines makes lines as mail servers write them.
func logLines(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 4))
	var b strings.Builder
	for b.Len() < mailSize {
		fmt.Fprintf(&b, "Nov %2d %02d:%02d:%02d mx%d postfix/smtpd[%d]: %X: client=%s.example.net[192.0.2.%d], sasl=%s, size=%d, nrcpt=%d (queue active)\n",
			1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(9), r.IntN(1e5), r.Uint64()>>20, word(r), r.IntN(256), word(r), r.IntN(1e5), r.IntN(20))
	}
	return b.String()[:mailSize]
}

func word(r *rand.Rand) string {
	syllables := strings.Fields("ta re con di ver mo la ni pro se ri al ment er ing an de com in ster land berg wood ham ton fi gu po lu ce na be ro si")
	var b strings.Builder
	for range 2 + r.IntN(2) {
		b.WriteString(syllables[r.IntN(len(syllables))])
	}
	return b.String()
}

// hostile are texts made to be slow, found by the search of the engine's
// tests and by the clock: units that are repeated.
var hostile = []string{"+A", "%2b", "user id=a;pwd= bcd4gh:", "7 7 7 ", "4111 1111 1111 1111 ", "passport 123456789 ",
	"passport number: 256229338\n", "date of issue, passport# 237355930 ", "cif 27469541C ", "Smith, John ",
	"scB9token xoxb-236278591951-167983792-xxxxxxxyx26355xxxxxxxxxxxxvwscgattjfxxxx",
	"1845=yyY rfc=465c2X1AbCDa290+1A2/519x7/20YE2/xeéEx6/ABeyaCDAya/6123/61a78261Ac",
	"%3D", "7%2%", "725-", "passport number: 256229338 tax no#: 808448510 ",
	"tax no#: 808448510 passport number: 256229338 date of issue, passport# 237355930 מספר זהות 931389878 passport number: 256229338\n",
	"eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJSUzI1NiIsICJraWQiOiAiQnNVY3ZBWWlqYXZ4In0.eyJzdWIiOiAiMTQ0MjIzOTriLCAiaX.zIjogImh0dHBzOi8vbGlnaW4vbG9naW4uYWdlb1qUSsvnIZdR_QVMiw7RKhdUS3n20Owz ",
	"Ali ", "Ali Ali Ali   A\xbcli Ali   Ali Ali  Ali Ali   Ali  Ali Ali Ali Ali   Ali  Ali Ali  ", "\tAleksi", "Ada  Ada  Ada Ada Ada ",
	"tax no#: 808448510 passport number: 256229338 d, passport# 237405930 מספר זהות 931389878 oX7er+: 256229338\ntax no#: 808448510 passport number: 256229338  d, rt# 237355930 מספר זהות 931389878 ortumb/r+:56229338\n"}
