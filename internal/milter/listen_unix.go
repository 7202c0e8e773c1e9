package milter

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// defaultMode lets the socket's group, the MTA's, connect.
const defaultMode = 0o660

// listenUnix opens a unix socket. A socket file that a crash left behind is
// replaced, one that somebody serves is not, nor is any other file.
//
// The socket is bound in a private directory, gets its owner and mode there
// and is moved into place: no umask matters, and nobody can connect before
// the mode is right.
func listenUnix(ctx context.Context, l Listener) (net.Listener, error) {
	if strings.HasPrefix(l.Address, "@") { // Linux's abstract names have no file
		var lc net.ListenConfig
		return lc.Listen(ctx, "unix", l.Address)
	}
	gid, err := lookupGroup(l.Group)
	if err != nil {
		return nil, err
	}
	if err := checkStale(ctx, l.Address); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(l.Address), ".m")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	tmp := filepath.Join(dir, "s")
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "unix", tmp)
	if err != nil {
		return nil, err
	}
	u := &unixListener{UnixListener: ln.(*net.UnixListener), path: l.Address}
	u.SetUnlinkOnClose(false)
	if err := u.place(tmp, os.FileMode(l.Mode), gid); err != nil {
		_ = u.UnixListener.Close()
		return nil, err
	}
	return u, nil
}

// checkStale gives an error unless path is free or a socket nobody serves.
func checkStale(ctx context.Context, path string) error {
	fi, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if fi.Mode()&os.ModeSocket == 0 {
		return fmt.Errorf("%s exists and is not a socket", path)
	}
	d := net.Dialer{Timeout: time.Second}
	nc, err := d.DialContext(ctx, "unix", path)
	if err == nil {
		_ = nc.Close()
		return fmt.Errorf("%s is served by another process", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%s exists and cannot be tested: %w", path, err)
	}
	return nil
}

// lookupGroup gives a group's id by name or number, -1 for "".
func lookupGroup(name string) (int, error) {
	if name == "" {
		return -1, nil
	}
	if id, err := strconv.Atoi(name); err == nil && id >= 0 {
		return id, nil
	}
	g, err := user.LookupGroup(name)
	if err != nil {
		return -1, err
	}
	return strconv.Atoi(g.Gid)
}

// unixListener removes its socket when it is closed, if it is still its own.
type unixListener struct {
	*net.UnixListener
	path string
	file os.FileInfo
}

func (u *unixListener) place(tmp string, mode os.FileMode, gid int) error {
	if mode == 0 {
		mode = defaultMode
	}
	if err := os.Chmod(tmp, mode.Perm()); err != nil {
		return err
	}
	if gid >= 0 {
		if err := os.Chown(tmp, -1, gid); err != nil {
			return err
		}
	}
	if err := os.Rename(tmp, u.path); err != nil {
		return err
	}
	var err error
	u.file, err = os.Lstat(u.path)
	return err
}

// Addr gives the path the socket is reached by.
func (u *unixListener) Addr() net.Addr { return &net.UnixAddr{Name: u.path, Net: "unix"} }

// Close implements net.Listener.
func (u *unixListener) Close() error {
	if fi, err := os.Lstat(u.path); err == nil && os.SameFile(fi, u.file) {
		_ = os.Remove(u.path)
	}
	return u.UnixListener.Close()
}
