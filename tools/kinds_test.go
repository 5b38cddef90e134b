package tools_test

import (
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
)

// TestKindsSayWhoApproves: every kind has a meaning, and what it says of approvals is what its tools do.
func TestKindsSayWhoApproves(t *testing.T) {
	tools := serve(t, &hiring{}, setup{confirm: true})
	for name, one := range tools.tools {
		if does, approval := one.Kind.Meaning(); does == "" || approval == "" || one.Kind.ReadOnly() && approval != "no" {
			t.Errorf("%s: the kind %q means %q, approval %q", name, one.Kind, does, approval)
		}
	}
	for _, write := range hiringWrites() {
		_, next := tools.answer(t, write.name, write.arguments)
		_, approval := tools.tools[write.name].Kind.Meaning()
		excepted := write.name == tool.CreateCreditTopUp && strings.Contains(approval, "checkout page needs none")
		if asks := next.Action == tool.ConfirmWithHuman; !strings.HasPrefix(approval, "yes") || asks == excepted {
			t.Errorf("%s: asks %v, but its kind says %q", write.name, asks, approval)
		}
	}
}
