package draft

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"opentrain-mcp/internal/tool"
)

// otherRates are the amounts of dollars in a text that are for the unit of a rate and aren't the price: "$25 per hour". A range that
// holds the price may be true; a choice, "$18 or $25", isn't. Those with a number that was said before aren't said again.
func otherRates(s, rate, price string, before []string) (others []string) {
	words, starts := amountWords(s), []int{}
	if price == "" {
		return nil
	}
	end := 0
	for i, word := range words {
		start := end + strings.Index(s[end:], word)
		starts, end = append(starts, start), start+len(word)
		if !isAmount(word) || hasForeignSign(word) {
			continue
		}
		low := rangeStart(s, words[:i], starts)
		dollars, unit := unitAfter(s[end:], rate)
		amount := s[starts[low]:end]
		isDollars := dollars != "" || strings.Contains(amount, "$")
		isChoice := low < i && strings.EqualFold(words[i-1], "or")
		isSaid := slices.ContainsFunc([]string{words[low], word}, func(w string) bool { return slices.Contains(before, shortest(numberIn(w))) })
		if isDollars && unit != "" && !isBound(words[:low]) && !isSaid && (isChoice || !holds(words[low], word, price)) {
			others = append(others, amount+dollars+unit)
		}
	}
	return distinct(others)
}

// rangeStart is the position of the word with which a range begins that ends after some words, as "$25" does in "$25-30" and "$25 to $30".
// Without a range, it's the position after the words.
func rangeStart(s string, words []string, starts []int) int {
	last := len(words)
	first := last - 1
	if first > 0 && slices.Contains([]string{"to", "and", "or"}, strings.ToLower(words[first])) {
		first--
	} else if first < 0 || !strings.ContainsAny(s[starts[first]+len(words[first]):starts[last]], "-–—") {
		return last
	}
	if !isAmount(words[first]) || hasForeignSign(words[first]) {
		return last
	}
	return first
}

// isBound reports whether the words before an amount make it a bound or no pay: "up to $30", "a bonus of $5", "not $12".
func isBound(before []string) bool {
	return slices.ContainsFunc(before[max(0, len(before)-2):], func(word string) bool {
		return slices.Contains([]string{
			"up", "most", "max", "maximum", "under", "below", "from", "least", "min", "minimum", "over", "above", "than", "starting",
			"bonus", "bonus:", "not",
		}, strings.ToLower(word))
	})
}

// holds reports whether a price lies in a range of amounts as people write them. What isn't a number may be any.
func holds(low, high, price string) bool {
	from, errFrom := strconv.ParseFloat(shortest(numberIn(low)), 64)
	to, errTo := strconv.ParseFloat(shortest(numberIn(high)), 64)
	is, err := strconv.ParseFloat(price, 64)
	return errFrom != nil || errTo != nil || err != nil || from <= is && is <= to
}

// unitAfter reads after an amount whether it's in dollars and for the unit of a rate: " USD" and "/hour". An open end, as in "$20+", has
// no unit.
func unitAfter(rest, rate string) (dollars, unit string) {
	words := strings.Fields(strings.ReplaceAll(rest[:min(len(rest), 60)], "/", " / "))
	if len(words) > 0 && slices.Contains([]string{"usd", "dollar", "dollars"}, strings.ToLower(words[0])) {
		dollars, words = " "+words[0], words[1:]
	}
	said := strings.ToLower(strings.Join(words, " "))
	units := tool.Units(rate)
	if rate == "pricePerHour" {
		units = append(units, "every hour", "each hour", "hourly")
	}
	for _, unit := range units {
		after, found := strings.CutPrefix(said, unit)
		next, _ := utf8.DecodeRuneInString(after)
		if found && !unicode.IsLetter(next) && !unicode.IsDigit(next) {
			return dollars, strings.ReplaceAll(" "+unit, " / ", "/")
		}
	}
	return dollars, ""
}
