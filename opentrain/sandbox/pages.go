package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	decimal "golang.org/x/text/number"
)

// page is what its markup shows. Empty members are left out.
type page struct {
	Title, Problem, Link, LinkText string // a problem and where it leads
	Status, About, Description     string // a job
	Rows                           [][2]string
	Questions                      []string
	BaseURL, Token                 string // the first page
	Own, Market, Waiting           []page
	State, Note, Warning           string      // of something to decide
	Actions                        [][2]string // values and labels of buttons
	AsksCode                       bool        // of a claim
	code                           int         // of HTTP, if it isn't what Problem says
}

// servePage serves the pages that the API links to. They need no login: whoever can open them knows the sandbox's token.
func (s *Sandbox) servePage(w http.ResponseWriter, r *http.Request) {
	kind, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	decides := kind == "approvals" || kind == "checkout"
	switch {
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
	case r.Method != http.MethodPost || !decides:
		s.answer(r, nil).write(w)
		return
	case http.NewCrossOriginProtection().Check(r) != nil: // only the human decides
		refuse(http.StatusForbidden, "This page doesn't answer pages of other sites.", nil).write(w)
		return
	default:
		r.Body = http.MaxBytesReader(w, r.Body, maxAgentBody)
		decision := r.PostFormValue("decision")
		p := s.locked(func() page { return s.decide(id, decision) }) //nolint:contextcheck // webhooks outlast the request
		p.afterForm(w, r)
		return
	}
	forms, show := "'none'", func() page { return s.page(r.URL) }
	if decides {
		forms, show = "'self'", func() page { return s.decide(id, "") } //nolint:contextcheck // it decides nothing
	}
	s.locked(show).write(w, forms)
}

// locked makes a page. Its reader may be slow, so it's written without the lock.
func (s *Sandbox) locked(show func() page) page {
	s.lock()
	defer s.mu.Unlock()
	return show()
}

// afterForm answers a form: the browser opens the page anew, so that reloading it or going back sends nothing again.
func (p page) afterForm(w http.ResponseWriter, r *http.Request) {
	if p.Problem != "" || p.code != 0 {
		p.write(w, "'self'")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, r.URL.RequestURI(), http.StatusSeeOther) //nolint:gosec // to this very page
}

const forgets = "The sandbox forgets everything when it stops."

// write sends a page whose forms go to an origin only.
func (p page) write(w http.ResponseWriter, forms string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action "+forms+"; frame-ancestors 'none'")
	if p.Problem != "" && p.code == 0 {
		p.code = http.StatusNotFound
	}
	w.WriteHeader(cmp.Or(p.code, http.StatusOK))
	p.markup().Render(w) //nolint:errcheck,gosec // the reader is gone
}

const minutes = "January 2, 2006, 15:04 UTC"

func (s *Sandbox) page(address *url.URL) page {
	name, isJob := strings.CutPrefix(address.Path, "/jobs/")
	id := name[strings.LastIndex(name, "-")+1:] // it may follow the words of the title
	isDraft := address.Path == "/job-post"
	if isDraft {
		id = cmp.Or(address.Query().Get("job"), address.Query().Get("jobId"))
	}
	j := s.jobs[id]
	switch {
	case address.Path == "/":
		return s.firstPage()
	case !isJob && !isDraft:
		return page{Problem: "The sandbox has no page " + address.Path + ". It shows drafts, jobs, approvals, checkouts and claims."}
	case j == nil || isDraft && j.owner.number == 0:
		return page{Problem: fmt.Sprintf("There is no job with the id %q here, or it's another company's draft. "+
			forgets, id)}
	case isDraft || j.isListed():
		return j.page()
	case j.place > 0:
		return page{Problem: "This job isn't public anymore.", Link: s.draftURL(j), LinkText: "Open it as its owner"}
	}
	return page{Problem: "This job is a draft, so it isn't public yet.", Link: s.draftURL(j), LinkText: "Open the draft"}
}

