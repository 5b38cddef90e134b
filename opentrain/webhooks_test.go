package opentrain_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain"
)

const hookSecret = "whsec_test"

// signature is the v1 of a header, computed as the page describes it (developers/guides/verify-webhook-signatures).
func signature(secret, timestamp, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s.%s", timestamp, body)
	return hex.EncodeToString(mac.Sum(nil))
}

func TestVerifyWebhook(t *testing.T) {
	const body = `{"id":"1042", "type":"proposal.received","data":{"proposalId":"p"},"new":1}`
	at := time.Unix(1_781_254_800, 0)
	sign := func(timestamp string) string {
		return "t=" + timestamp + ",v1=" + signature(hookSecret, timestamp, body)
	}
	good := sign("1781254800")
	_, v1, _ := strings.Cut(good, ",v1=")
	for name, test := range map[string]struct {
		secret, header, body string
		now                  time.Time
		want                 error
	}{
		"fresh":                {hookSecret, good, body, at, nil},
		"five minutes old":     {hookSecret, good, body, at.Add(5 * time.Minute), nil},
		"older":                {hookSecret, good, body, at.Add(5*time.Minute + time.Millisecond), opentrain.ErrWebhookTime},
		"from a fast clock":    {hookSecret, good, body, at.Add(-5 * time.Minute), nil},
		"from the future":      {hookSecret, good, body, at.Add(-5*time.Minute - time.Second), opentrain.ErrWebhookTime},
		"at the end of time":   {hookSecret, sign("9223372036854775807"), body, at, opentrain.ErrWebhookTime},
		"at its beginning":     {hookSecret, sign("0"), body, at, opentrain.ErrWebhookTime},
		"spaces and order":     {hookSecret, " v1=" + v1 + " , t=1781254800", body, at, nil},
		"upper case":           {hookSecret, "t=1781254800,v1=" + strings.ToUpper(v1), body, at, nil},
		"another scheme too":   {hookSecret, good + ",v2=abc", body, at, nil},
		"another scheme only":  {hookSecret, "t=1781254800,v2=" + v1, body, at, opentrain.ErrWebhookSignature},
		"another secret":       {"whsec_other", good, body, at, opentrain.ErrWebhookSignature},
		"no secret":            {"", "t=1781254800,v1=" + signature("", "1781254800", body), body, at, opentrain.ErrWebhookSignature},
		"another body":         {hookSecret, good, body + " ", at, opentrain.ErrWebhookSignature},
		"another time":         {hookSecret, "t=1781254801,v1=" + v1, body, at, opentrain.ErrWebhookSignature},
		"two times":            {hookSecret, "t=1781254801," + good, body, at, opentrain.ErrWebhookSignature},
		"two signatures":       {hookSecret, good + ",v1=00", body, at, opentrain.ErrWebhookSignature},
		"no time":              {hookSecret, "v1=" + v1, body, at, opentrain.ErrWebhookSignature},
		"no signature":         {hookSecret, "t=1781254800", body, at, opentrain.ErrWebhookSignature},
		"an empty signature":   {hookSecret, "t=1781254800,v1=", body, at, opentrain.ErrWebhookSignature},
		"half a signature":     {hookSecret, good[:len(good)-2], body, at, opentrain.ErrWebhookSignature},
		"a longer signature":   {hookSecret, good + "00", body, at, opentrain.ErrWebhookSignature},
		"no hex":               {hookSecret, "t=1781254800,v1=" + strings.Repeat("z", 64), body, at, opentrain.ErrWebhookSignature},
		"a negative time":      {hookSecret, sign("-1781254800"), body, at, opentrain.ErrWebhookSignature},
		"a time with a plus":   {hookSecret, sign("+1781254800"), body, at, opentrain.ErrWebhookSignature},
		"a fractional time":    {hookSecret, sign("1781254800.5"), body, at, opentrain.ErrWebhookSignature},
		"a time in hex":        {hookSecret, sign("0x6a2bd350"), body, at, opentrain.ErrWebhookSignature},
		"a time that's a word": {hookSecret, sign("now"), body, at, opentrain.ErrWebhookSignature},
		"a huge time":          {hookSecret, sign("9223372036854775808"), body, at, opentrain.ErrWebhookSignature},
		"an empty header":      {hookSecret, "", body, at, opentrain.ErrWebhookSignature},
	} {
		if err := opentrain.VerifyWebhook(test.secret, test.header, []byte(test.body), test.now); !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	var event opentrain.Event
	if err := json.Unmarshal([]byte(body), &event); err != nil || event.ID != "1042" || event.Type != opentrain.EventProposalReceived ||
		string(event.Data["proposalId"]) != `"p"` || string(event.Unknown["new"]) != "1" {
		t.Errorf("%+v, %v", event, err)
	}
}

// FuzzVerifyWebhook: no header is accepted but one that has the signature of its time and body.
func FuzzVerifyWebhook(f *testing.F) {
	valid := "t=100,v1=" + signature(hookSecret, "100", "body")
	for _, header := range []string{valid, "t=100", "v1=00,t=100", "t=100,,=,v1", "t=9223372036854775807,v1=00", valid + "," + valid, "\xff=\x00"} {
		f.Add(header, []byte("body"))
	}
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		err := opentrain.VerifyWebhook(hookSecret, header, body, time.Unix(100, 0))
		if err != nil && !errors.Is(err, opentrain.ErrWebhookSignature) && !errors.Is(err, opentrain.ErrWebhookTime) {
			t.Errorf("%q: %v", header, err)
		}
		signed := false
		for part := range strings.SplitSeq(header, ",") {
			if timestamp, found := strings.CutPrefix(strings.TrimSpace(part), "t="); found {
				signed = signed || strings.Contains(strings.ToLower(header), signature(hookSecret, timestamp, string(body)))
			}
		}
		if err == nil && !signed {
			t.Errorf("%q was accepted for %q", header, body)
		}
	})
}
