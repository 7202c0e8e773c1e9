package conformance

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"labelmilter/internal/milter"
	"labelmilter/internal/mtalab"
	"labelmilter/internal/verdict"
)

// TestLua runs the scripts of testdata/lua with miltertest(8), an
// implementation of the MTA's side that shares nothing with ours.
func TestLua(t *testing.T) {
	t.Parallel()
	mtalab.Require(t, "miltertest")
	for key, s := range map[string]*script{
		"luaedits": {eom: always(accept(remove(1, "X-Old"), change(1, "Subject", "changed"), insert(0, "X-Ins", "inserted"), add("X-Add", "added"),
			replace("new body\r\n"), verdict.Modification{Op: verdict.AddRecipient, Address: "new@other.example"},
			verdict.Modification{Op: verdict.DeleteRecipient, Address: "bob@other.example"}))},
		"luareject":     {eom: always(reject(550, "5.7.1", "100% refused"))},
		"luarcpt":       {rcpt: func(string) milter.Answer { return refuse(451, "4.7.1", "later") }},
		"luaquarantine": {eom: always(quarantine("held by rule"))},
		"luaskip":       {body: func([]byte) milter.Answer { return milter.Answer{Kind: milter.SkipBody} }},
		"luaplain":      {},
	} {
		lab.handler.put(key, s)
	}
	scripts, err := filepath.Glob("testdata/lua/*.lua")
	must(t, err)
	if len(scripts) < 4 {
		t.Fatalf("%d scripts", len(scripts))
	}
	socket := fmt.Sprintf("inet:%d@127.0.0.1", port(lab.filter(t)))
	for _, file := range scripts {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			out, err := exec.CommandContext(t.Context(), "miltertest", "-D", "socket="+socket, "-s", file).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
