// Command labelmilter labels mail and applies DLP policy as a milter beside
// Postfix or Sendmail, and judges stored mail by the same rules.
package main

import (
	"os"

	"labelmilter/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
