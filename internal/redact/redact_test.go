package redact

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestNothingPrintsContent: every way of formatting gives the mask.
func TestNothingPrintsContent(t *testing.T) {
	t.Parallel()
	const secret = "Tom 123-456 é"
	v := New(secret)
	type holder struct {
		V Value
		P *Value
	}
	js, err := json.Marshal(map[string]any{"v": v, "list": []Value{v}, "h": holder{v, &v}})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("found", "value", v, "any", holder{v, &v})
	shown := map[string]string{"json": string(js), "log": log.String(), "error": errors.Join(fmt.Errorf("bad %v", v)).Error(), "text": string(must(v.MarshalText()))}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.2s", "%U"} {
		shown[verb] = fmt.Sprintf(verb, v)
		shown["pointer "+verb] = fmt.Sprintf(verb, &v)
		shown["struct "+verb] = fmt.Sprintf(verb, holder{v, nil})
		shown["slice "+verb] = fmt.Sprintf(verb, []Value{v})
	}
	for how, s := range shown {
		for _, part := range []string{"Tom", "123", "456", "é", fmt.Sprintf("%x", "Tom")} {
			if strings.Contains(s, part) {
				t.Errorf("%s shows %q: %s", how, part, s)
			}
		}
	}
	if v.Mask() != "xxx 999-999 x" || v.Reveal() != secret || v.Len() != len(secret) {
		t.Errorf("mask %q, length %d", v.Mask(), v.Len())
	}
	if long := New(strings.Repeat("a", 100)).Mask(); long != strings.Repeat("x", 40)+"…" {
		t.Errorf("long mask %q", long)
	}
	if odd := New("\x00\x1b\n\u202e٣").Mask(); odd != "?? ?9" {
		t.Errorf("odd mask %q", odd)
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
