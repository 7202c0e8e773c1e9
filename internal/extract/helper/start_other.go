//go:build !linux

package helper

import (
	"fmt"
	"os"
	"syscall"
)

// Command is the argument with which the program starts another under limits.
const Command = "extract-helper"

// Main says that there are no helpers here.
func Main([]string) int {
	fmt.Fprintln(os.Stderr, "labelmilter: error: helpers need Linux")
	return 2
}

func attributes() *syscall.SysProcAttr { return nil }

func stop(p *os.Process) error { return p.Kill() }
