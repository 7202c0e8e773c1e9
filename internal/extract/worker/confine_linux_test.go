package worker

import (
	"testing"

	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// spend leaves the process a second of processor time.
func spend() error {
	return unix.Setrlimit(unix.RLIMIT_CPU, &unix.Rlimit{Cur: 1, Max: unix.RLIM_INFINITY})
}

// The calls that workers may make exist on every architecture that is built for:
// a name that does not would leave them without the filter.
func TestSystemCallsExist(t *testing.T) {
	t.Parallel()
	for goarch, names := range map[string][]string{"amd64": systemCalls("amd64"), "arm64": systemCalls("arm64")} {
		info, err := arch.GetInfo(goarch)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range append(names, "clone", "clone3", "tgkill", "prlimit64") {
			if _, ok := info.SyscallNames[n]; !ok {
				t.Errorf("%s has no %s", goarch, n)
			}
		}
	}
}
