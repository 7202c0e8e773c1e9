// Command labelmilter labels mail and applies DLP policy as a milter beside
// Postfix or Sendmail, and judges stored mail by the same rules.
package main

import (
	"os"
	"slices"

	"labelmilter/internal/cli"
	"labelmilter/internal/slack"
)

func main() {
	if slices.Contains(os.Args[1:], "serve") {
		slack.Restart()
	}
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
