package manual

import (
	"strings"
	"testing"

	"labelmilter/internal/message"
	"labelmilter/internal/policy"
	"labelmilter/internal/rulepack"
)

func TestTopics(t *testing.T) {
	t.Parallel()
	ts := Topics()
	if len(ts) < 2 {
		t.Fatalf("%d guides", len(ts))
	}
	for _, x := range ts {
		if !strings.HasPrefix(x.Text, "# ") || x.Title == "" || len(x.Title) > 72 {
			t.Errorf("%s: title %q", x.Name, x.Title)
		}
		if strings.Count(x.Text, "\n```")%2 != 0 {
			t.Errorf("%s: a fence is open", x.Name)
		}
	}
	if _, ok := Get("none"); ok {
		t.Error("a guide that is not there")
	}
	first, _ := Get("first-policy")
	files := first.Files()
	if len(files) != 5 || !strings.HasPrefix(files["site/pack.yaml"], "id: site\n") || strings.Contains(files["site/cards.yaml"], "```") {
		t.Errorf("files: %q", files)
	}
}

// The guides name every condition and every action there is.
func TestNamesEverything(t *testing.T) {
	t.Parallel()
	conditions, _ := Get("conditions")
	for _, key := range rulepack.ConditionKeys() {
		if !strings.Contains(conditions.Text, "`"+key) {
			t.Errorf("conditions does not name %s", key)
		}
	}
	for _, key := range rulepack.AddressKeys() {
		if !strings.Contains(conditions.Text, "`"+key) {
			t.Errorf("conditions does not name the key %s of sender and recipient", key)
		}
	}
	decision, _ := Get("policy")
	for _, a := range policy.ActionKinds {
		if !strings.Contains(decision.Text, string(a)) {
			t.Errorf("policy does not name %s", a)
		}
	}
}

// Kinds of messages are named where rules that ask for them are explained, and
// packs can ask for each.
func TestKinds(t *testing.T) {
	t.Parallel()
	conditions, _ := Get("conditions")
	flat := strings.Join(strings.Fields(conditions.Text), " ")
	schema, err := rulepack.Schema()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range message.KindNames {
		if !strings.Contains(flat, k) || !strings.Contains(string(schema), `"`+k+`"`) {
			t.Errorf("kind %s: not in the guide, or not in the schema", k)
		}
	}
}
