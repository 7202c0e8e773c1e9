package admin

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Store is the state of one store of exact data match.
type Store struct {
	Table     string
	Available bool
	Digest    string
	Rows      int64
	Built     time.Time
	MaxAge    time.Duration
}

// stores collects the states when metrics are asked for.
type stores struct {
	read                                         func() []Store
	now                                          func() time.Time
	available, built, age, maxAge, rows, version *prometheus.Desc
}

func newStores(read func() []Store) *stores {
	desc := func(name, help string, more ...string) *prometheus.Desc {
		return prometheus.NewDesc(namespace+"_edm_store_"+name, help, append([]string{"table"}, more...), nil)
	}
	return &stores{read: read, now: time.Now,
		available: desc("available", "1 if the store of exact data match can be read."),
		built:     desc("built_timestamp_seconds", "When the table of the store was read."),
		age:       desc("age_seconds", "Time since the table of the store was read."),
		maxAge:    desc("max_age_seconds", "Age from which the store is stale, as configured."),
		rows:      desc("rows", "Rows of the store."),
		version:   desc("info", "1 for the store in service, by digest.", "digest"),
	}
}

// Describe implements prometheus.Collector.
func (s *stores) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.available, s.built, s.age, s.maxAge, s.rows, s.version} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *stores) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, x := range s.read() {
		gauge(s.maxAge, x.MaxAge.Seconds(), x.Table)
		if !x.Available {
			gauge(s.available, 0, x.Table)
			continue
		}
		gauge(s.available, 1, x.Table)
		gauge(s.built, float64(x.Built.UnixMilli())/1000, x.Table)
		gauge(s.age, s.now().Sub(x.Built).Seconds(), x.Table)
		gauge(s.rows, float64(x.Rows), x.Table)
		gauge(s.version, 1, x.Table, x.Digest)
	}
}

// StoreRefused counts a file that could not be taken into service.
func (m *Metrics) StoreRefused() { m.noStore.Inc() }
