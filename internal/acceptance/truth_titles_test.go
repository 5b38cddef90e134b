package acceptance_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"opentrain-mcp/internal/tool"
)

// TestATitleChangedMeanwhileStays: to show a draft, a call saves its title unchanged. When the call had to wait, this is
// the title that the draft has by then.
func TestATitleChangedMeanwhileStays(t *testing.T) {
	t.Parallel()
	for waiting, finish := range map[string]func(*testing.T, *standIn, *endpoint) answer{
		"a publish, for its retry": func(t *testing.T, api *standIn, s *endpoint) answer {
			yes := approval(t, s, "job_1", alice)
			pass(aWhile)
			api.hook(standInHook{on: "POST /jobs/{id}/publish", nth: 1, drop: dropUnsent})
			published := calling(s, tool.Publish, yes)
			synctest.Wait()
			api.edit("job_1", func(j *standInJob) { j.fields["jobTitle"] = "Traffic lights" })
			return <-published
		},
		"get_draft, for a patch": func(_ *testing.T, api *standIn, s *endpoint) answer {
			_, release := api.hold("PATCH /job-drafts/{id}", 1)
			patched := calling(s, tool.PatchDraft, patch("jobTitle", "Traffic lights"))
			synctest.Wait()
			got := calling(s, tool.GetDraft, job())
			synctest.Wait()
			release()
			<-patched
			return <-got
		},
	} {
		for name, answerForm := range answerForms() {
			synctest.Test(t, func(t *testing.T) {
				api := newDuo(answerForm)
				made(api, "alice", "DRAFT", signs())
				pass(aWhile)
				got := finish(t, api, inside(t, api, nil))
				if title := api.job("job_1").fields["jobTitle"]; title != "Traffic lights" || !strings.Contains(got.text, "Traffic lights") {
					t.Errorf("%s, %s: the title is %q: %s", waiting, name, title, got.text)
				}
			})
		}
	}
}

// TestATitleThatIsNotWholeIsNotSaved: the list may have less than the whole title. Such a title is never saved; the human
// is asked for one.
func TestATitleThatIsNotWholeIsNotSaved(t *testing.T) {
	t.Parallel()
	for _, listed := range []string{"Street…", "Street...", "Street \ufffdsigns", "Untitled job", ""} {
		for _, toolName := range []string{tool.GetDraft, tool.Publish} {
			synctest.Test(t, func(t *testing.T) {
				api := newDuo(guideForm)
				api.hook(standInHook{on: "GET /jobs/mine", after: func(r *standInRequest) {
					r.answer = strings.ReplaceAll(r.answer, `"title":"Street signs"`, `"title":"`+listed+`"`)
				}})
				made(api, "alice", "DRAFT", signs())
				got := inside(t, api, nil).call(toolName, job(), alice...)
				if next := got.next(t); next.Action != tool.AskHuman || next.Field != "jobTitle" || len(api.arrived("PATCH /job-drafts/{id}")) > 0 {
					t.Errorf("%s, listed as %q: the title is %q: %s", toolName, listed, api.job("job_1").fields["jobTitle"], got.text)
				}
			})
		}
	}
}

// TestADraftIsFoundByIdAndByTitle: words that fit several drafts are a question, and its options name one draft each. An
// id is the draft with that id, whatever the others are called.
func TestADraftIsFoundByIdAndByTitle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newDuo(guideForm)
		for _, title := range []string{"Street signs", "Street signs", "job_1", "Dashcam videos"} {
			fields := signs()
			fields["jobTitle"] = title
			made(api, "alice", "DRAFT", fields)
			pass(aWhile)
		}
		s := inside(t, api, nil)
		find := func(name string) answer { return s.call(tool.GetDraft, map[string]any{"jobId": name}, alice...) }
		finds := func(name, id string) {
			if got := find(name); !strings.Contains(string(got.structured), `"jobId":"`+id+`"`) {
				t.Errorf("%q doesn't find %s: %s", name, id, got.text)
			}
		}
		finds("job_1", "job_1")
		finds("the dashcam one", "job_4")
		for _, name := range []string{"street signs", "signs"} {
			next := find(name).next(t)
			if next.Action != tool.AskHuman || next.Field != "jobId" || len(next.Options) != 2 {
				t.Fatalf("%q: %+v", name, next)
			}
			slices.Sort(next.Options)
			for i, option := range next.Options {
				finds(option, []string{"job_1", "job_2"}[i])
			}
		}
	})
}
