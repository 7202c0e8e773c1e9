//go:build !linux

package worker

import "syscall"

// confine does nothing where there is neither seccomp nor landlock.
func confine() Sandbox { return Sandbox{Missing: "not Linux"} }

func attributes() *syscall.SysProcAttr { return nil }

func moreTime() error { return nil }
