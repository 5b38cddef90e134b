package opentrain_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"opentrain-mcp/opentrain"
)

// escape writes every character of a text as \uXXXX.
func escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		fmt.Fprintf(&b, `\u%04X`, r)
	}
	return b.String()
}

// TestTokenIsRedacted: a token that the API echoes does not reach the caller, however it is escaped and
// wherever it is.
func TestTokenIsRedacted(t *testing.T) {
	const token = "ot_pat_a/b+c=secret"
	forms := map[string]string{
		"raw":             token,
		"escaped _":       strings.ReplaceAll(token, "_", `\u005f`),
		"escaped _ upper": strings.ReplaceAll(token, "_", `\u005F`),
		"escaped /":       strings.ReplaceAll(token, "/", `\/`),
		"all escaped":     escape(token),
		"mixed":           `ot\u005fpat_a\/b\u002bc` + escape("=sec") + "ret",
		"twice":           token + ` and ` + escape(token),
		"after escapes":   `\"\\` + escape(token) + `\\`,
		"lower hex":       strings.ToLower(escape(token)),
		"nested":          strings.ReplaceAll(escape(token), `\`, `\\`),
		"nested twice":    strings.ReplaceAll(escape(token), `\`, `\\\\`),
		"nested /":        strings.ReplaceAll(token, "/", `\\\/`),
		"started twice":   "ot_pat_ot_" + token,
	}
	bodies := map[string]string{
		"message":    `{"error":"Bad %s\n","code":"BAD_REQUEST","requestId":"r"}`,
		"request ID": `{"error":"x","code":"BAD_REQUEST","requestId":"r-%s"}`,
		"code":       `{"error":"x","code":"%s"}`,
		"details":    `{"error":"x","code":"BAD_REQUEST","details":{"authorization":["Bearer %s"]}}`,
		"member":     `{"error":"x","code":"BAD_REQUEST","details":{"%s":1}}`,
		"issues":     `{"error":"x","code":"BAD_REQUEST","details":[{"message":"\t%s"}]}`,
	}
	for place, body := range bodies {
		for form, echo := range forms {
			client, _ := serve(t, &stub{status: 400, body: fmt.Sprintf(body, echo)})
			_, err := client.PublishJob(opentrain.WithToken(t.Context(), token), "j")
			e := asError(t, err)
			shown := fmt.Sprint(e.Error(), e.Message, e.Code, e.RequestID, decoded(t, e.Details))
			if strings.Contains(shown, token) || !strings.Contains(shown, "[token]") {
				t.Errorf("%s in the %s: %s", form, place, shown)
			}
		}
	}
	for form, echo := range forms { // in a result
		client, _ := serve(t, &stub{body: fmt.Sprintf(`{"jobId":"j","status":"a\\b\"%s","normalizedFields":{"%s":"%s"}}`, echo, echo, echo)})
		draft, err := client.CreateDraft(opentrain.WithToken(t.Context(), token), opentrain.DraftSource{})
		if err != nil {
			t.Fatal(err)
		}
		fields, err := json.Marshal(draft.NormalizedFields)
		if err != nil {
			t.Fatal(err)
		}
		shown := fmt.Sprint(draft.Status, decoded(t, fields))
		if strings.Contains(shown, token) || strings.Count(shown, "[token]") < 3 || !strings.HasPrefix(draft.Status, `a\b"`) {
			t.Errorf("%s in a result: %s", form, shown)
		}
	}
}

func TestTokenInHeadersIsRedacted(t *testing.T) {
	const token = "ot_pat_a/b+c=secret"
	header := http.Header{
		"X-Request-Id": {"r-" + token}, "Retry-After": {token}, "Content-Type": {"text/html; " + token}, "Location": {"/?t=" + token},
	}
	for _, status := range []int{200, 302, 400, 429, 500} {
		for _, body := range []string{"", "<html>" + token, `{"error":"x"}`, `{"jobId":` + token} {
			client, _ := serve(t, &stub{status: status, header: header, body: body})
			_, err := client.CreateDraft(opentrain.WithToken(t.Context(), token), opentrain.DraftSource{Text: "x"})
			e := asError(t, err)
			for cause := error(e); cause != nil; cause = unwrap(cause) {
				if shown := fmt.Sprintf("%v %+v", cause, *e); strings.Contains(shown, token) {
					t.Errorf("%d %q: %s", status, body, shown)
				}
			}
			if status != 200 && e.RequestID != "r-[token]" || e.RetryAfter != 0 {
				t.Errorf("%d %q: request ID %q, retry after %v", status, body, e.RequestID, e.RetryAfter)
			}
		}
	}
}

// TestRedactionKeepsOtherText: escapes that do not write the token stay as they are.
func TestRedactionKeepsOtherText(t *testing.T) {
	details := `{"a\u005fb":"\\u005f ot\\u005fpat_test_secre\u0073 ot\nt_pat \ud83d\ude00","url":"https:\/\/x.example","n":1.50}`
	for _, body := range []string{`{"error":"x","details":` + details + `}`, `{"error":"ot_pat\u005ftest_secret","details":` + details + `}`} {
		client, ctx := serve(t, &stub{status: 400, body: body})
		_, err := client.PublishJob(ctx, "j")
		if e := asError(t, err); string(e.Details) != details {
			t.Errorf("got  %s\nwant %s", e.Details, details)
		}
	}
	client, _ := serve(t, &stub{status: 400, body: `{"error":"this id","details":{"id":1}}`})
	_, err := client.PublishJob(opentrain.WithToken(t.Context(), "id"), "j")
	if e := asError(t, err); e.Message != "this id" || string(e.Details) != `{"id":1}` {
		t.Errorf("a text that is too short for a token was redacted: %+v", e)
	}
}

// FuzzRedaction: the token never survives in a response, and the response still decodes.
func FuzzRedaction(f *testing.F) {
	for _, seed := range []string{"", `\u005f`, `a\`, `"`, `\ud83d`, `\"ot_pat\u005ftest_secret\\`} {
		f.Add(seed, byte(3))
	}
	f.Fuzz(func(t *testing.T, around string, escaped byte) {
		quoted, err := json.Marshal(around)
		if err != nil {
			t.Fatal(err)
		}
		inner := string(quoted[1 : len(quoted)-1])
		at := int(escaped) % len(secret)
		echo := inner + secret[:at] + escape(secret[at:at+1]) + secret[at+1:] + inner
		client, err := opentrain.New(opentrain.Config{Transport: always(`{"jobId":"` + echo + `"}`)})
		if err != nil {
			t.Fatal(err)
		}
		draft, err := client.CreateDraft(opentrain.WithToken(t.Context(), secret), opentrain.DraftSource{})
		if err != nil || strings.Contains(draft.JobID, secret) {
			t.Errorf("%q: %v, %v", echo, draft, err)
		}
	})
}

// decoded returns a JSON text as a reader sees it, "" for none.
func decoded(t *testing.T, data []byte) string {
	t.Helper()
	if len(data) == 0 {
		return ""
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(value)
}

func unwrap(err error) error {
	if wrapper, ok := err.(interface{ Unwrap() error }); ok {
		return wrapper.Unwrap()
	}
	return nil
}
