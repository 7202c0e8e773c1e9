package cli

import (
	"github.com/spf13/cobra"

	"labelmilter/internal/manual"
)

// helpTopics are the guides: commands that only have a text.
func helpTopics() []*cobra.Command {
	var out []*cobra.Command
	for _, t := range manual.Topics() {
		out = append(out, &cobra.Command{Use: t.Name, Short: t.Title, Long: t.Text})
	}
	return out
}
