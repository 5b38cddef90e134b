package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"opentrain-mcp/opentrain/sandbox"
)

// fetch opens a page as a browser does, and returns its text without markup.
func (a api) fetch(method, url string) (resp *http.Response, source, text string) {
	a.t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	if resp, err = a.box.Transport().RoundTrip(req); err != nil {
		a.t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close() // in memory
	if err != nil {
		a.t.Fatal(err)
	}
	tree, err := html.Parse(strings.NewReader(string(data)))
	if err != nil {
		a.t.Fatal(err)
	}
	var words strings.Builder
	for node := range tree.Descendants() {
		if node.Type == html.TextNode && node.Parent.Data != "style" {
			words.WriteString(node.Data + "\n")
		}
	}
	return resp, string(data), words.String()
}

func (a api) wantPage(status int, url string, says ...string) string {
	a.t.Helper()
	resp, source, text := a.fetch("GET", url)
	if resp.StatusCode != status {
		a.t.Errorf("%s = %d, want %d", url, resp.StatusCode, status)
	}
	banner := map[bool]string{true: "This job isn't real", false: "Nothing here is real"}[status == 200 && !strings.HasSuffix(url, "/")]
	for _, words := range append(says, "Sandbox.", banner, "until the sandbox stops") {
		if !strings.Contains(text, words) {
			a.t.Errorf("%s doesn't say %q: %s", url, words, text)
		}
	}
	return source
}

// TestPages opens every link that the API gives.
func TestPages(t *testing.T) {
	bothVariants(t, func(t *testing.T, v sandbox.Variant) {
		a := newAPI(t, sandbox.Config{Variant: v, AppURL: "http://127.0.0.1:8090"})
		draft := str(a.create("Bounding boxes on 500 photos, $15-20/hour")["draftUrl"])
		a.wantPage(200, draft, "Price per hour: ")
		draft = str(a.create(guideText)["draftUrl"])
		a.wantPage(200, draft, "Draft", "Bounding Box Annotation for Dashcam Images", "$18 per hour", "50,000", "English",
			"We need 10 experienced annotators", "What experience level should AI trainers have", "What unit")
		a.wantPage(404, "http://127.0.0.1:8090/jobs/job_2", "This job is a draft, so it isn't public yet.", "Open the draft")
		a.want(200, "PATCH", "/job-drafts/job_2", object{"experienceLevel": "ENTRY_LEVEL", "dataVolumeUnit": "NUMBER_OF_FILES",
			"jobDescription": "First line.\nSecond line.", "pricePerHour": 18.5, "ndaRequired": true, "labelingSoftware": "CVAT"})
		live := str(a.want(200, "POST", "/jobs/job_2/publish", nil)["jobUrl"])
		slug := str(a.want(200, "GET", "/jobs/job_2", nil)["url"])
		for _, link := range []string{live, slug, draft} {
			a.wantPage(200, link, "Open", "$18.50 per hour", "50,000 files", "Entry Level", "Bounding Box", "Yes", "CVAT",
				"First line.\nSecond line.")
		}
		a.wantPage(200, "http://127.0.0.1:8090/jobs/market_001", "in total")
		a.want(200, "POST", "/jobs/job_2/close", nil)
		a.wantPage(404, live, "This job isn't public anymore.", "Open it as its owner")
		a.wantPage(200, draft, "Archived")
		for _, link := range []string{"/jobs/none", "/jobs/a-title-none", "/job-post?job=none", "/job-post", "/job-post?job=market_001"} {
			a.wantPage(404, "http://127.0.0.1:8090"+link, "The sandbox forgets everything when it stops.")
		}
		a.wantPage(404, "http://127.0.0.1:8090/nothing", "The sandbox has no page /nothing.")
		a.wantPage(404, "http://127.0.0.1:8090/claim", "Open the link that your agent shows to you.")
		first := a.wantPage(200, "http://127.0.0.1:8090/")
		for _, words := range []string{"OPENTRAIN_API_BASE_URL=http://127.0.0.1:8090", sandbox.DemoToken, draft, "Archived",
			"Yoga pose keypoints"} {
			if !strings.Contains(first, words) {
				t.Errorf("the first page doesn't have %q", words)
			}
		}
	})
}

// TestPagesAreSafe puts markup into everything that a page shows.
func TestPagesAreSafe(t *testing.T) {
	const attack = `</title></style><script>alert(1)</script><img src=x onerror=alert(2)>" onmouseover="alert(3) {{.Token}}`
	for _, appURL := range []string{"http://127.0.0.1:8090", "javascript:alert(4)//"} {
		a := newAPI(t, sandbox.Config{AppURL: appURL, Accounts: []sandbox.Account{
			{Token: "one", Name: attack, Scopes: []string{"jobs:write"}, Claimed: true}}})
		id := a.publishNew(attack)
		fields := object{"jobDescription": attack}
		for _, key := range []string{"labelingOverview", "dataType", "subjectMatter", "visibility"} {
			fields[key] = attack
		}
		a.want(200, "PATCH", "/jobs/"+id, fields)
		for _, link := range []string{"/", "/job-post?job=" + id, "/jobs/" + id, "/jobs/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
			"/%3Cscript%3E", "/job-post?job=%3Cimg%20src=x%3E"} {
			for _, method := range []string{"GET", "HEAD"} {
				resp, source, _ := a.fetch(method, "http://127.0.0.1:8090"+link)
				for name, want := range map[string]string{
					"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
					"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; " +
						"frame-ancestors 'none'",
				} {
					equal(t, link, resp.Header.Get(name), want)
				}
				equal(t, method+" has a body", source != "", method == "GET")
				tree, _ := html.Parse(strings.NewReader(source))
				for node := range tree.Descendants() {
					for _, attribute := range node.Attr {
						if strings.HasPrefix(attribute.Key, "on") || strings.HasPrefix(attribute.Val, "javascript:") {
							t.Errorf("%s: <%s %s=%q>", link, node.Data, attribute.Key, attribute.Val)
						}
					}
					switch node.Data {
					case "script", "img", "link", "iframe", "form", "object", "base":
						if node.Type == html.ElementNode {
							t.Errorf("%s: <%s>", link, node.Data)
						}
					}
				}
			}
		}
	}
}

// TestPagesAreRead checks that pages answer nothing but GET and HEAD, and that no path of the API is a page.
func TestPagesAreRead(t *testing.T) {
	box := sandbox.New(sandbox.Config{})
	for path, method := range map[string]string{"/": "POST", "/job-post": "DELETE", "/jobs/job_1": "PATCH",
		"/api/public/v1/none": "GET", "/api/public/v1": "GET"} {
		w := httptest.NewRecorder()
		box.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		equal(t, path, w.Code, 404)
		equal(t, path, w.Header().Get("Content-Type"), "application/json; charset=utf-8")
	}
}
