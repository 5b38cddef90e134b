package tool_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// list is an output with entries of a certain length.
type list struct {
	Entries []string `json:"entries"`
}

func (l list) Text() string { return strings.Join(l.Entries, "\n") }

func (list) Effect() tool.Effect { return tool.Effect{} }

// pages returns a function that reads pages of entries of the same length, and the limits with which it was called.
// The API behind it has a shortest page.
func pages(length, shortest int) (read func(limit int) (list, error), limits *[]int) {
	limits = new([]int)
	return func(limit int) (list, error) {
		*limits = append(*limits, limit)
		return list{slices.Repeat([]string{strings.Repeat("x", length)}, max(limit, shortest))}, nil
	}, limits
}

func TestFitPage(t *testing.T) {
	for name, test := range map[string]struct {
		length, shortest, limit int
		entries                 int
		limits                  []int
		note                    string
	}{
		"fits":                           {length: 10, limit: 10, entries: 10, limits: []int{10}},
		"read again":                     {length: 3000, limit: 10, entries: 6, limits: []int{10, 6}, note: "Only 6 entries, to keep the result short; use the cursor for the rest."},
		"one entry is too long":          {length: 30_000, limit: 3, entries: 1, limits: []int{3, 1}, note: "Only 1 entry, to keep the result short; use the cursor for the rest."},
		"only one entry":                 {length: 30_000, limit: 1, entries: 1, limits: []int{1}},
		"the API ignores the limit":      {length: 3000, shortest: 20, limit: 10, entries: 6, limits: []int{10, 6}, note: "Only 6 of 20 entries fit: OpenTrain sent more than requested; use narrower filters to find the rest."},
		"the API ignores a second limit": {length: 3000, shortest: 10, limit: 10, entries: 6, limits: []int{10, 6}, note: "Only 6 of 10 entries fit: OpenTrain sent more than requested; use narrower filters to find the rest."},
	} {
		read, limits := pages(test.length, test.shortest)
		note := ""
		made := tool.New(tool.Spec{Name: "list", Kind: tool.KindRead}, func(_ context.Context, call tool.Call, _ struct{}) (out list, _ *tool.Ask, err error) {
			out, note, err = tool.FitPage(call, test.limit, read, func(out *list) *[]string { return &out.Entries })
			return out, nil, err
		})
		result, _, failure := tool.Runner{Accounts: tool.NewAccounts(nil)}.Run(t.Context(), &made, tool.Call{}, nil)
		var out list
		if failure != nil || json.Unmarshal(result.Structured, &out) != nil {
			t.Fatal(failure)
		}
		if len(out.Entries) != test.entries || note != test.note || !slices.Equal(*limits, test.limits) {
			t.Errorf("%s: %d entries with limits %v, %q", name, len(out.Entries), *limits, note)
		}
	}
	failed := &tool.Refusal{Lines: []string{"Failed."}}
	made := tool.New(tool.Spec{Name: "list", Kind: tool.KindRead}, func(_ context.Context, call tool.Call, _ struct{}) (list, *tool.Ask, error) {
		out, _, err := tool.FitPage(call, 10, func(int) (list, error) { return list{}, failed }, func(out *list) *[]string { return &out.Entries })
		return out, nil, err
	})
	if _, _, failure := (tool.Runner{Accounts: tool.NewAccounts(nil)}).Run(t.Context(), &made, tool.Call{}, nil); failure == nil || failure.Text() == "" {
		t.Errorf("got %v", failure)
	}
}

// TestFit makes no more cuts than needed, in their order.
func TestFit(t *testing.T) {
	long := list{slices.Repeat([]string{strings.Repeat("x", 1000)}, 30)}
	to := func(entries int) func(*list) { return func(l *list) { l.Entries = l.Entries[:entries] } }
	if got := tool.Fit(long, to(25), to(10), to(1)); len(got.Entries) != 10 {
		t.Errorf("%d entries", len(got.Entries))
	}
	if got := tool.Fit(list{[]string{"x"}}, to(0)); len(got.Entries) != 1 {
		t.Errorf("a short result was cut")
	}
}

