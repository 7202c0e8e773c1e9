package config

import (
	"time"

	"labelmilter/internal/strictyaml"
)

// EDM is exact data match: where the stores of the packs' tables are.
type EDM struct {
	Stores  []EDMStore    `yaml:"stores" doc:"One for each table that packs define. A table without a store is unavailable: policy can act on it."`
	Refresh time.Duration `yaml:"refresh" min:"1s" max:"1d" default:"30s" doc:"How often the files are looked at; a new one is checked and taken into service without a restart."`
}

// EDMStore is the store of one table.
type EDMStore struct {
	strictyaml.Pos
	Table  string        `yaml:"table,required" doc:"Id of the table." example:"customers"`
	File   string        `yaml:"file,required" doc:"The store, made by labelmilter edm build." example:"/var/lib/labelmilter/edm/customers.edm"`
	Key    string        `yaml:"key,required" doc:"File of the key it was built with, made by labelmilter edm key new; away from the store, and readable by nobody else." example:"/etc/labelmilter/edm.key"`
	MaxAge time.Duration `yaml:"max_age" min:"1h" max:"3660d" default:"36h" doc:"Age from which the store counts as stale: it stays in use, and the metrics say so."`
}

// edm resolves the paths and checks that each table is named once.
func (k *checker) edm() {
	list := elements(given(k.root, "edm", "stores"))
	seen := map[string]int{}
	for i := range k.c.EDM.Stores {
		s := &k.c.EDM.Stores[i]
		n := k.at("edm", "stores")
		if i < len(list) {
			n = list[i]
		}
		if s.Table != "" {
			k.once(seen, n, "table", s.Table)
		}
		s.File, s.Key = k.path(n, s.File), k.path(n, s.Key)
		if s.File != "" && s.File == s.Key {
			k.d.Problem(n, "keep the key away from the store", "the key of table %q is the store", s.Table)
		}
	}
}
