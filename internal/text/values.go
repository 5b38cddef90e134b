package text

import (
	"fmt"
	"math"
	"net/mail"
	"strconv"
	"strings"
)

// Dollars is Money for an amount in dollars that may be missing; "" without one.
func Dollars(amount *float64) string {
	if amount == nil {
		return ""
	}
	return Money(*amount, "")
}

// Money writes an amount as people read it: $18, $12.50, $0.005, $9,000, 900 EUR. No currency means dollars.
func Money(amount float64, currency string) string {
	form := byte('f')
	if math.Abs(amount) >= 1e15 {
		form = 'g'
	}
	return Amount(strconv.FormatFloat(amount, form, -1, 64), currency)
}

// Cents writes an amount of cents exactly, with both decimals: $339.95, -$25.00, 5.00 EUR. No currency means dollars.
func Cents(cents int64, currency string) string {
	sign, amount := "", uint64(cents) //nolint:gosec // the sign is written first
	if cents < 0 {
		sign, amount = "-", -amount
	}
	return Amount(fmt.Sprintf("%s%d.%02d", sign, amount/100, amount%100), strings.ToUpper(currency))
}

// Amount is Money for the digits of an amount. It keeps all of them.
func Amount(number, currency string) string {
	number, negative := strings.CutPrefix(number, "-")
	if _, cents, found := strings.Cut(number, "."); found && len(cents) == 1 && strings.Trim(cents, "0123456789") == "" {
		number += "0"
	}
	amount := "$" + Thousands(number)
	if currency = Clean(currency, 10); currency != "" && currency != "USD" {
		amount = amount[1:] + " " + currency
	}
	if negative {
		return "-" + amount
	}
	return amount
}

// Thousands separates the thousands of a number by commas.
func Thousands(number string) string {
	whole, rest := number, ""
	if at := strings.IndexAny(number, ".eE"); at >= 0 {
		whole, rest = number[:at], number[at:]
	}
	whole, negative := strings.CutPrefix(whole, "-")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if negative {
		whole = "-" + whole
	}
	return whole + rest
}

// Day is the date of an RFC 3339 time from outside.
func Day(at string) string {
	date, _, _ := strings.Cut(Stranger(at, 40), "T")
	return date
}

// DayOf is Day after a word that says what happened then, "" without a time.
func DayOf(word, at string) string {
	if at == "" {
		return ""
	}
	return word + " " + Day(at)
}

// IsEmail reports whether mail can be sent to an address, which hides no characters.
func IsEmail(address string) bool {
	parsed, err := mail.ParseAddress(address)
	return err == nil && parsed.Address == address && Clean(address, 254) == address
}
