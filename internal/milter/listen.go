package milter

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Listen opens a listener: "tcp" (also "tcp4", "tcp6"), "unix", or "systemd"
// with the name (LISTEN_FDNAMES) or number from 0 of a socket passed by
// sd_listen_fds(3).
func Listen(ctx context.Context, l Listener) (net.Listener, error) {
	switch l.Network {
	case "unix":
		return listenUnix(ctx, l)
	case "systemd":
		return inherited(l.Address, os.Getenv, os.Getpid())
	case "tcp", "tcp4", "tcp6":
		var lc net.ListenConfig
		return lc.Listen(ctx, l.Network, l.Address)
	}
	return nil, fmt.Errorf("network %q is unknown (known: tcp, unix, systemd)", l.Network)
}

// firstInherited is SD_LISTEN_FDS_START.
const firstInherited = 3

// inherited opens a socket the service manager passed.
func inherited(name string, getenv func(string) string, pid int) (net.Listener, error) {
	if p, err := strconv.Atoi(getenv("LISTEN_PID")); err != nil || p != pid {
		return nil, fmt.Errorf("no sockets were passed to this process (LISTEN_PID)")
	}
	n, err := strconv.Atoi(getenv("LISTEN_FDS"))
	if err != nil || n < 1 || n > 1024 {
		return nil, fmt.Errorf("no sockets were passed to this process (LISTEN_FDS)")
	}
	i := slices.Index(strings.Split(getenv("LISTEN_FDNAMES"), ":"), name)
	if i < 0 || name == "" {
		if i, err = strconv.Atoi(name); err != nil {
			return nil, fmt.Errorf("no socket named %q was passed (LISTEN_FDNAMES)", name)
		}
	}
	if i < 0 || i >= n {
		return nil, fmt.Errorf("socket %d was not passed, there are %d", i, n)
	}
	fd := firstInherited + i
	syscall.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), name)
	defer func() { _ = f.Close() }()
	ln, err := net.FileListener(f)
	if u, ok := ln.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // the service manager's
	}
	return ln, err
}
