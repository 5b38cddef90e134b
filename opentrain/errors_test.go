package opentrain_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"opentrain-mcp/opentrain"
)

func TestMayHaveChanged(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"success":             {nil, true},
		"not sent":            {&opentrain.Error{Code: opentrain.CodeNetwork, NotSent: true}, false},
		"invalid argument":    {&opentrain.Error{Code: opentrain.CodeInvalidArgument, NotSent: true}, false},
		"no response":         {&opentrain.Error{Code: opentrain.CodeNetwork}, true},
		"timeout":             {&opentrain.Error{Code: opentrain.CodeTimeout}, true},
		"200 that is invalid": {&opentrain.Error{Code: opentrain.CodeBadResponse, Status: 200}, true},
		"302":                 {&opentrain.Error{Code: opentrain.CodeBadResponse, Status: 302}, true},
		"400":                 {&opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400}, false},
		"403":                 {&opentrain.Error{Code: opentrain.CodeForbidden, Status: 403}, false},
		"404 of a proxy":      {&opentrain.Error{Code: opentrain.CodeBadResponse, Status: 404}, false},
		"409":                 {&opentrain.Error{Code: opentrain.CodeConflict, Status: 409}, true},
		"429":                 {&opentrain.Error{Code: opentrain.CodeRateLimited, Status: 429}, false},
		"499":                 {&opentrain.Error{Status: 499}, false},
		"500":                 {&opentrain.Error{Code: opentrain.CodeInternal, Status: 500}, true},
		"504":                 {&opentrain.Error{Code: opentrain.CodeBadResponse, Status: 504}, true},
		"wrapped refusal":     {fmt.Errorf("publish: %w", &opentrain.Error{Status: 400}), false},
		"another error":       {errors.New("x"), true},
		"canceled":            {context.Canceled, true},
	} {
		if got := opentrain.MayHaveChanged(test.err); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
