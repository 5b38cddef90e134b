package sandbox

import (
	"cmp"
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The kinds of events in the change feed (developers/api-reference/jobs/changes).
const (
	eventPublished = "PUBLISHED"
	eventUpdated   = "UPDATED"
	eventClosed    = "CLOSED"
)

func (j *job) isListed() bool { return j != nil && j.event != "" && j.event != eventClosed }

// list puts a job on the marketplace, or back at its top.
func (s *Sandbox) list(j *job, now time.Time) {
	if j.place > 0 {
		s.market[j.place-1] = nil
	}
	s.market = append(s.market, j)
	j.place, j.event, j.posted, j.changed = len(s.market), eventPublished, now, now
}

// getJob is GET /jobs/{id}, open to everyone (developers/api-reference/jobs/get). A job that is no longer public has its own
// response instead of the error envelope. A job that was never public is not found.
func (s *Sandbox) getJob(c *call) *reply {
	id := c.PathValue("id")
	if strings.TrimSpace(id) == "" || utf8.RuneCountInString(id) > 64 {
		return badRequest("The id of a job has from 1 to 64 characters.", object{"field": "id"})
	}
	j := s.jobs[id]
	switch {
	case j == nil || j.place == 0:
		return refuse(http.StatusNotFound, "There is no such job.", nil)
	case !j.isListed():
		return &reply{status: http.StatusNotFound, body: object{"id": j.id, "status": "closed"}}
	}
	return ok(s.publicJob(j))
}

// publicJob is a job in its public form: display labels, not the canonical values of a draft
// (developers/api-reference/jobs/search). The page's sample has eight weeks between datePosted and validThrough.
func (s *Sandbox) publicJob(j *job) object {
	f, labels, title, text := j.fields, j.labels(), j.fields.text("jobTitle"), j.fields.text("jobDescription")
	rates := map[string]any{}
	if rate := f[rateKey(f.text("paymentType"))]; rate != nil { // an edit may clear it
		rates[f.text("paymentType")] = rate
	}
	return object{"id": j.id, "slug": slug(title), "title": title, "companyName": j.owner.Name, "descriptionText": text,
		"descriptionHtml": "<p>" + strings.ReplaceAll(html.EscapeString(text), "\n\n", "</p><p>") + "</p>",
		"seoTitle":        nil, "summary": nil, "status": statusOpen, "datePosted": timestamp(j.posted),
		"validThrough": timestamp(j.posted.AddDate(0, 0, 56)), "updatedAt": timestamp(j.changed),
		"employmentTypes": []string{"CONTRACTOR"}, "countries": countryCodes(f.list("countries")),
		"languages": f.list("languages"), "category": j.category(), "dataType": orNull(displayLabel(f.text("dataType"))),
		"labelTypes": labels, "labelingSoftware": orNull(f.text("labelingSoftware")),
		"experienceLevel": orNull(displayLabel(f.text("experienceLevel"))), "skills": labels,
		"pay": object{"paymentType": f.text("paymentType"), "currency": "USD", "hourlyRate": rates[payPerHour], "hourlyMin": nil,
			"hourlyMax": nil, "fixedPrice": rates[fixedPrice], "perLabelRate": rates[payPerLabel]},
		"url": s.cfg.AppURL + "/jobs/" + slug(title) + "-" + j.id, "applyUrl": s.cfg.AppURL + "/api/out?job=" + j.id + "&src=www_seo"}
}

// category is the marketplace category of a job, by its work or its data.
func (j *job) category() string {
	for _, value := range j.fields.list("labelTypes") {
		if found := theGrammar().tasks[value].category; found != "" {
			return found
		}
	}
	return cmp.Or(displayLabel(j.fields.text("dataType")), "Data") + " Annotation"
}

func (j *job) labels() []string {
	labels := j.fields.list("labelTypes")
	for i, value := range labels {
		labels[i] = theGrammar().tasks[value].label
	}
	return labels
}

// displayLabel converts "ENTRY_LEVEL" to "Entry Level". It keeps values that are not canonical.
func displayLabel(value string) string {
	if value == "" || strings.ToUpper(value) != value || strings.ContainsFunc(value, unicode.IsSpace) {
		return value
	}
	words := strings.Split(strings.ToLower(value), "_")
	for i, word := range words {
		words[i] = capitalize(word)
	}
	return strings.Join(words, " ")
}

// slug returns a title for use in a URL: lowercase ASCII letters, digits and hyphens.
func slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return cmp.Or(strings.Join(words, "-"), "job")
}