// TestShorten makes the cuts of a whole result, no more than needed, whatever the tool adds to it, and none in a short one.
func TestShorten(t *testing.T) {
	for entries, want := range map[int]int{30: 10, 22: 10, 3: 3} {
		to := func(entries int) func(*list) {
			return func(l *list) { l.Entries = l.Entries[:min(len(l.Entries), entries)] }
		}
		made := tool.New(tool.Spec{Name: "list", Kind: tool.KindRead}, func(_ context.Context, call tool.Call, _ struct{}) (list, *tool.Ask, error) {
			tool.Shorten(call, to(21), to(10), to(1))
			return list{slices.Repeat([]string{strings.Repeat("x", 1000)}, entries)}, nil, nil
		})
		result, _, failure := tool.Runner{Accounts: tool.NewAccounts(nil)}.Run(t.Context(), &made, tool.Call{}, nil)
		var out list
		if failure != nil || json.Unmarshal(result.Structured, &out) != nil {
			t.Fatal(failure)
		}
		if len(out.Entries) != want || strings.Count(result.Text, "\n") != want-1 {
			t.Errorf("%d entries became %d, with %d lines", entries, len(out.Entries), strings.Count(result.Text, "\n")+1)
		}
	}
}

// A cursor that the tools can't take isn't the end of a list.
func TestCursorThatIsNotPassedOn(t *testing.T) {
	for _, c := range []struct {
		cursor string
		lost   bool
	}{
		{"", false},
		{"abc==", false},
		{strings.Repeat("c", 2000), false},
		{strings.Repeat("c", 2001), true},
		{"c\n1", true},
		{"a\u202eb", true},
		{"é", true},
		{"\x1b[2J", true},
		{"a\x7f", true},
	} {
		var next, note string
		made := tool.New(tool.Spec{Name: "list", Kind: tool.KindRead}, func(_ context.Context, call tool.Call, _ struct{}) (list, *tool.Ask, error) {
			out, cut, err := tool.FitPage(call, 10, func(int) (list, error) {
				next = call.Cursor(c.cursor)
				return list{[]string{"a", "b"}}, nil
			}, func(l *list) *[]string { return &l.Entries })
			note = cut
			return out, nil, err
		})
		if _, _, failure := (tool.Runner{Accounts: tool.NewAccounts(nil)}).Run(t.Context(), &made, tool.Call{}, nil); failure != nil {
			t.Fatal(failure)
		}
		if c.lost != (next == "") && c.cursor != "" || c.lost != strings.Contains(note, "There are more than these 2 entries") {
			t.Errorf("cursor %.20q became %.20q with the note %q", c.cursor, next, note)
		}
	}
}

func TestMapIsNeverNil(t *testing.T) {
	if got := tool.Map(nil, strings.ToUpper); got == nil || len(got) != 0 {
		t.Errorf("got %v", got)
	}
	if got := tool.Map([]string{"a", "b"}, strings.ToUpper); !slices.Equal(got, []string{"A", "B"}) {
		t.Errorf("got %v", got)
	}
}

// page is a list with a next step.
type page struct {
	list
	Next tool.Next `json:"next"`
}

// TestCutsKeepTheStep: the step in a result that was cut is the step as the caller can take it, with what the cut changed.
func TestCutsKeepTheStep(t *testing.T) {
	for entries, want := range map[int]string{3: "https://app.example.com", 30: "https://app.example.com"} {
		made := tool.New(tool.Spec{Name: "list", Kind: tool.KindRead}, func(_ context.Context, call tool.Call, _ struct{}) (page, *tool.Ask, error) {
			tool.Shorten(call, func(p *page) { p.Entries, p.Next.Note = p.Entries[:1], "cut" })
			return page{list{slices.Repeat([]string{strings.Repeat("x", 1000)}, entries)}, tool.Next{Action: tool.Fix, URL: opentrain.DefaultBaseURL}}, nil, nil
		})
		result, _, failure := tool.Runner{Accounts: tool.NewAccounts(nil), App: "https://app.example.com"}.Run(t.Context(), &made, tool.Call{}, nil)
		var out page
		if failure != nil || json.Unmarshal(result.Structured, &out) != nil {
			t.Fatal(failure)
		}
		if out.Next.URL != want || (out.Next.Note == "cut") != (entries > 20) {
			t.Errorf("%d entries: %+v", entries, out.Next)
		}
	}
}
