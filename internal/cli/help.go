package cli

import (
	"github.com/spf13/cobra"

	"labelmilter/internal/manual"
)

// addGuides adds the guides: commands that only have a text. A guide of the
// name of a command stands in the help of that command.
func addGuides(root *cobra.Command) {
next:
	for _, t := range manual.Topics() {
		for _, c := range root.Commands() {
			if c.Name() == t.Name {
				c.Long = t.Text
				continue next
			}
		}
		root.AddCommand(&cobra.Command{Use: t.Name, Short: t.Title, Long: t.Text})
	}
}
