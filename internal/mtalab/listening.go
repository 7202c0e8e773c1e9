package mtalab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// listensOn tells whether the process itself listens on 127.0.0.1:port. It
// looks at /proc: to connect would make the server begin a session, which its
// filters would see.
func listensOn(pid, port int) bool {
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return false
	}
	inode := listenInode(string(table), port)
	if inode == "" {
		return false
	}
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	fds, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, fd := range fds {
		if to, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil && to == "socket:["+inode+"]" {
			return true
		}
	}
	return false
}

// listenInode finds the socket in state LISTEN (0A) on 127.0.0.1:port in the
// text of /proc/net/tcp (proc(5)) and returns its inode, or "".
func listenInode(table string, port int) string {
	// The address is in host byte order: one spelling per endianness.
	suffix := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 10 || f[3] != "0A" {
			continue
		}
		if f[1] == "0100007F"+suffix || f[1] == "7F000001"+suffix {
			return f[9]
		}
	}
	return ""
}
