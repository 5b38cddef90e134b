package sandbox_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestGeneratedDescriptionsLoseNothing checks descriptions that are put together from clauses: every amount with
// its currency and unit, every count, language and country is found again, and nothing is sure that a clause
// doesn't say plainly. A failing description is cut down to the clauses that it takes to fail.
func TestGeneratedDescriptionsLoseNothing(t *testing.T) {
	t.Parallel()
	a := newAPI(t, sandbox.Config{})
	var sum verdict
	failed := 0
	for seed := range uint64(400) {
		d := newDescription(seed)
		one := a.check(d)
		sum = sum.and(one)
		if one.clean() {
			continue
		}
		if failed++; failed <= 25 {
			d = a.shrink(d)
			new(verdict).add(t, fmt.Sprintf("(seed %d) %s", seed, d.truth().Text), a.check(d))
		}
	}
	if failed > 25 {
		t.Errorf("… and %d more descriptions", failed-25)
	}
	sum.log(t)
}

// FuzzGeneratedDescriptions does the same for any seed.
func FuzzGeneratedDescriptions(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		a := newAPI(t, sandbox.Config{})
		if d := newDescription(seed); !a.check(d).clean() {
			d = a.shrink(d)
			new(verdict).add(t, d.truth().Text, a.check(d))
		}
	})
}

// check compares the report on a description with the truth.
func (a api) check(d description) verdict {
	want := d.truth()
	got := a.create(want.Text)
	v := judge(want, got)
	for key, rate := range obj(got["normalizedFields"]) {
		n, _ := number(rate)
		if (strings.HasPrefix(key, "pricePer") || key == "fixedPrice") &&
			!slices.ContainsFunc(d.dollars(), func(usd float64) bool { return math.Abs(usd-n) < 1e-9 }) {
			v.wrong = append(v.wrong, fmt.Sprintf("%s = %v, which is no amount in dollars", key, rate))
		}
	}
	return v
}

// shrink leaves out clauses as long as the description fails.
func (a api) shrink(d description) description {
	for i := 0; i < len(d.clauses); i++ {
		fewer := d
		fewer.clauses = slices.Delete(slices.Clone(d.clauses), i, i+1)
		if len(fewer.clauses) > 0 && !a.check(fewer).clean() {
			d, i = fewer, -1
		}
	}
	return d
}

// clause is a part of a description, and what is true of it. What it says plainly is under Must.
type clause struct {
	truth
	kind string
	usd  []float64 // its amounts in US dollars
}

// description is made of clauses.
type description struct {
	clauses []clause
	between string // what stands between two clauses
	spaces  string // what stands in every fourth space
}

func newDescription(seed uint64) description {
	r := rand.New(rand.NewPCG(seed, 13))
	kinds := []func(*rand.Rand) clause{sayPeople, sayData, sayPay, sayPay, sayLanguage, sayCountry, sayLevel, sayTask, sayNoise}
	r.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	d := description{
		between: pick(r, ". ", ". ", ".\n", "\n- ", "! ", "; ", ", ", " – ", " / "),
		spaces:  pick(r, " ", " ", " ", "  ", "\u00a0", "\n"),
	}
	for _, kind := range kinds[:2+r.IntN(5)] {
		d.clauses = append(d.clauses, kind(r))
	}
	return d
}

func (d description) dollars() []float64 {
	var all []float64
	for _, c := range d.clauses {
		all = append(all, c.usd...)
	}
	return all
}

// truth is what is true of the whole. A clause is only sure to be read when it is a sentence of its own and no
// other clause is about the same field.
func (d description) truth() truth {
	whole := truth{Must: map[string]any{}, May: map[string][]any{}, Guess: map[string]any{}}
	torn := regexp.MustCompile(`\d[ \x{a0}]{2}\d`).MatchString(d.text()) // a number with two spaces in it isn't plain
	of := map[string]int{}
	for _, c := range d.clauses {
		of[c.kind]++
	}
	for _, c := range d.clauses {
		whole.Facts = append(whole.Facts, c.Facts...)
		for key, values := range c.May {
			whole.May[key] = append(whole.May[key], values...)
		}
		alone := of[c.kind] == 1 && strings.ContainsAny(d.between, ".\n") && d.spaces != "\n" && !torn
		for key, value := range c.Must {
			if items, isList := value.([]any); isList {
				whole.May[key] = append(whole.May[key], items...)
			} else {
				whole.May[key] = append(whole.May[key], value)
			}
			if alone {
				whole.Must[key] = value
			}
		}
		if alone {
			maps.Copy(whole.Guess, c.Guess)
		}
	}
	whole.Text = d.text()
	return whole
}

func (d description) text() string {
	var text strings.Builder
	for i, c := range d.clauses {
		between := d.between
		if c.Text[0] < 'A' && strings.HasPrefix(between, " ") { // «$18 – 12 annotators» looks like a range
			between = "; "
		}
		if i > 0 {
			text.WriteString(between)
		}
		text.WriteString(c.Text)
	}
	words := strings.Split(text.String(), " ")
	for i := 3; i < len(words); i += 4 {
		if words[i] != "-" { // a bullet at the start of a line
			words[i] = strings.TrimPrefix(d.spaces, " ") + words[i]
		}
	}
	return strings.Join(words, " ")
}

func (v verdict) clean() bool { return len(v.wrong)+len(v.lost)+len(v.unread) == 0 }

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }
