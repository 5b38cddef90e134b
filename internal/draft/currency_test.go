package draft

import "testing"

// TestAboutPay: the work of these jobs is rating, so that word alone says nothing about pay.
func TestAboutPay(t *testing.T) {
	for words, want := range map[string]bool{
		"five bucks an hour or 8 dollars": true, "Pay is 20": true, "we have 40 euros": true, "€18 each": true, "a budget of 300": true,
		"We need raters to rate each of 100 answers": false, "Rate 3 videos": false, "We offer 3 shifts": false, "Deadline is December 24": false,
	} {
		if isAboutPay(words) != want {
			t.Errorf("%q: %v", words, !want)
		}
	}
}
