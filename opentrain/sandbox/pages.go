package sandbox

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed page.html
var pageHTML string

var pageTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(pageHTML)) })

// page is what page.html shows. Empty members are left out.
type page struct {
	Title, Problem, Link, LinkText string // a problem and where it leads
	Status, About, Description     string // a job
	Rows                           [][2]string
	Questions                      []string
	BaseURL, Token                 string // the first page
	Own, Market                    []page
}

// addPages serves the pages that the API links to. They need no login: whoever can open them knows the sandbox's token.
func (s *Sandbox) addPages(mux *http.ServeMux) {
	for path, build := range map[string]func(*http.Request) page{
		"/{$}": s.firstPage, "/job-post": s.draftPage, "/jobs/{name}": s.jobPage, "/": func(r *http.Request) page {
			return page{Problem: "The sandbox has no page " + r.URL.Path + ". It shows drafts and jobs."}
		},
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				s.answer(w, r, nil)
				return
			}
			s.lock()
			p := build(r)
			s.mu.Unlock()
			p.write(w)
		})
	}
}

func (p page) write(w http.ResponseWriter) {
	var body bytes.Buffer
	if err := pageTemplate().Execute(&body, p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	if p.Problem != "" {
		w.WriteHeader(http.StatusNotFound)
	}
	w.Write(body.Bytes()) //nolint:errcheck,gosec // the reader is gone
}

// firstPage lists what is there and how to use it.
func (s *Sandbox) firstPage(*http.Request) page {
	p := page{Title: "OpenTrain sandbox", BaseURL: s.cfg.AppURL, Token: s.cfg.Accounts[0].Token}
	for _, j := range slices.Backward(s.created) {
		url := s.draftURL(j)
		if j.isListed() {
			url = s.jobURL(j)
		}
		p.Own = append(p.Own, page{Title: j.title(), Link: url, Status: *displayLabel(j.status)})
	}
	for _, j := range slices.Backward(s.market) {
		if j.isListed() && j.seq == 0 {
			p.Market = append(p.Market, page{Title: j.title(), Link: s.jobURL(j), About: j.owner.Name + " · " + j.pay()})
		}
	}
	return p
}

func (s *Sandbox) draftPage(r *http.Request) page {
	id := cmp.Or(r.FormValue("job"), r.FormValue("jobId"))
	j := s.jobs[id]
	if j == nil || j.seq == 0 {
		return page{Problem: fmt.Sprintf("There is no draft %q here. The sandbox forgets everything when it stops.", id)}
	}
	p := j.page()
	for _, gap := range j.gaps() {
		p.Questions = append(p.Questions, gap.prompt)
	}
	for _, g := range j.guesses {
		p.Questions = append(p.Questions, fmt.Sprintf("Is %v right? %s", g.Value, g.Reason))
	}
	return p
}

// jobPage shows a live job by its id, which may follow the words of its title.
func (s *Sandbox) jobPage(r *http.Request) page {
	name := r.PathValue("name")
	id := name[strings.LastIndex(name, "-")+1:]
	switch j := s.jobs[id]; {
	case j == nil:
		return page{Problem: fmt.Sprintf("There is no job %q here. The sandbox forgets everything when it stops.", id)}
	case j.isListed():
		return j.page()
	case j.place > 0:
		return page{Problem: "This job isn't public anymore.", Link: s.draftURL(j), LinkText: "Open it as its owner"}
	default:
		return page{Problem: "This job is a draft, so it isn't public yet.", Link: s.draftURL(j), LinkText: "Open the draft"}
	}
}

// page shows a job with names and units for people.
func (j *job) page() page {
	p := page{Title: j.title(), Status: *displayLabel(j.status), Description: j.fields.text("jobDescription"),
		About: fmt.Sprintf("%s · %s · saved %s", j.owner.Name, j.id, j.updated.UTC().Format("January 2, 2006, 15:04 UTC"))}
	for _, f := range updateFields()[2:] { // the title and the description have their own places
		if text := j.shown(f); text != "" {
			p.Rows = append(p.Rows, [2]string{f.label, text})
		}
	}
	return p
}

// shown is the value of a field for people, "" if it isn't set or is part of another one.
func (j *job) shown(f field) string {
	switch f.key {
	case "paymentType":
		return j.pay()
	case rateKey(j.fields.text("paymentType")):
		return ""
	case "labelTypes":
		return strings.Join(j.labels(), ", ")
	case "dataVolume":
		unit := map[string]string{unitHours: " hours of audio or video", unitFiles: " files", unitWords: " words"}[j.fields.text("dataVolumeUnit")]
		if j.fields.has(f.key) {
			return withCommas(j.fields.number(f.key)) + unit
		}
	case "dataVolumeUnit":
		if j.fields.has("dataVolume") {
			return ""
		}
	}
	switch value := j.fields[f.key].(type) {
	case bool:
		return map[bool]string{true: "Yes", false: "No"}[value]
	case float64:
		return withCommas(value)
	case []string:
		return strings.Join(value, ", ")
	case string:
		if f.kind == kindEnum || f.key == "dataType" {
			return *displayLabel(value)
		}
		return value
	}
	return ""
}

// pay says what a job pays, "" if nothing is known about it.
func (j *job) pay() string {
	paymentType := j.fields.text("paymentType")
	unit := map[string]string{payPerHour: "per hour", payPerLabel: "per label", fixedPrice: "in total"}[paymentType]
	rate := j.fields.number(rateKey(paymentType))
	switch {
	case unit == "":
		return ""
	case rate == 0:
		return "Paid " + unit
	}
	return "$" + withCommas(rate) + " " + unit
}

// withCommas writes a number in the American way.
func withCommas(n float64) string {
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(n, 'f', -1, 64), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return strings.TrimSuffix(whole+"."+fraction, ".")
}
