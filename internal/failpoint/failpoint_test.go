package failpoint

import (
	"errors"
	"testing"
)

func TestArm(t *testing.T) {
	boom := errors.New("boom")
	if Err(Plan) != nil {
		t.Error("unarmed, and an error")
	}
	off := Arm(Plan, func() error { return boom })
	off2 := Arm(Label, func() error { panic("label") })
	if !errors.Is(Err(Plan), boom) || Err(Detect) != nil {
		t.Error("armed, and no error")
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		Here(Label)
	}()
	off()
	off2()
	Here(Label)
	if armed.Load() != nil || Err(Plan) != nil {
		t.Error("still armed")
	}
	seen := map[Name]bool{}
	for _, n := range Names {
		if n == "" || seen[n] {
			t.Errorf("%q is twice, or empty", n)
		}
		seen[n] = true
	}
}
