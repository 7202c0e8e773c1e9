package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"labelmilter/internal/store"
)

// A bit that flipped in the decision records is said in the log, with its place,
// and counted; the daemon starts and serves.
func TestDamagedDecisions(t *testing.T) {
	d := site(t, "")
	d.run(d.options())
	c := d.dial(0)
	for _, q := range []string{"first-queue", "second-queue", "third-queue"} {
		d.send(c, mail(q, q))
		d.record(q)
	}
	_ = c.Close()
	if err := d.Stop(bg); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(d.dir, "state", store.DecisionsDir)
	files, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	data[bytes.Index(data, []byte("second-queue"))] ^= 1
	if err := os.WriteFile(files[0], data, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(strings.TrimSuffix(files[0], ".log") + ".idx"); err != nil { // as after a kill
		t.Fatal(err)
	}
	again := site(t, "")
	again.dir = d.dir
	again.run(again.options())
	if log := again.log.String(); strings.Count(log, "decision records is damaged") != 1 || !strings.Contains(log, filepath.Base(files[0])+", offset ") {
		t.Errorf("log: %s", log)
	}
	again.wantMetric("labelmilter_store_errors_total 1")
	again.send(again.dial(0), mail("fourth-queue", "more"))
	for _, q := range []string{"first-queue", "third-queue", "fourth-queue"} {
		again.record(q)
	}
}
