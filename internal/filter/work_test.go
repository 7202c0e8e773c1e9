package filter

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// TestWork: each job is done, whatever becomes of others; no more goroutines
// wait than judge at a time, and none after Wait.
func TestWork(t *testing.T) {
	before := runtime.NumGoroutine()
	f := New(Options{Concurrency: 2})
	var done atomic.Int64
	const jobs = 500
	for i := range jobs {
		f.do(func() {
			done.Add(1)
			if i%50 == 0 {
				runtime.Goexit()
			}
		})
	}
	f.judging.Wait()
	if n := done.Load(); n != jobs {
		t.Errorf("%d of %d jobs are done", n, jobs)
	}
	wait := func(want string, ok func() bool) {
		t.Helper()
		for range 1000 {
			if ok() {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Errorf("%d goroutines, %d before, %s", runtime.NumGoroutine(), before, want)
	}
	wait("want two more", func() bool { return runtime.NumGoroutine() <= before+2 })
	if err := f.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	wait("want none more", func() bool { return runtime.NumGoroutine() <= before })
	f.do(func() { done.Add(1) })
	if err := f.Wait(context.Background()); err != nil || done.Load() != jobs+1 {
		t.Errorf("a job after Wait: %v, %d done", err, done.Load())
	}
}
