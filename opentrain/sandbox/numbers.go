package sandbox

import "strings"

// dropCodes unmarks digits that are not amounts: phone numbers, dates, times, percentages and "24/7".
func dropCodes(tokens []token) []token {
	for i := 0; i < len(tokens); i++ {
		if !tokens[i].number {
			continue
		}
		end, separators, grouped := digitRun(tokens, i)
		plus := i > 0 && tokens[i-1].text == "+"
		long := end-i >= 2 && strings.Count(separators, "|") >= 2 && (strings.Trim(separators, "|") != "" || !grouped)
		if plus || long || separators == ":|" || separators == "/|" {
			for k := i; k <= end; k++ {
				tokens[k].number = false
			}
		}
		if end+1 < len(tokens) && tokens[end+1].text == "%" {
			tokens[end].number = false
		}
		i = end
	}
	return tokens
}

// digitRun follows numbers with only separators between them, from the number at i. It returns the last one,
// the separators with a bar after each, and whether the later numbers are groups of three digits.
func digitRun(tokens []token, i int) (end int, separators string, grouped bool) {
	var all strings.Builder
	end, grouped = i, true
	for {
		next, between := end+1, ""
		for next < len(tokens) && next-end <= 3 && isSeparator(tokens[next].text) {
			between += tokens[next].text
			next++
		}
		if next >= len(tokens) || !tokens[next].number {
			return end, all.String(), grouped
		}
		all.WriteString(between + "|")
		grouped = grouped && len(tokens[next].text) == 3
		end = next
	}
}

func isSeparator(text string) bool {
	switch text {
	case "-", "(", ")", ":", "/":
		return true
	}
	return false
}

// mergeNumbers joins "50 000", "1.5 million" and "a dozen" into one number.
func mergeNumbers(tokens []token) []token {
	merged := tokens[:0]
	for _, t := range tokens {
		last := len(merged) - 1
		scale := scaleOf(t.low)
		switch {
		case last < 0:
		case scale > 0 && merged[last].number:
			merged[last].value *= scale
			merged[last].end = t.end
			continue
		case scale > 0 && (merged[last].low == "a" || merged[last].low == "an"):
			merged[last].number, merged[last].word, merged[last].value, merged[last].end = true, false, scale, t.end
			continue
		case t.number && merged[last].number && len(t.text) == 3 && t.start <= merged[last].end+3 &&
			!t.adjacent && isDigit(t.text[0]) && isDigit(merged[last].text[0]) && merged[last].value < 1e9 && merged[last].value == float64(int(merged[last].value)):
			merged[last].value = merged[last].value*1000 + t.value
			merged[last].end = t.end
			continue
		}
		merged = append(merged, t)
	}
	return merged
}

func scaleOf(low string) float64 {
	switch low {
	case "dozen":
		return 12
	case "hundred":
		return 100
	case "thousand":
		return 1e3
	case "lakh":
		return 1e5
	case "million":
		return 1e6
	}
	return 0
}