// firstPage lists what is there and how to use it.
func (s *Sandbox) firstPage() page {
	p := page{Title: "OpenTrain sandbox", BaseURL: s.cfg.AppURL, Token: s.cfg.Accounts[0].Token}
	for _, j := range slices.Backward(s.created) {
		link := map[bool]string{true: s.jobURL(j), false: s.draftURL(j)}[j.isListed()]
		p.Own = append(p.Own, page{Title: j.title(), Link: link, Status: displayLabel(j.status)})
	}
	if own := s.accounts[p.Token]; own != nil {
		for _, a := range own.books.approvals {
			if a.status == pending {
				p.Waiting = append(p.Waiting, page{Title: a.page().Title, Link: "/approvals/" + a.id, About: a.summary()})
			}
		}
		for _, t := range own.books.topUps {
			if t.approval.status == pending {
				p.Waiting = append(p.Waiting, page{Title: t.page().Title, Link: "/checkout/" + t.id, About: dollars(-t.cost)})
			}
		}
	}
	for _, j := range slices.Backward(s.market) {
		if j.isListed() && j.owner.number == 0 {
			p.Market = append(p.Market, page{Title: j.title(), Link: s.jobURL(j), About: j.owner.Name + " · " + j.pay()})
		}
	}
	return p
}

// page shows a job with names and units for people, and what is open.
func (j *job) page() page {
	p := page{Title: j.title(), Status: displayLabel(j.status), Description: j.fields.text("jobDescription"),
		About: fmt.Sprintf("%s · %s · updated %s", j.owner.Name, j.id, j.updated.UTC().Format(minutes))}
	for _, gap := range j.gaps() {
		p.Questions = append(p.Questions, gap.Prompt)
	}
	shown := j.shown()
	for _, f := range updateFields() {
		if text := shown[f.Key]; text != "" {
			p.Rows = append(p.Rows, [2]string{f.Label, text})
		}
		for _, g := range j.guesses {
			if g.Field == f.Key && j.status == statusDraft {
				p.Questions = append(p.Questions, f.Label+": "+g.Reason)
			}
		}
	}
	return p
}

// shown has the values of the fields for people. An amount and its unit are one value.
func (j *job) shown() map[string]string {
	shown := map[string]string{}
	for key, value := range j.fields {
		switch value := value.(type) {
		case bool:
			shown[key] = map[bool]string{true: "Yes", false: "No"}[value]
		case float64:
			shown[key] = inDigits(value)
		case []string:
			shown[key] = strings.Join(value, ", ")
		case string:
			shown[key] = value
		}
	}
	for _, key := range []string{"dataType", "dataVolumeUnit", "experienceLevel"} {
		shown[key] = displayLabel(shown[key])
	}
	if shown["dataVolume"] != "" {
		units := map[string]string{unitHours: " hours of audio or video", unitFiles: " files", unitWords: " words"}
		shown["dataVolume"] += units[j.fields.text("dataVolumeUnit")]
		shown["dataVolumeUnit"] = ""
	}
	shown["paymentType"], shown[rateKey(j.fields.text("paymentType"))] = j.pay(), ""
	shown["labelTypes"] = strings.Join(j.labels(), ", ")
	shown["jobTitle"], shown["jobDescription"] = "", ""
	return shown
}

// pay says what a job pays, "" if that is open.
func (j *job) pay() string {
	key := rateKey(j.fields.text("paymentType"))
	rate := j.fields.number(key)
	if rate == 0 {
		return ""
	}
	unit := map[string]string{"pricePerHour": " per hour", "pricePerLabel": " per label", "fixedPrice": " in total"}[key]
	return "$" + inDigits(rate) + unit
}

// inDigits writes a number as people in the United States do: 50,000 or 18.50.
func inDigits(n float64) string {
	digits := decimal.Decimal(n, decimal.MinFractionDigits(2), decimal.MaxFractionDigits(9))
	return strings.TrimSuffix(message.NewPrinter(language.AmericanEnglish).Sprint(digits), ".00")
}
