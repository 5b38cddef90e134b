package draft

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/currency"
)

// foreignAmounts are the pays in a text that aren't in US dollars: "pays €18", "CHF 30 per hour", "18 euros an hour". An amount
// counts as pay if it equals the job's price or the words around it are about pay. Others are coins, weights or sums on receipts.
func foreignAmounts(s, price string) (amounts []string) {
	if price == "" {
		return nil
	}
	words := amountWords(s)
	for i, word := range words {
		if !isAmount(word) || shortest(numberIn(word)) != price && !nearPay(words, i) {
			continue
		}
		switch {
		case hasForeignSign(word):
			amounts = append(amounts, word)
		case strings.Contains(word, "$"): // the words beside it are about something else
		case i+1 < len(words) && isForeign(words[i+1]):
			amounts = append(amounts, word+" "+words[i+1])
		case i > 0 && isForeign(words[i-1]) && (i == 1 || !isAmount(words[i-2])):
			amounts = append(amounts, words[i-1]+" "+word)
		}
	}
	return distinct(amounts)
}

func isAmount(word string) bool { return strings.ContainsFunc(word, unicode.IsDigit) }

// numberIn is the number of an amount without its currency, such as 18 in €18, Rs.18 and 18CHF, and .05 in €.05.
func numberIn(word string) string {
	number := strings.TrimFunc(word, func(r rune) bool { return !unicode.IsDigit(r) })
	before, _, _ := strings.Cut(word, number)
	sign, hasPoint := strings.CutSuffix(before, ".")
	if last, _ := utf8.DecodeLastRuneInString(sign); hasPoint && last != '.' && !unicode.IsLetter(last) {
		return "." + number
	}
	return number
}

// hasForeignSign reports whether an amount has the sign or the letters of a currency that isn't US dollars: €18, C$18, 18CHF.
func hasForeignSign(amount string) bool {
	before, after, _ := strings.Cut(amount, numberIn(amount))
	for _, sign := range []string{before, after} {
		letters, _, isDollar := strings.Cut(sign, "$")
		letters = strings.ToLower(strings.ReplaceAll(letters, ".", ""))
		otherDollars := isDollar && slices.Contains([]string{"a", "au", "c", "ca", "can", "hk", "mx", "nz", "r", "s", "nt", "sg"}, letters)
		if otherDollars || strings.ContainsFunc(sign, isForeignSign) || !isDollar && isForeign(strings.ReplaceAll(sign, ".", "")) {
			return true
		}
	}
	return false
}

// isForeignSign reports whether a character is a currency's sign, but not one of dollars and cents.
func isForeignSign(r rune) bool {
	return r > unicode.MaxASCII && unicode.Is(unicode.Sc, r) && !strings.ContainsRune("¢＄﹩￠", r)
}

func withoutForeignSign(amount string) string { return strings.TrimFunc(amount, isForeignSign) }

// isForeign reports whether a word is the name or the code of a currency that isn't US dollars.
func isForeign(word string) bool {
	words := []string{"USD", "ALL", "TOP", "TRY", "PEN", "MAD", "PHP", "CAD", "ARM", "BAN", "CUP", "COP", "LAK", "SOS", "SIT", "MOP", "GIP"}
	if word == strings.ToUpper(word) && !slices.Contains(words, word) { // which also mean something else
		if _, err := currency.ParseISO(word); err == nil {
			return true
		}
	}
	return slices.Contains([]string{
		"euro", "euros", "eur", "pound", "pounds", "gbp", "quid", "franc", "francs", "chf", "rupee", "rupees", "inr", "rs", "yen",
		"yuan", "rmb", "peso", "pesos", "zloty", "zlotys", "ruble", "rubles", "krona", "kronor", "krone", "kroner", "kr", "dirham", "dirhams",
		"naira", "shekel", "shekels", "reais", "ringgit", "baht", "rupiah", "lira", "aud",
	}, strings.ToLower(word))
}

// nearPay reports whether the words around an amount say that it's pay: "pays at least €18", "18 euros an hour", "€18/hour".
func nearPay(words []string, at int) bool {
	const near = 3
	before := words[max(0, at-near):at]
	for i, word := range slices.Backward(before) {
		if isAmount(word) { // what is before it is about that one
			before = before[i+1:]
			break
		}
	}
	after := words[at+1:]
	if len(after) > 0 && isForeign(after[0]) {
		after = after[1:]
	}
	if len(after) > 1 && slices.Contains([]string{"per", "a", "an", "each", "every"}, strings.ToLower(after[0])) {
		after = after[1:]
	}
	units := []string{"hour", "hr", "h", "hourly"}
	return slices.ContainsFunc(before, aboutPay) || len(after) > 0 && slices.Contains(units, strings.ToLower(after[0]))
}

// isAboutPay reports whether a text names amounts of pay. Rating is also work.
func isAboutPay(s string) bool {
	return len(numbersIn(s)) > 0 && slices.ContainsFunc(amountWords(s), func(word string) bool {
		isDollars := strings.Contains(word, "$") || slices.Contains([]string{"dollar", "dollars", "bucks", "usd", "cents"}, strings.ToLower(word))
		return isDollars || isPay(word) || isForeign(word) || hasForeignSign(word)
	})
}

// aboutPay reports whether a word before an amount says that it's pay.
func aboutPay(word string) bool {
	return isPay(word) || slices.Contains([]string{"earn", "earns", "rate", "rates", "offer", "offers"}, strings.ToLower(word))
}

// isPay reports whether a word means pay, whatever is beside it.
func isPay(word string) bool {
	word = strings.ToLower(word)
	return strings.HasPrefix(word, "pay") || slices.Contains([]string{"paid", "salary", "wage", "wages", "compensation", "budget"}, word)
}

// amountWords are the words and numbers of a text, with the signs of currencies.
func amountWords(s string) []string {
	words := strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".,$", r) && !isForeignSign(r)
	})
	for i, word := range words {
		words[i] = strings.Trim(word, ".,")
		if number := numberIn(strings.TrimRight(word, ".,")); "."+words[i] == number { // a decimal point
			words[i] = number
		}
	}
	return words
}