// searchJobs is GET /jobs, open to everyone (developers/api-reference/jobs/search, developers/guides/post-a-job). A job
// without countries is open to all, but does not match a country. This is our assumption.
func (s *Sandbox) searchJobs(c *call) *reply {
	query := c.URL.Query()
	country, payType := query.Get("country"), query.Get("payType")
	payTypes := []string{payPerHour, fixedPrice, payPerLabel}
	if payType != "" && !slices.Contains(payTypes, payType) {
		return badRequest(fmt.Sprintf("payType %q is unknown.", payType),
			object{"field": "payType", "supportedPayTypes": payTypes})
	}
	if country != "" && len(country) != 2 {
		return badRequest("country must be a two-letter ISO code.", object{"field": "country"})
	}
	words := strings.Fields(strings.ToLower(query.Get("q")))
	among := func(want string, list ...string) bool {
		return want == "" || slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, want) })
	}
	p := pager[*job]{name: "jobs", list: "jobs", standard: 20, most: map[Variant]int{Guide: 50, Reference: 100}[s.cfg.Variant], show: s.publicJob,
		more: object{"generatedAt": timestamp(s.cfg.Now())}}
	return p.page(c, s.market, func(j *job) bool {
		return j.isListed() && among(payType, j.fields.text("paymentType")) && among(query.Get("category"), j.category()) &&
			among(query.Get("language"), j.fields.list("languages")...) &&
			among(country, countryCodes(j.fields.list("countries"))...) && j.hasWords(words)
	})
}

// hasWords reports whether the text of a job has all words, which are in lower case.
func (j *job) hasWords(words []string) bool {
	texts := append(j.labels(), j.fields.text("jobTitle"), j.fields.text("jobDescription"), j.category())
	text := strings.ToLower(strings.Join(texts, "\n"))
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

// listOwnJobs is GET /jobs/mine (developers/api-reference/jobs/mine).
func (s *Sandbox) listOwnJobs(c *call) *reply {
	status := c.URL.Query().Get("status")
	statuses := []string{statusDraft, statusOpen, "ONGOING", "COMPLETED", statusArchived, "PENDING_APPROVAL"}
	if status != "" && !slices.Contains(statuses, status) {
		return badRequest(fmt.Sprintf("status %q is unknown.", status), object{"supportedStatuses": statuses})
	}
	p := pager[*job]{name: "mine", list: "jobs", standard: 25, most: 100, show: func(j *job) object {
		return object{"id": j.id, "title": j.title(), "status": j.status,
			"published": j.status != statusDraft && j.status != "PENDING_APPROVAL", "acceptingApplicants": j.status == statusOpen,
			"createdAt": timestamp(j.created), "updatedAt": timestamp(j.updated), "jobUrl": s.jobURL(j),
			"proposalCounts": object{"total": len(j.proposals), "unreviewed": j.unreviewed()}}
	}}
	return p.page(c, s.created, func(j *job) bool { return j.owner.books == c.account.books && (status == "" || j.status == status) })
}

// unreviewed is the number of proposals that the employer hasn't decided on.
func (j *job) unreviewed() (n int) {
	for _, p := range j.proposals {
		n += map[string]int{unreviewed: 1}[p.status]
	}
	return n
}

// pager divides a list into pages. A cursor holds the place of the last item of a page, so that pages stay stable while items are added.
type pager[T any] struct {
	name           string // of cursors
	list           string // the member of the page with its items
	standard, most int    // size of a page
	show           func(T) object
	more           object         // members of the page besides the list and nextCursor
	id             func(T) string // cursors are the ids of items; nil for places
	forward        bool           // oldest first, after the cursor
}

// page returns the matching items of the page that a request wants, newest first, and the cursor of the next page.
func (p pager[T]) page(c *call, items []T, match func(T) bool) *reply {
	start, step := len(items), -1
	if p.forward {
		start, step = -1, 1
	}
	limit, failure := c.limit(p.standard, p.most)
	if failure != nil {
		return failure
	}
	if cursor := c.URL.Query().Get("cursor"); cursor != "" {
		if start = p.place(cursor, items); start < 0 {
			return badRequest("The cursor is malformed: pass nextCursor back unchanged.", object{"field": "cursor"})
		}
	}
	found, last, next := []object{}, 0, ""
	for i := start + step; i >= 0 && i < len(items); i += step {
		if match != nil && !match(items[i]) {
			continue
		}
		if len(found) == limit {
			next = p.cursor(last, items)
			break
		}
		found, last = append(found, p.show(items[i])), i
	}
	page := object{p.list: found, "nextCursor": orNull(next)}
	maps.Copy(page, p.more)
	return ok(page)
}

// limit is the size of a page that a request wants.
func (c *call) limit(standard, most int) (int, *apiError) {
	limit, err := strconv.Atoi(c.URL.Query().Get("limit"))
	switch {
	case !c.URL.Query().Has("limit"):
		return standard, nil
	case err != nil || limit < 1 || limit > most:
		return 0, badRequest(fmt.Sprintf("limit must be a whole number from 1 to %d.", most), object{"field": "limit"})
	}
	return limit, nil
}

func (p pager[T]) cursor(i int, items []T) string {
	if p.id != nil {
		return p.id(items[i])
	}
	return fmt.Sprintf("%s_%d", p.name, i)
}

// place is the index of the item that a cursor stands for, -1 for none.
func (p pager[T]) place(cursor string, items []T) int {
	if p.id != nil {
		return slices.IndexFunc(items, func(item T) bool { return p.id(item) == cursor })
	}
	number, fits := strings.CutPrefix(cursor, p.name+"_")
	if i, err := strconv.Atoi(number); fits && err == nil && i >= 0 && i < len(items) {
		return i
	}
	return -1
}

// facet counts the values of jobs, in descending order.
func facet(jobs []*job, of func(*job) []string) []object {
	counts := map[string]int{}
	for _, j := range jobs {
		for _, value := range of(j) {
			counts[value]++
		}
	}
	delete(counts, "") // an edit may clear the payment type
	list := make([]object, 0, len(counts))
	most := func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) }
	for _, value := range slices.SortedFunc(maps.Keys(counts), most) {
		list = append(list, object{"value": value, "count": counts[value]})
	}
	return list
}

