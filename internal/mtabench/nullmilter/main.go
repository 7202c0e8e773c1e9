// Command nullmilter is a milter on github.com/emersion/go-milter that does
// nothing with the library's defaults: what mtabench compares with.
package main

import (
	"fmt"
	"net"
	"os"

	gomilter "github.com/emersion/go-milter"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "nullmilter:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("usage: nullmilter SOCKET")
	}
	ln, err := net.Listen("unix", os.Args[1])
	if err != nil {
		return err
	}
	if err := os.Chmod(os.Args[1], 0o666); err != nil {
		return err
	}
	s := gomilter.Server{NewMilter: func() gomilter.Milter { return gomilter.NoOpMilter{} }}
	return s.Serve(ln)
}
