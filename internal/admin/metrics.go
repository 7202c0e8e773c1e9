// Package admin is the daemon's HTTP side: metrics for Prometheus, health,
// readiness and reload. There is no authentication; it is meant for loopback
// or a unix socket, and reload is refused to any other peer.
//
// Metrics hold names of the site's own making only (listeners, directions,
// labels, rules, reasons): nothing from mail, so that no sender can make
// series.
package admin

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Gauges are read when metrics are collected. Each may be nil.
type Gauges struct {
	Sessions   func() int // milter connections open
	Waiting    func() int // messages that wait for their turn
	StoreQueue func() int // writes that wait
	Stores     func() []Store
}

// Metrics count what the daemon does. All methods are safe for concurrent use.
type Metrics struct {
	messages  *prometheus.CounterVec
	rules     *prometheus.CounterVec
	overrides *prometheus.CounterVec
	offers    *prometheus.CounterVec
	refused   *prometheus.CounterVec
	notices   *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	bytes     prometheus.Counter
	failures  *prometheus.CounterVec
	skipped   *prometheus.CounterVec
	unsent    prometheus.Counter
	gone      prometheus.Counter
	store     prometheus.Counter
	faults    *prometheus.CounterVec
	panics    *prometheus.CounterVec
	workers   *prometheus.CounterVec
	reloadOK  prometheus.Gauge
	reloadAt  prometheus.Gauge
	reloads   *prometheus.CounterVec
	ruleset   *prometheus.GaugeVec
	ruleCount *prometheus.GaugeVec
	noStore   prometheus.Counter

	mu     sync.Mutex
	digest string
}

const namespace = "labelmilter"

// NewMetrics makes the metrics and registers them.
func NewMetrics(reg prometheus.Registerer, g Gauges) (*Metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
	}
	m := &Metrics{
		messages:  counters("messages_total", "Messages answered.", "direction", "verdict", "outcome", "label"),
		rules:     counters("rule_hits_total", "Messages matched by a rule.", "policy", "rule", "mode"),
		overrides: counters("overrides_total", "Rules lifted by senders.", "policy", "rule", "kind"),
		offers:    counters("override_offers_total", "Override tokens given out.", "policy", "rule"),
		refused:   counters("override_refusals_total", "Override tokens that opened nothing.", "reason"),
		notices:   counters("notices_total", "Mails of our own: sent, deferred, failed; notices that went with others: merged.", "result"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: "processing_seconds",
			Help:    "Time from the end of a message to its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}}, []string{"direction"}),
		bytes:    counter("message_bytes_total", "Bytes of messages answered."),
		failures: counters("fail_mode_total", "Messages answered by the fail mode.", "reason", "direction", "verdict"),
		skipped:  counters("skipped_total", "Messages that were not fully inspected.", "reason"),
		unsent:   counter("answers_unsent_total", "Answers that did not reach the MTA whole."),
		gone:     counter("messages_gone_total", "Messages that the MTA no longer waited for."),
		store:    counter("store_errors_total", "Writes to the store that failed, and pieces of it found damaged."),
		faults:   counters("milter_faults_total", "Connections closed because of the MTA's side.", "fault"),
		panics:   counters("panics_total", "Panics in milter sessions.", "stage"),
		workers:  counters("extract_workers_killed_total", "Workers that an attachment brought to their end, by cause.", "cause"),
		reloadOK: gauge("reload_successful", "1 if the last load of rules and configuration succeeded."),
		reloadAt: gauge("reload_success_timestamp_seconds", "Time of the last successful load."),
		reloads:  counters("reloads_total", "Loads of rules and configuration.", "result"),
		ruleset: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "ruleset_info",
			Help: "1 for the rule set in force, by digest."}, []string{"digest"}),
		ruleCount: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "ruleset_size",
			Help: "What the rule set in force holds."}, []string{"kind"}),
		noStore: counter("edm_store_refused_total", "Files of exact data match that could not be taken into service."),
	}
	for what, f := range map[[2]string]func() int{
		{"sessions_open", "Milter connections open."}:            g.Sessions,
		{"queue_depth", "Messages that wait to be judged."}:      g.Waiting,
		{"store_queue_depth", "Writes that wait for the store."}: g.StoreQueue,
	} {
		if f == nil {
			continue
		}
		if err := reg.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: what[0], Help: what[1]},
			func() float64 { return float64(f()) })); err != nil {
			return nil, err
		}
	}
	if g.Stores != nil {
		if err := reg.Register(newStores(g.Stores)); err != nil {
			return nil, err
		}
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.messages, m.rules, m.overrides, m.offers, m.refused, m.notices, m.seconds, m.bytes, m.failures, m.skipped, m.unsent, m.gone, m.store,
		m.faults, m.panics, m.workers, m.reloadOK, m.reloadAt, m.reloads, m.ruleset, m.ruleCount, m.noStore} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