// listFacets is GET /jobs/facets, open to everyone (developers/api-reference/jobs/facets).
func (s *Sandbox) listFacets(*call) *reply {
	jobs := slices.DeleteFunc(slices.Clone(s.market), func(j *job) bool { return !j.isListed() })
	return ok(object{"totalJobs": len(jobs), "generatedAt": timestamp(s.cfg.Now()),
		"categories": facet(jobs, func(j *job) []string { return []string{j.category()} }),
		"languages":  facet(jobs, func(j *job) []string { return j.fields.list("languages") }),
		"countries":  facet(jobs, func(j *job) []string { return countryCodes(j.fields.list("countries")) }),
		"payTypes":   facet(jobs, func(j *job) []string { return []string{j.fields.text("paymentType")} })})
}

// listChanges is GET /jobs/changes, open to everyone: the latest event of each job since a time (developers/api-reference/jobs/changes).
func (s *Sandbox) listChanges(c *call) *reply {
	const most = 5000
	since, valid := readTime(c.URL.Query().Get("since"))
	if !valid {
		return badRequest("since is required: an ISO 8601 time such as 2026-06-01T00:00:00Z.", object{"field": "since"})
	}
	now := s.cfg.Now()
	until := now
	changed := slices.DeleteFunc(slices.Clone(s.market), func(j *job) bool { return j == nil || j.changed.Before(since) })
	slices.SortFunc(changed, func(a, b *job) int { return cmp.Or(a.changed.Compare(b.changed), cmp.Compare(a.place, b.place)) })
	if len(changed) > most {
		changed, until = changed[:most], changed[most-1].changed
	}
	changes := []object{}
	for _, j := range changed {
		changes = append(changes, object{"jobId": j.id, "eventType": j.event, "occurredAt": timestamp(j.changed)})
	}
	return ok(object{"since": timestamp(since), "until": timestamp(until), "changes": changes, "generatedAt": timestamp(now)})
}

// readTime parses an ISO 8601 date or a date and time. Without an offset, the time is UTC.
func readTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
