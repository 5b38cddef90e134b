package opentrain_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"opentrain-mcp/opentrain"
)

// TestErrorsHideSecrets that the caller doesn't know yet, also when they are written with escapes.
func TestErrorsHideSecrets(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "whsec_Hidden1")
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, `{"error":"No whsec\u005fHidden2!","code":"CONFLICT","details":{"n":12345678901234567890,"a":["ot_pat\u005fHidden3"],"whsec_Hidden4":1}}`)
	}))
	defer server.Close()
	api, err := opentrain.New(opentrain.Config{BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.CreateWebhook(opentrain.WithToken(t.Context(), "ot_pat_mine"), "https://example.com", []string{opentrain.EventMessageReceived})
	failure, ok := errors.AsType[*opentrain.Error](err)
	if !ok || !strings.HasPrefix(failure.Message, "No ") || !strings.Contains(string(failure.Details), "12345678901234567890") {
		t.Fatalf("%+v", err)
	}
	if all := fmt.Sprintf("%+v %v %s", *failure, failure, failure.Details); strings.Contains(all, "Hidden") {
		t.Error(all)
	}
}
