// Command labelmilter labels mail and applies DLP policy as a milter beside
// Postfix or Sendmail, and judges stored mail by the same rules.
package main

import (
	"os"

	"labelmilter/internal/cli"
	"labelmilter/internal/slack"
)

func main() {
	if cli.Serves(os.Args[1:]) {
		slack.Restart()
	}
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
