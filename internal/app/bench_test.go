package app

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// BenchmarkMessages is messages of 10 kB per second through a unix socket with
// eight clients, the decision record of each durable before its answer.
func BenchmarkMessages(b *testing.B) {
	d := start(b, "", nil)
	body := []byte(strings.Repeat("The committee met on Tuesday and agreed the agenda for the next session.\r\n", 135))
	const clients = 8
	b.ResetTimer()
	var wg sync.WaitGroup
	for n := range clients {
		wg.Go(func() {
			c, err := session(d.Addrs()[0])
			if err != nil {
				b.Error(err)
				return
			}
			defer c.Close()
			for i := n; i < b.N; i += clients {
				m := mail(fmt.Sprintf("B%d", i), "x", marked("OFFICIAL"))
				m.Body = body
				if r, err := c.Send(m); err != nil || r.Decision.Code != 'a' {
					b.Errorf("%v, %v", r.Decision, err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
