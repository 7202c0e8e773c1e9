// Package slack lets short sleeps of a process end late, so that the kernel
// wakes it less often.
//
// The runtime of Go has a thread that watches the others. While anything runs
// it sleeps 20 µs at a time, and each time costs a switch of threads: for a
// filter, which works in bursts of less than a millisecond, a fifth of all its
// processor time. The thread's work may as well be done every millisecond. The
// kernel has a slack for that, PR_SET_TIMERSLACK of prctl(2): a thread has
// that of the thread which started it, and as the watching one starts before
// any code of ours, only a program that starts another, or itself again, can
// give it one.
package slack

import (
	"os"
	"time"
)

// Wanted is how late a sleep may end. Nothing in the daemon asks for times
// finer than some milliseconds.
const Wanted = time.Millisecond

// marker is in the environment of a process that was started again, so that
// this happens once whatever the kernel says.
const marker = "LABELMILTER_TIMER_SLACK"

// Restart starts this program again, as the same process, with the slack
// wanted. It returns if it has that already, or it cannot be had: all goes on
// as well then, only not as cheaply. Call it before anything else is done.
func Restart() {
	if _, again := os.LookupEnv(marker); again {
		_ = os.Unsetenv(marker) // workers are started without
		return
	}
	restart()
}
