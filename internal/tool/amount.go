package tool

import "math"

// Cents is an amount of dollars that came as an argument, in cents. It fails for a fraction of a cent.
func Cents(argument string, usd float64) (int64, error) {
	cents := math.Round(usd * 100)
	if math.Abs(usd*100-cents) > 1e-6 {
		return 0, Problem(argument, "has a fraction of a cent")
	}
	return int64(cents), nil
}
