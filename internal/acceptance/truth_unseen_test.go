package acceptance_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/tool"
)

// unseen is a way in which a draft gets another headcount than the human sees: happens asks for a yes, and changes job_1
// meanwhile or afterwards. The times in the API's answers alone don't tell that something was changed.
type unseen struct {
	answerForm standInForm
	happens    func(t *testing.T, api *standIn, s, other *endpoint) (yes map[string]any)
}

func unseenChanges() map[string]unseen {
	return map[string]unseen{
		"before the list that dates it": {guideForm, changedBeforeItIsListed}, "before the list that dates it, short": {referenceForm, changedBeforeItIsListed},
		"within the seconds of a Date": {guideForm, changedWhileNotListed(0, 1500*time.Millisecond)},
		"a Date that is ahead":         {guideForm, changedWhileNotListed(10*time.Minute, 5*time.Minute)},
		"a list without times":         {guideForm, changedWithoutTimes},
		"found by a look":              {guideForm, changedAndLookedAt(false)},
		"found by a look elsewhere":    {guideForm, changedAndLookedAt(true)},
	}
}

func changeHeadcount(api *standIn, to int) {
	api.edit("job_1", func(j *standInJob) { j.fields["headcount"] = to })
}

// changedBeforeItIsListed changes the draft after the save that shows it and before the list that has its time.
func changedBeforeItIsListed(t *testing.T, api *standIn, s, _ *endpoint) map[string]any {
	saved := false
	api.hook(standInHook{on: "PATCH /job-drafts/{id}", nth: 1, after: func(*standInRequest) { saved = true }})
	api.hook(standInHook{on: "GET /jobs/mine", before: func(*standInRequest) {
		if saved {
			saved = false
			pass(10 * time.Second)
			changeHeadcount(api, 9)
			pass(time.Second)
		}
	}})
	return approval(t, s, "job_1", alice)
}

// changedWhileNotListed changes a draft some time after a patch whose time is only known from its Date.
func changedWhileNotListed(ahead, later time.Duration) func(*testing.T, *standIn, *endpoint, *endpoint) map[string]any {
	return func(t *testing.T, api *standIn, s, _ *endpoint) map[string]any {
		dateAhead(api, ahead)
		remove := api.fail("GET /jobs/mine", 0, http.StatusTooManyRequests, "")
		got := s.call(tool.PatchDraft, patch("pricePerHour", 18), alice...)
		remove()
		if tokenIn(t, got) == "" {
			t.Fatalf("no confirmation: %s", got.text)
		}
		pass(later)
		changeHeadcount(api, 9)
		return got.next(t).Arguments
	}
}

// dateAhead makes the Date of a patch's answer that of a clock that is ahead, as a proxy's may be.
func dateAhead(api *standIn, ahead time.Duration) {
	api.hook(standInHook{on: "PATCH /job-drafts/{id}", before: func(r *standInRequest) {
		r.answerHeader.Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
	}})
}

func changedWithoutTimes(t *testing.T, api *standIn, s, _ *endpoint) map[string]any {
	api.hook(standInHook{on: "GET /jobs/mine", after: func(r *standInRequest) { r.answer = strings.ReplaceAll(r.answer, `"updatedAt"`, `"moved"`) }})
	yes := approval(t, s, "job_1", alice)
	pass(aWhile)
	changeHeadcount(api, 9)
	return yes
}

// changedAndLookedAt changes a confirmed draft between the list that a look reads and its save.
func changedAndLookedAt(elsewhere bool) func(*testing.T, *standIn, *endpoint, *endpoint) map[string]any {
	return func(t *testing.T, api *standIn, s, other *endpoint) map[string]any {
		yes := approval(t, s, "job_1", alice)
		pass(aWhile)
		_, release := api.hold("PATCH /job-drafts/{id}", 1)
		looked := calling(map[bool]*endpoint{false: s, true: other}[elsewhere], tool.GetDraft, job())
		synctest.Wait()
		changeHeadcount(api, 9)
		pass(aWhile)
		release()
		<-looked
		return yes
	}
}

// TestAnUnseenChangeIsNotPublished: a yes to content that the draft no longer has doesn't publish it, on the server
// that gave the confirmation or on another one. The draft is shown as it is, and a yes to that counts.
func TestAnUnseenChangeIsNotPublished(t *testing.T) {
	t.Parallel()
	for how, test := range unseenChanges() {
		for _, elsewhere := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				api := newDuo(test.answerForm)
				s, other := inside(t, api, oneKey), inside(t, api, oneKey)
				made(api, "alice", "DRAFT", signs())
				pass(aWhile)
				yes := test.happens(t, api, s, other)
				pass(aWhile)
				if elsewhere {
					s = other
				}
				got := s.call(tool.Publish, yes, alice...)
				next := got.next(t)
				if api.job("job_1").status != "DRAFT" || next.Action != tool.ConfirmWithHuman {
					t.Fatalf("%s, elsewhere %v: published with 9 people: %s", how, elsewhere, got.text)
				}
				if people := shownFields(t, next)["headcount"]; people != 9.0 && (people != nil || test.answerForm == guideForm) {
					t.Errorf("%s, elsewhere %v: %v people are shown: %s", how, elsewhere, people, got.text)
				}
				pass(aWhile)
				if got := s.call(next.Tool, next.Arguments, alice...); !strings.Contains(got.text, "is live.") {
					t.Errorf("%s, elsewhere %v: the new yes doesn't count: %s", how, elsewhere, got.text)
				}
			})
		}
	}
}

// TestEveryChangeIsAskedAboutAgain: however often a draft is changed elsewhere, no yes from before the last change
// publishes it, even where the API's short answers don't show what was changed.
func TestEveryChangeIsAskedAboutAgain(t *testing.T) {
	t.Parallel()
	for name, answerForm := range answerForms() {
		synctest.Test(t, func(t *testing.T) {
			api := newDuo(answerForm)
			s := inside(t, api, nil)
			made(api, "alice", "DRAFT", signs())
			pass(aWhile)
			yes := approval(t, s, "job_1", alice)
			for change := range 5 {
				pass(aWhile)
				changeHeadcount(api, 100+change)
				pass(aWhile)
				got := s.call(tool.Publish, yes, alice...)
				if yes = got.next(t).Arguments; api.job("job_1").status != "DRAFT" || tokenIn(t, got) == "" {
					t.Fatalf("%s, change %d: %s", name, change, got.text)
				}
			}
		})
	}
}
