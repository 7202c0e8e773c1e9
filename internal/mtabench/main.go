// Command mtabench measures what labelmilter costs: it sends the same mail
// through private Postfix servers without a milter, with one that does
// nothing, and with labelmilter with all packs on and records kept, and
// compares the processor time of the filters.
//
// The set-ups take turns within each round, and medians over the rounds are
// given, so that a machine that is busy with other things disturbs all of
// them alike. The figure to compare is processor seconds of the filter's
// process per 1,000 messages; sender, Postfix and filter share the machine's
// cores, so throughput and times say more about the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"labelmilter/internal/mtabench/corpus"
	"labelmilter/internal/mtalab"
	"labelmilter/internal/store"
)

// options of a run.
type options struct {
	rounds, messages, connections, distinct int
	seed                                    uint64
	binary, compare, sets                   string
	readme, config, admin                   string
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 5, "rounds; medians over them are given")
	flag.IntVar(&o.messages, "messages", 600, "messages of each set and round")
	flag.IntVar(&o.connections, "connections", 8, "connections of the sender")
	flag.IntVar(&o.distinct, "distinct", 100, "different messages of each set")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the generated mail")
	flag.StringVar(&o.binary, "binary", "bin/labelmilter", "the labelmilter binary")
	flag.StringVar(&o.compare, "compare", "", "another labelmilter binary to measure beside it")
	flag.StringVar(&o.sets, "sets", "", "sets to measure, separated by commas (default all)")
	flag.StringVar(&o.config, "config", "", "text to append to labelmilter's configuration")
	flag.StringVar(&o.admin, "admin", "off", "labelmilter's admin address, for profiles")
	flag.StringVar(&o.readme, "readme", "", "write the table between the markers of this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "mtabench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	if o.rounds < 1 || o.messages < 1 || o.connections < 1 || o.distinct < 1 {
		return errors.New("rounds, messages, connections and distinct must be at least 1")
	}
	if reason := mtalab.Missing("postfix"); reason != "" {
		return errors.New(reason)
	}
	sets, err := chosen(o.sets)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "labelmilter-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil { // the user postfix must reach the sockets
		return err
	}
	setups, err := startAll(ctx, dir, o)
	defer func() {
		for _, s := range setups {
			err = errors.Join(err, s.stop())
		}
	}()
	if err != nil {
		return err
	}
	table, err := measure(ctx, o, sets, setups)
	if err != nil {
		return err
	}
	text := table.markdown(o, about(ctx, o))
	fmt.Print(text)
	if o.readme != "" {
		return replaceInFile(o.readme, text)
	}
	return nil
}

func chosen(names string) ([]corpus.Set, error) {
	all := corpus.Sets()
	if names == "" {
		return all, nil
	}
	var out []corpus.Set
	for _, n := range strings.Split(names, ",") {
		i := slices.IndexFunc(all, func(s corpus.Set) bool { return s.Name == n })
		if i < 0 {
			return nil, fmt.Errorf("no set %q", n)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// settle is how long after the last answer a filter may finish what nobody
// waits for; it is counted.
const settle = 200 * time.Millisecond

// measure runs all turns. Each begins when the machine's Postfix servers have
// delivered what was sent before.
func measure(ctx context.Context, o options, sets []corpus.Set, setups []*setUp) (*table, error) {
	t := newTable(sets, setups)
	judged := 0 // by each labelmilter
	for i, set := range sets {
		mail := set.Messages(o.seed, o.distinct)
		for round := range o.rounds + 1 {
			n := o.messages
			if round == 0 {
				n = max(o.connections, o.messages/6) // warms up, not counted
			}
			judged += n
			for k := range setups {
				k = (k + round) % len(setups)
				turn, err := setups[k].turn(ctx, mail, n, o.connections)
				if err != nil {
					return nil, fmt.Errorf("%s, %s: %w", set.Name, setups[k].name, err)
				}
				if round > 0 {
					t.cells[i][k].add(turn)
				}
			}
			fmt.Fprintf(os.Stderr, "\r%-12s round %d of %d ", set.Name, round, o.rounds)
		}
		for _, s := range setups {
			if s.state == "" {
				continue
			}
			f, err := s.found(ctx, mail, o.messages)
			if errors.Is(err, store.ErrNewer) && s.name == compared {
				continue // said once, below
			}
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", set.Name, s.name, err)
			}
			if text := f.String(); text != "" {
				t.notes = append(t.notes, s.name+", "+set.Name+": "+text)
			}
		}
	}
	fmt.Fprintln(os.Stderr)
	for _, s := range setups {
		if s.state == "" {
			continue
		}
		n, err := s.records(ctx)
		if errors.Is(err, store.ErrNewer) && s.name == compared {
			t.notes = append(t.notes, s.name+": its records are of a later version and were not looked at.")
			continue
		}
		if err != nil {
			return nil, err
		}
		if n != judged {
			return nil, fmt.Errorf("%s kept %d records of %d messages", s.name, n, judged)
		}
	}
	return t, nil
}

// turn sends n messages through one set-up.
func (s *setUp) turn(ctx context.Context, mail []corpus.Message, n, connections int) (turn, error) {
	var t turn
	var before time.Duration
	var err error
	if s.filter != nil {
		if before, err = cpuTime(s.filter.pid()); err != nil {
			return t, err
		}
	}
	sent, err := sendAll(ctx, s.postfix.SMTPAddr(), mail, n, connections)
	if err != nil {
		return t, err
	}
	if err := s.drained(ctx); err != nil {
		return t, err
	}
	t.rate = float64(n) / sent.elapsed.Seconds()
	t.p50, t.p99 = percentile(sent.times, 50), percentile(sent.times, 99)
	if s.filter == nil {
		return t, nil
	}
	time.Sleep(settle)
	after, err := cpuTime(s.filter.pid())
	if err != nil {
		return t, err
	}
	t.cpu = (after - before).Seconds() * 1000 / float64(n)
	t.memory, err = memoryOf(s.filter.pid())
	return t, err
}
