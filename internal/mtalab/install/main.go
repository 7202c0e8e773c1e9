// Command install gets the mail servers and tools that the tests and the demo
// use: Debian packages without any questions asked or service started, and
// Sendmail unpacked beside Postfix. It does nothing if all is there.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"labelmilter/internal/mtalab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	defer cancel()
	if err := mtalab.Install(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "install: error:", err)
		os.Exit(1)
	}
}
