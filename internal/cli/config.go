package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"labelmilter/internal/assemble"
	"labelmilter/internal/config"
)

// defaultConfig is the configuration that commands which need one read when
// --config does not name another.
const defaultConfig = "/etc/labelmilter/labelmilter.yaml"

// configFile is the file that --config names, or the default.
func (a *command) configFile() string {
	if a.rules.config != "" {
		return a.rules.config
	}
	return defaultConfig
}

// loadConfig reads and checks the configuration.
func (a *command) loadConfig() (*config.Config, error) {
	c, ps := config.Load(a.configFile())
	if ps.HasErrors() {
		return nil, a.problems(ps)
	}
	a.warnings(ps)
	return c, nil
}

func (a *command) configCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check and show the configuration",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.configCheckCmd(), a.configShowCmd())
	return cmd
}

func (a *command) configCheckCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check the configuration and the rules it names, as serve would",
		Long:  "check reads the configuration (default: --config, or " + defaultConfig + ")\nand the rule packs it names and reports every problem. It exits 3 if serve\nwould not start.",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				a.rules.config = args[0]
			}
			c, ps := config.Load(a.configFile())
			if c != nil {
				ps = append(ps, c.ForServe()...)
				p, more := assemble.Pipeline(c, a.flags())
				ps = append(ps, more...)
				if p != nil {
					_, more = assemble.Stores(c, p.Rules, nil)
					ps = append(ps, more...)
				}
			}
			ps.Sort()
			for _, p := range ps {
				fmt.Fprintln(a.stdout, problemText(p))
			}
			if ps.HasErrors() {
				return &exit{code: exitFindings}
			}
			if !a.quiet {
				fmt.Fprintf(a.stdout, "%s is sound\n", a.configFile())
			}
			return nil
		},
	}
}

func (a *command) configShowCmd() *cobra.Command {
	var defaults, rules, schema bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show the configuration in force, defaults applied, secrets masked",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			switch {
			case schema:
				b, err := config.Schema()
				if err != nil {
					return err
				}
				_, err = a.stdout.Write(b)
				return err
			case defaults:
				_, err := fmt.Fprint(a.stdout, config.Defaults())
				return err
			}
			c, err := a.loadConfig()
			if err != nil {
				return err
			}
			if rules {
				return a.showRules(c)
			}
			_, err = a.stdout.Write(c.Effective())
			return err
		},
	}
	cmd.Flags().BoolVar(&defaults, "defaults", false, "every key with its documentation and default")
	cmd.Flags().BoolVar(&rules, "rules", false, "the rules in force, with modes and assignments")
	cmd.Flags().BoolVar(&schema, "schema", false, "the JSON Schema of the configuration file")
	return cmd
}

// showRules prints the effective set: what is evaluated, in order.
func (a *command) showRules(c *config.Config) error {
	o, ps := assemble.FromConfig(c, a.flags())
	rs, more := assemble.Rules(o)
	if ps = append(ps, more...); ps.HasErrors() || rs == nil {
		return a.problems(ps)
	}
	a.warnings(ps)
	fmt.Fprintf(a.stdout, "ruleset %s\ncatalogue %s\n", rs.Digest, rs.Catalogue.ID)
	for _, p := range rs.Packs {
		fmt.Fprintf(a.stdout, "pack %s %s\n", p.ID, p.Version)
	}
	for _, r := range rs.Policies.LabelRules() {
		fmt.Fprintf(a.stdout, "label rule %s/%s: %s, label %s\n", r.Pack, r.ID, r.Mode, r.Label)
	}
	for _, b := range rs.Policies.Bound() {
		for _, r := range b.Rules {
			by := ""
			if b.Assignment.Name != "" {
				by = " by assignment " + b.Assignment.Name
			}
			fmt.Fprintf(a.stdout, "rule %s/%s/%s: %s, priority %d%s\n", b.Pack, b.ID, r.ID, b.EffectiveMode(r), b.EffectivePriority(), by)
		}
	}
	for _, x := range rs.Policies.Exceptions() {
		fmt.Fprintf(a.stdout, "exception %s: until %s, approved by %s\n", x.ID, x.Until, x.ApprovedBy)
	}
	return nil
}
