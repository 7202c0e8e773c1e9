package manual

import (
	"strings"
	"testing"
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
