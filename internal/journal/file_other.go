//go:build !linux

package journal

import "os"

func syncData(f *os.File) error { return f.Sync() }

// tryLock does nothing: elsewhere it is for the operator to start one daemon
// for each state directory.
func tryLock(*os.File) error { return nil }