// Message is what is counted of a message.
type Message struct {
	Direction, Verdict, Outcome, Label string
	Bytes                              int64
	Rules                              []Rule // that matched
	Overrides                          []Rule // that the sender lifted; Mode is the kind
	Offered                            string // "policy/rule" that offered an override
	Refused                            string // why an override token opened nothing
	Skipped                            []string
	Fail                               string // reason of the fail mode, "" if none
	Gone                               bool   // nobody waited for the answer
	Unsent                             bool
	Duration                           time.Duration
}

// Rule is a rule that matched.
type Rule struct{ Policy, Rule, Mode string }

// Message counts a message.
func (m *Metrics) Message(x Message) {
	if x.Gone {
		m.gone.Inc()
		return
	}
	m.messages.WithLabelValues(x.Direction, x.Verdict, x.Outcome, x.Label).Inc()
	m.seconds.WithLabelValues(x.Direction).Observe(x.Duration.Seconds())
	m.bytes.Add(float64(max(x.Bytes, 0)))
	for _, r := range x.Rules {
		m.rules.WithLabelValues(r.Policy, r.Rule, r.Mode).Inc()
	}
	for _, r := range x.Overrides {
		m.overrides.WithLabelValues(r.Policy, r.Rule, r.Mode).Inc()
	}
	if policy, rule, ok := strings.Cut(x.Offered, "/"); ok {
		m.offers.WithLabelValues(policy, rule).Inc()
	}
	if x.Refused != "" {
		m.refused.WithLabelValues(x.Refused).Inc()
	}
	for _, s := range x.Skipped {
		m.skipped.WithLabelValues(s).Inc()
	}
	if x.Fail != "" {
		m.failures.WithLabelValues(x.Fail, x.Direction, x.Verdict).Inc()
	}
	if x.Unsent {
		m.unsent.Inc()
	}
}

// Notices counts mails of our own.
func (m *Metrics) Notices(result string, n int) { m.notices.WithLabelValues(result).Add(float64(n)) }

// StoreError counts a failed write or a piece that cannot be read.
func (m *Metrics) StoreError() { m.store.Inc() }

// Fault counts a connection closed for a constant reason.
func (m *Metrics) Fault(what string) { m.faults.WithLabelValues(what).Inc() }

// Panic counts a panic at a stage.
func (m *Metrics) Panic(stage string) { m.panics.WithLabelValues(stage).Inc() }

// WorkerKilled counts a worker that did not end by itself, by its cause in fixed
// words.
func (m *Metrics) WorkerKilled(cause string) { m.workers.WithLabelValues(cause).Inc() }

// Loaded notes a successful load of the rule set with that digest. size is how
// much of each kind it holds.
func (m *Metrics) Loaded(at time.Time, digest string, size map[string]int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if digest != m.digest {
		m.ruleset.Reset()
		m.digest = digest
	}
	m.ruleset.WithLabelValues(digest).Set(1)
	for kind, n := range size {
		m.ruleCount.WithLabelValues(kind).Set(float64(n))
	}
	m.reloadOK.Set(1)
	m.reloadAt.Set(float64(at.UnixMilli()) / 1000)
	m.reloads.WithLabelValues("success").Inc()
}

// NotLoaded notes a load that failed: the old rules stay in force.
func (m *Metrics) NotLoaded() {
	m.reloadOK.Set(0)
	m.reloads.WithLabelValues("failure").Inc()
}
