package worker

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// attributes keep a worker out of the daemon's process group: an interrupt from
// a terminal is for the daemon, which lets jobs end.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// maxStack ends a recursion without end before it takes all memory.
const maxStack = 64 << 20

// cpuSeconds is the processor time of one job: twice what the largest message
// may take.
const cpuSeconds = 20

// confine takes from the process everything but its pipes and what memory it was
// given. Memory and time can always be limited; the kernel may lack the rest.
func confine() (s Sandbox) {
	debug.SetMaxStack(maxStack)
	var missing []error
	limit := func(what int, n uint64) {
		if err := unix.Setrlimit(what, &unix.Rlimit{Cur: n, Max: n}); err != nil {
			missing = append(missing, err)
		}
	}
	// RLIMIT_DATA counts private writable memory; RLIMIT_AS would count the
	// address space that the Go runtime reserves too.
	if n, err := strconv.ParseUint(os.Getenv(memoryVariable), 10, 64); err == nil && n > 0 {
		limit(unix.RLIMIT_DATA, n*memoryFactor)
	}
	limit(unix.RLIMIT_CORE, 0)
	limit(unix.RLIMIT_FSIZE, 0)
	s.Limits = len(missing) == 0
	spent := make(chan os.Signal, 1)
	signal.Notify(spent, unix.SIGXCPU)
	go func() {
		<-spent
		os.Exit(exitTime)
	}()
	if err := landlock.V5.BestEffort().Restrict(); err != nil {
		missing = append(missing, err)
	} else {
		s.Landlock = landlocked()
	}
	err := seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: seccomp.Policy{
		DefaultAction: seccomp.ActionErrno,
		Syscalls: []seccomp.SyscallGroup{
			{Action: seccomp.ActionAllow, Names: systemCalls(runtime.GOARCH)},
			// Threads and signals within the process, limits of its own.
			{Action: seccomp.ActionAllow, NamesWithCondtions: []seccomp.NameWithConditions{
				{Name: "clone", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.BitsSet, Value: unix.CLONE_THREAD}}},
				{Name: "tgkill", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.Equal, Value: uint64(os.Getpid())}}},
				{Name: "prlimit64", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.Equal, Value: 0}}},
			}},
			// Its flags cannot be seen by a filter; the C library then takes clone.
			{Action: seccomp.Action(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)), Names: []string{"clone3"}},
		}}})
	if err != nil {
		missing = append(missing, err)
	}
	s.Seccomp = err == nil
	if err := errors.Join(missing...); err != nil {
		s.Missing = err.Error()
	}
	return s
}

// landlocked tells by use whether files are out of reach: an older kernel takes
// the call for done.
func landlocked() bool {
	f, err := os.Open("/")
	if err == nil {
		_ = f.Close() // it was only to see
	}
	return errors.Is(err, unix.EACCES)
}

// systemCalls are those that the Go runtime and reading and writing of open
// files make. No file can be opened, no socket, no process.
func systemCalls(goarch string) []string {
	calls := []string{"read", "write", "readv", "writev", "close", "fstat", "lseek", "fcntl",
		"mmap", "munmap", "mprotect", "madvise", "mremap", "mincore", "brk",
		"futex", "sched_yield", "sched_getaffinity", "nanosleep", "clock_nanosleep", "clock_gettime", "gettimeofday", "restart_syscall",
		"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "getpid", "gettid",
		"setitimer", "timer_create", "timer_settime", "timer_delete",
		"epoll_pwait", "epoll_ctl", "epoll_create1", "eventfd2", "pipe2", "set_robust_list", "rseq",
		"getrusage", "getrandom", "exit", "exit_group"}
	if goarch == "amd64" {
		calls = append(calls, "epoll_wait", "arch_prctl", "setrlimit", "getrlimit")
	}
	return calls
}

// moreTime gives the next job its processor time.
func moreTime() error {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return err
	}
	now := uint64(u.Utime.Sec+u.Stime.Sec) + 1
	return unix.Setrlimit(unix.RLIMIT_CPU, &unix.Rlimit{Cur: now + cpuSeconds, Max: unix.RLIM_INFINITY})
}
