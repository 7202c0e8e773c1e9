package mtalab

import (
	"os"
	"path/filepath"
	"syscall"
)

// namespaces gives a child mounts and a host name of its own. With
// CLONE_NEWNS here, os/exec also makes all mounts private.
func namespaces() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS}
}

// enterScript prepares the namespaces and becomes the command given. Sendmail
// sleeps for a minute if its host has no fully qualified name, so it gets one;
// and a /dev whose log is our socket catches syslog(3). Arguments: folder,
// host name, command.
const enterScript = `set -e
dir=$1; name=$2; shift 2
mount --bind "$dir/etc/hosts" /etc/hosts
for f in null zero full random urandom; do mount --bind "/dev/$f" "$dir/dev/$f"; done
mount --bind "$dir/dev" /dev
hostname "$name"
exec "$@"
`

// prepareNamespace makes the files that enterScript mounts.
func prepareNamespace(dir, host string) error {
	for _, sub := range []string{"etc", "dev"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	for _, f := range []string{"null", "zero", "full", "random", "urandom"} {
		if err := os.WriteFile(filepath.Join(dir, "dev", f), nil, 0o666); err != nil {
			return err
		}
	}
	hosts := "127.0.0.1 " + host + " localhost\n"
	return os.WriteFile(filepath.Join(dir, "etc", "hosts"), []byte(hosts), 0o644)
}
