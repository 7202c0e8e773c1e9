package helper

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"unsafe"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// Command is the argument with which the program starts another under limits:
// extract-helper MEMORY SECONDS NETWORK PROGRAM ARGUMENT…
const Command = "extract-helper"

// Main takes the limits, becomes the program, and gives the exit code if that
// fails.
func Main(args []string) int {
	if len(args) < 4 {
		fmt.Fprintln(os.Stderr, "labelmilter: error: "+Command+" is started by extraction only")
		return 2
	}
	memory, err := strconv.ParseUint(args[0], 10, 64)
	if err != nil {
		return 2
	}
	seconds, err := strconv.ParseUint(args[1], 10, 64)
	if err != nil {
		return 2
	}
	program, err := exec.LookPath(args[3])
	if err != nil {
		return 127
	}
	for _, l := range []struct {
		what int
		n    uint64
	}{{unix.RLIMIT_CPU, seconds}, {unix.RLIMIT_CORE, 0}, {unix.RLIMIT_FSIZE, 256 << 20}} {
		if err := unix.Setrlimit(l.what, &unix.Rlimit{Cur: l.n, Max: l.n}); err != nil {
			return 126
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 126
	}
	c := landlock.V5.BestEffort()
	files := []landlock.Rule{landlock.RODirs("/"), landlock.RWDirs("/tmp", "/dev").IgnoreIfMissing()}
	if args[2] == "true" {
		err = c.RestrictPaths(files...)
	} else {
		err = c.Restrict(files...)
	}
	if err != nil {
		return 126
	}
	return become(program, args[3:], memory)
}

// become takes the limit of memory and becomes the program. The Go runtime has
// reserved more address space than the limit already and dies of the next wish
// for memory: nothing but the two system calls stands between.
func become(program string, args []string, memory uint64) int {
	path, err := syscall.BytePtrFromString(program)
	if err != nil {
		return 126
	}
	argv, err := syscall.SlicePtrFromStrings(args)
	if err != nil {
		return 126
	}
	env, err := syscall.SlicePtrFromStrings(os.Environ())
	if err != nil {
		return 126
	}
	limit := &unix.Rlimit{Cur: memory, Max: memory}
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	if memory > 0 {
		if _, _, no := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, 0, unix.RLIMIT_AS, uintptr(unsafe.Pointer(limit)), 0, 0, 0); no != 0 {
			return 126
		}
	}
	// It comes back with an error only.
	_, _, _ = syscall.RawSyscall(syscall.SYS_EXECVE, uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&env[0])))
	return 126
}

// attributes give the program a process group of its own, so that what it starts
// ends with it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func stop(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGKILL) }
