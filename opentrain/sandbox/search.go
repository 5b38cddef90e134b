package sandbox

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// searchJobs is GET /jobs, open to everyone (developers/api-reference/jobs/search,
// developers/guides/post-a-job).
func (s *Sandbox) searchJobs(c *call) (reply, *apiError) {
	values := c.request.URL.Query()
	maxLimit := 50
	if s.variant == Reference {
		maxLimit = 100
	}
	filter, failure := readFilter(values)
	if failure != nil {
		return reply{}, failure
	}
	limit, failure := readLimit(values, 20, maxLimit)
	if failure != nil {
		return reply{}, failure
	}
	before, failure := readCursor(values, "jobs")
	if failure != nil {
		return reply{}, failure
	}

	market, generated := s.snapshot()
	jobs := []publicJob{}
	var next *string
	last := 0
	for _, l := range slices.Backward(market) {
		if before > 0 && l.seq >= before || l.event == eventClosed || !filter.matches(l) {
			continue
		}
		if len(jobs) == limit {
			next = cursor("jobs", last)
			break
		}
		jobs = append(jobs, l.public)
		last = l.seq
	}
	return public(map[string]any{"jobs": jobs, "nextCursor": next, "generatedAt": timestamp(generated)})
}

// filter filters a search. Empty members do not filter.
type filter struct {
	words                                []string
	category, language, country, payType string
}

func readFilter(values url.Values) (filter, *apiError) {
	f := filter{
		words:    strings.Fields(strings.ToLower(values.Get("q"))),
		category: values.Get("category"), language: values.Get("language"),
		country: values.Get("country"), payType: values.Get("payType"),
	}
	payTypes := []string{payPerHour, fixedPrice, payPerLabel}
	if f.payType != "" && !slices.Contains(payTypes, f.payType) {
		failure := badRequest(fmt.Sprintf("payType %q is unknown.", f.payType))
		failure.details = details{"field": "payType", "supportedPayTypes": payTypes}
		return f, failure
	}
	if f.country != "" && len(f.country) != 2 {
		failure := badRequest("country must be a two-letter ISO code.")
		failure.details = details{"field": "country"}
		return f, failure
	}
	return f, nil
}

// matches reports whether a listing matches. A job without countries is open to all, but does not match a
// country. This is our assumption.
func (f filter) matches(l listing) bool {
	among := func(list []string, want string) bool {
		return want == "" || slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, want) })
	}
	for _, word := range f.words {
		if !strings.Contains(l.words, word) {
			return false
		}
	}
	return among([]string{l.public.Category}, f.category) && among(l.public.Languages, f.language) &&
		among(l.public.Countries, f.country) && among([]string{l.public.Pay.PaymentType}, f.payType)
}

// readLimit reads the page size, a number from 1 to maxLimit.
func readLimit(values url.Values, standard, maxLimit int) (int, *apiError) {
	if !values.Has("limit") {
		return standard, nil
	}
	limit, err := strconv.Atoi(values.Get("limit"))
	if err != nil || limit < 1 || limit > maxLimit {
		failure := badRequest(fmt.Sprintf("limit must be a whole number from 1 to %d.", maxLimit))
		failure.details = details{"field": "limit"}
		return 0, failure
	}
	return limit, nil
}

// cursor returns the cursor for the items before seq.
func cursor(list string, seq int) *string {
	text := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s:%d", list, seq))
	return &text
}

// readCursor returns the seq in a cursor, or 0 if the request has none.
func readCursor(values url.Values, list string) (int, *apiError) {
	if values.Get("cursor") == "" {
		return 0, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(values.Get("cursor"))
	number, fits := strings.CutPrefix(string(data), list+":")
	seq, errNumber := strconv.Atoi(number)
	if err != nil || !fits || errNumber != nil || seq < 1 {
		failure := badRequest("The cursor is malformed: pass nextCursor back unchanged.")
		failure.details = details{"field": "cursor"}
		return 0, failure
	}
	return seq, nil
}
